import type { OpenTurn } from "../engine/open-turn.ts";
import type { JobKind } from "./jobs/schema.ts";

/** What a job of one kind does when its time has come. What it leaves planned runs again. */
export type JobHandler = (now: number) => void | Promise<void>;

/** A concern of a session with its own table, jobs and recovery. None of its methods rejects or throws for what may fail. */
export interface Part {
  /** Goes on with what an earlier instance has left. Called once by each instance, right after its first event. */
  recover?(): void;
  /** Goes on with what failed or was left, if anything was. Called when the watchdog rings, with growing pauses. */
  resume?(): void;
  readonly jobs?: Readonly<Partial<Record<JobKind, JobHandler>>>;
  /** An instance has let go of a turn. `isOver`: it is over, or waits for people; otherwise it broke, and is tried again. */
  afterTurn?(turn: OpenTurn, isOver: boolean): void;
  /** The conversation is about to be forgotten. */
  beforeReset?(): void;
  /** Whether something is under way that nobody goes on with, should the instance die, unless the watchdog rings. */
  readonly isBusy?: boolean;
}
