import type { Logger } from "../../../shared/log.ts";
import type { SessionStore } from "../engine/store.ts";
import type { JobTable } from "./jobs/job-table.ts";
import type { JobHandler, Part } from "./part.ts";

/** What approvals need of the session. */
export interface ApprovalDeadlineOptions {
  store: SessionStore;
  jobs: JobTable;
  log: Logger;
  /** A turn that nobody works on has changed, and may have something to do. */
  decided: (turn: string) => void;
}

/** Tool calls that wait for people: the clock declines what nobody decides on in time. */
export class ApprovalDeadline implements Part {
  readonly #options: ApprovalDeadlineOptions;
  readonly jobs: { approval: JobHandler };

  constructor(options: ApprovalDeadlineOptions) {
    this.#options = options;
    this.jobs = { approval: (now) => this.#declineOverdue(now) };
  }

  recover(): void {
    this.#keepDeadline();
  }

  afterTurn(): void {
    this.#keepDeadline();
  }

  /** Has the alarm ring when nobody has decided on a parked turn's calls in time. */
  #keepDeadline(): void {
    const { store, jobs } = this.#options;
    const deadline = store.approvalDeadline();
    if (deadline !== undefined) jobs.scheduleOnce("approval", deadline);
  }

  #declineOverdue(now: number): void {
    const { store, jobs, log, decided } = this.#options;
    const turn = store.declineOverdue(now);
    jobs.unschedule("approval");
    this.#keepDeadline();
    if (turn === undefined) return;
    log.log("info", "tool.declined", { turn, by: "clock" });
    decided(turn);
  }
}
