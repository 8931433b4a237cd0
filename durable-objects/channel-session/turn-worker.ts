import type { Logger } from "../../shared/log.ts";
import { findAgentIfAny } from "../agent/find-agent.ts";
import { DEFAULT_DISPATCH, type Dispatch } from "./engine/batch.ts";
import type { LiveText } from "./engine/live-text.ts";
import type { OpenTurn } from "./engine/open-turn.ts";
import { runTurn } from "./engine/run-turn.ts";
import type { JobTable } from "./parts/jobs/job-table.ts";
import type { JobHandler, Part } from "./parts/part.ts";
import { type TurnRooms, TurnWork } from "./turn-work.ts";

/**
 * How soon a dead instance is noticed while a turn is open, in milliseconds. The watchdog rings once more after the last
 * turn and then rests: to plan it anew for each turn would cost two writes to storage each time.
 */
const WATCHDOG_MS = 30_000;

/** Works on one turn after the other, and sees to it that another instance does if this one dies. */
export class TurnWorker implements Part {
  readonly #rooms: TurnRooms;
  readonly #jobs: JobTable;
  readonly #log: Logger;
  readonly #parts: () => readonly Part[];
  readonly jobs: { watchdog: JobHandler };
  #running: TurnWork | undefined;

  /** @param parts what else happens after each turn, and may be busy. */
  constructor(rooms: TurnRooms, jobs: JobTable, parts: () => readonly Part[], log: Logger) {
    this.#rooms = rooms;
    this.#jobs = jobs;
    this.#parts = parts;
    this.#log = log;
    this.jobs = { watchdog: (now) => this.#watch(now) };
  }

  /** The turn that this instance works on. */
  get turnId(): string | undefined {
    return this.#running?.turn.id;
  }

  /** The text that is being written for a turn, if this instance works on it. */
  live(turnId: string): LiveText | undefined {
    return this.turnId === turnId ? this.#running?.live : undefined;
  }

  recover(): void {
    this.showOthers();
    this.wake();
  }

  /** Starts on the next turn unless one is running. */
  wake(): void {
    if (this.#running) return;
    const { store, surfaces } = this.#rooms;
    const turn = store.takeTurn(this.dispatch(), Date.now());
    if (!turn) return;
    const { id, generation, message } = turn;
    const log = this.#log.with({ turn: id, generation, trace: message.eventId });
    for (const { eventId } of turn.messages.slice(0, -1)) log.log("info", "turn.joined", { trace: eventId });
    const work = new TurnWork(turn, this.#rooms, log);
    this.#running = work;
    work.show();
    this.#jobs.scheduleOnce("watchdog", Date.now() + WATCHDOG_MS);
    for (const { turnId } of turn.messages) surfaces.changed?.(turnId);
    const over = this.#work(work).then((isOver) => this.#letGo(turn, isOver));
    void over.catch((error: unknown) => this.#log.log("error", "next.broke", { cause: causeOf(error) }));
  }

  /** Ends what runs: its journal has been taken from it. */
  stop(reason: string): void {
    this.#running?.stop(reason);
    if (!this.#running) this.wake();
  }

  /** Brings what is shown of turns that nobody works on to what it should be, now or when the watchdog rings. */
  showOthers(): void {
    this.#rooms.surfaces.resume?.();
    this.#watchIfPending();
  }

  /** How waiting messages become turns; for an agent that is gone, as by default. */
  dispatch(): Dispatch {
    return findAgentIfAny(this.#rooms.agentId)?.character ?? DEFAULT_DISPATCH;
  }

  /** @returns whether the turn is over, or waits for people; `false` leaves it to the watchdog. */
  async #work(work: TurnWork): Promise<boolean> {
    const { turn, log } = work;
    try {
      await runTurn(turn, work);
      const state = this.#rooms.store.turn(turn.id)?.state;
      this.showOthers();
      log.log("info", state === "parked" ? "turn.parked" : "turn.over", { state });
      return true;
    } catch (error) {
      if (work.signal.aborted) return true;
      log.log("error", "turn.broke", { cause: causeOf(error) });
      return false;
    } finally {
      work.end();
    }
  }

  #letGo(turn: OpenTurn, isOver: boolean): void {
    this.#running = undefined;
    for (const { turnId } of turn.messages.slice(0, -1)) this.#rooms.surfaces.changed?.(turnId);
    // A turn that broke stays open and is tried again by the watchdog, not at once: what broke it may pass.
    if (isOver) this.wake();
    for (const part of this.#parts()) part.afterTurn?.(turn, isOver);
  }

  #watch(now: number): void {
    // Planned before it is tried: what breaks the next turn must not silence the watchdog.
    this.#jobs.schedule("watchdog", now + WATCHDOG_MS);
    const { store, surfaces } = this.#rooms;
    surfaces.resume?.();
    this.wake();
    const state = store.openTurn()?.state ?? "parked";
    const isBusy = state !== "parked" || surfaces.isPending || this.#parts().some(({ isBusy }) => isBusy);
    if (!isBusy) this.#jobs.unschedule("watchdog");
  }

  #watchIfPending(): void {
    if (this.#rooms.surfaces.isPending) this.#jobs.scheduleOnce("watchdog", Date.now() + WATCHDOG_MS);
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
