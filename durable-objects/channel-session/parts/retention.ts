import type { Character } from "../../../shared/character/schema.ts";
import type { Logger } from "../../../shared/log.ts";
import { isEverForgotten } from "../../../shared/memory/retention.ts";
import { retentionMs } from "../../../shared/time/retention.ts";
import type { Forgetful } from "../engine/forgetting.ts";
import type { SessionStore } from "../engine/store.ts";
import type { JobTable } from "./jobs/job-table.ts";
import type { JobHandler, Part } from "./part.ts";
import type { SharedRecords } from "./shared-records.ts";

/** How often an idle conversation is looked through for what its retention has run out for, in milliseconds. */
const PURGE_EVERY_MS = 24 * 3_600_000;
/**
 * How long a conversation of one question is kept after its answer, in milliseconds: so long, what stands under the answer can
 * be pressed. Each is an object of its own, and there is one for each command that anybody gives.
 */
const KEEP_ONE_OFF_MS = 7 * 24 * 3_600_000;

/** What retention needs of the session. */
export interface RetentionOptions {
  ctx: DurableObjectState;
  store: SessionStore;
  jobs: JobTable;
  records: SharedRecords;
  /** What else is forgotten with the journal. */
  others: readonly Forgetful[];
  log: Logger;
  /** It is one question, and erases itself. */
  isOneOff: boolean;
  /** What the character says about remembering; `undefined` when there is no character to ask. */
  memory: () => Character["memory"] | undefined;
}

/** When a conversation forgets what was said, and when its object erases itself. */
export class Retention implements Part {
  readonly #options: RetentionOptions;
  readonly jobs: { purge: JobHandler; erase: JobHandler };

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.jobs = { purge: (now) => this.#purge(now), erase: (now) => this.#erase(now) };
  }

  /** Only a conversation that rests is looked through. */
  afterTurn(): void {
    const { store, jobs, isOneOff, memory } = this.#options;
    const open = store.openTurn();
    if (open && open.state !== "parked") return;
    const settings = memory();
    if (isOneOff) jobs.schedule("erase", Date.now() + KEEP_ONE_OFF_MS);
    else if (settings && isEverForgotten(settings)) jobs.scheduleOnce("purge", Date.now() + PURGE_EVERY_MS);
  }

  /**
   * Forgets what is older than `memory.conversationRetention`; a conversation that is empty then, or kept for ever, is
   * left alone until somebody speaks. The agent's facts and patterns are looked through on the way.
   */
  #purge(now: number): void {
    const { store, jobs, records, others } = this.#options;
    const memory = this.#options.memory();
    const retention = retentionMs(memory?.conversationRetention ?? "indefinite");
    const isEmpty = retention !== null && store.purge(now - retention, others);
    if (isEmpty || retention === null) jobs.unschedule("purge");
    else jobs.schedule("purge", now + PURGE_EVERY_MS);
    if (isEmpty) records.unlistChat();
    if (memory) records.purgeMemory(memory, now);
  }

  /** Leaves nothing of the object. Whoever comes later finds a new one. */
  async #erase(now: number): Promise<void> {
    const { ctx, store, jobs, log } = this.#options;
    if (store.openTurn()) return jobs.schedule("erase", now + KEEP_ONE_OFF_MS);
    jobs.close();
    await ctx.storage.deleteAll();
    log.log("info", "session.erased");
    // Not from inside the alarm, which would be taken for one that has failed.
    setTimeout(() => ctx.abort("the conversation was erased"), 0);
  }
}
