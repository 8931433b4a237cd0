/**
 * What Durable Objects promise to each other and to the doors. Everybody who calls an object imports its contract; nobody
 * imports its class. All of it is plain data and may be called twice: whoever did not hear an answer asks again.
 */
import type {
  Acknowledgement,
  EventBatch,
  Fenced,
  LeaseGrant,
  LeaseRefusal,
  LeaseRequest,
  ReleaseRequest,
} from "../shared/bridge/protocol.ts";
import type { Budget } from "../shared/character/sections/budget.ts";
import type { CronJob } from "../shared/character/sections/cron.ts";
import type { TurnView } from "../shared/chat/protocol.ts";
import type { CronRun } from "../shared/cron/run.ts";
import type { GatewayStanding } from "../shared/heartbeat/health.ts";
import type { Press, PressOutcome } from "../shared/interaction/press.ts";
import type { Decision, DecisionOutcome } from "../shared/session/decision.ts";
import type { Inability, InboundEvent } from "../shared/session/event.ts";
import type { TurnOutcome } from "../shared/session/outcome.ts";
import type { CallId, FinishedCall } from "../shared/usage/call.ts";
import type { Refusal } from "../shared/usage/ceiling.ts";
import type { Spent } from "../shared/usage/spend.ts";

/** What a sender is told. `busy`: it is not stored, too many wait already. */
export type Receipt = { status: "stored" | "duplicate"; turn: string } | { status: "busy" };

/** What a message says now. */
export type Amendment = Pick<InboundEvent, "id" | "text" | "attachments">;

/** Which turn is meant. `event`: the id of one it answers; `begunBefore`: Unix milliseconds. */
export interface StopCondition {
  event?: string;
  begunBefore?: number;
}

/** One conversation of one agent, named `<agent>/<conversation>` (`sessionName`). */
export interface SessionApi {
  /** Stores an event, once for each id; it is durable when this resolves. */
  accept(event: InboundEvent): Receipt;
  /** An edit changes a message that waits; one that is being answered, or was, stays as it is. @returns whether it waits. */
  amend(amendment: Amendment): boolean;
  /** A message that waits is taken back: it is not answered, and not accepted again. @returns whether it waited. */
  withdraw(eventId: string): boolean;
  /**
   * Stops the running answer within a second; what was shown of it stays.
   *
   * @param only stops it only when all of this is true of it.
   * @returns whether one was running.
   */
  stop(only?: StopCondition): boolean;
  /**
   * Approves or declines a tool call that waits for it. The first decision holds; a later one, or one on a call that was
   * never asked about, changes nothing. Whether `by` may decide is for the door to say that the decision came through.
   */
  decide(decision: Decision): DecisionOutcome;
  /** A button under a turn's answer was pressed. The first press holds; a later one is told what became of it. */
  press(press: Press): PressOutcome;
  /** Forgets the conversation, and stops what is being answered. What the agent knows about people stays. */
  reset(): void;
  /** The newest turns, oldest first. */
  history(): TurnView[];
  /** The turn of an event; `undefined` when there is no such event, or it is forgotten. */
  turnOf(eventId: string): TurnOutcome | undefined;
  /** A chat page connects: a WebSocket handshake that the Worker has checked. */
  fetch(request: Request): Promise<Response>;
}

/** A call that is about to be made. */
export interface SpendRequest extends CallId {
  /** What it may cost, in US dollars. */
  usd: number;
  budget: Budget;
}

/** What people have chosen for an agent: the provider, or `null`, and a model for some of the providers. */
export interface Chosen {
  provider: string | null;
  models: Readonly<Record<string, string>>;
}

/** What all conversations of one agent share, named by the agent's id. */
export interface HubApi {
  /**
   * Sets money aside for a call, for ten minutes. Asking again for the same call changes nothing.
   *
   * @param finished calls to {@link settle} before.
   * @returns why the call may not be made, or `null`.
   */
  reserve(request: SpendRequest, finished?: readonly FinishedCall[]): Promise<Refusal | null>;
  /** Gives back what was set aside for a call that was never made. */
  release(call: CallId): void;
  /** Takes note of calls that are over. One that is told again changes nothing. */
  settle(calls: readonly FinishedCall[]): Promise<void>;
  /** A minute has begun: the agent's heartbeat is kept going, and its assignments are looked after. */
  tick(): Promise<void>;
  /** A session says that the turn of an assignment is over. */
  assignmentOver(): Promise<void>;
  /** A webhook has delivered something. */
  noteDelivery(source: string): void;
  /** What was spent so far, this UTC day and this month. */
  spent(): { day: Spent; month: Spent };
  /** What people chose last. */
  chosen(): Chosen;
  /** Remembers a person's choice; whether it can be had is for the caller to know. */
  chooseProvider(name: string): void;
  /** @see chooseProvider */
  chooseModel(provider: string, model: string): void;
  /**
   * Grants one request to Discord, for all conversations of the agent share the bot's limit.
   *
   * @param withinMs how long the caller can wait; a permit that would come later is not given away.
   */
  discordPermit(withinMs: number): { waitMs: number };
  /** The bot may not do that in a channel: the operator is told, once a day for each channel. */
  noteCannot(note: { channel: string; what: Inability; cause: string }): void;
}

/** When a request was signed, in Unix seconds by the gateway's clock. */
export interface Signed {
  signedAt: number;
}

/** The lease went to another gateway; the caller says so. */
export interface FencedReply {
  fenced: Fenced;
}

/** The Worker's end of one shard of an agent, named `<agent>/<shard index>` (`linkName`). */
export interface LinkApi {
  /** Gives or renews the lease. */
  lease(request: LeaseRequest & Signed): { granted: LeaseGrant } | { refused: LeaseRefusal };
  /**
   * Stores a batch: every message that is answered is in its session's inbox, or held here, when this resolves with its
   * sequence. A batch that comes again, whole or in part, changes nothing.
   */
  events(batch: EventBatch & Signed): Promise<{ acknowledged: Acknowledgement } | FencedReply>;
  /** Gives the lease back. @returns `null`: done. */
  release(request: ReleaseRequest & Signed): FencedReply | null;
  /** Who speaks for the shard, and how many there are, as far as is known. */
  standing(): GatewayStanding & { shards: number };
  /**
   * The bot cannot do that in a channel: what comes next is answered without it, for `ms` milliseconds at most or until Discord tells
   * of a change of roles or of the channel.
   */
  noteCannot(note: { channel: string; what: Inability; ms: number }): void;
  /**
   * A conversation goes on in threads that do not have its name, or in replies to messages; `places` are the ids of either. `instead`:
   * the thread that is gone, and in whose place the first of them is.
   */
  noteConversation(note: { conversation: string; places: readonly string[]; instead?: string }): void;
}

/** A job as an operator sees it. Times are Unix milliseconds. */
export interface JobView extends Pick<CronJob, "id" | "timezone" | "concurrencyPolicy" | "suspend"> {
  schedule: string | null;
  /** `null`: it runs by hand only. */
  nextRunAt: number | null;
  runs: CronRun[];
}

/** A run that somebody asks for. */
export interface RunRequest {
  /** Chosen by whoever asks; asking again with the same one changes nothing. */
  id: string;
  /** Absent: the prompt belongs to no job, and its answer goes nowhere but to whoever asked. */
  job?: string | undefined;
  prompt: string;
}

/** The jobs of one agent, named by the agent's id. */
export interface ScheduleApi {
  /** A minute has begun. `scheduledTime`: which one, in Unix milliseconds. */
  tick(scheduledTime: number): Promise<void>;
  /** Runs a job, or a prompt, now. @throws RangeError when there is no such job. */
  start(request: RunRequest): Promise<CronRun>;
  /** A session says that the turn of a run is over. */
  over(id: string): Promise<void>;
  /** Waits for the end of a run, at most `waitMs`. @returns the run as it stands then. */
  outcome(id: string, waitMs: number): Promise<CronRun | undefined>;
  run(id: string): CronRun | undefined;
  /** A job's runs, newest first. */
  runs(job: string): CronRun[];
  /** Every job of the character, with its runs. */
  list(): JobView[];
}
