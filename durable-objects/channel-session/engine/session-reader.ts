/** What the session's storage says: everything that changes nothing. */

import { and, desc, ne, not } from "drizzle-orm";
import type { StopCondition } from "../../contracts.ts";
import type { SessionDatabase } from "../database.ts";
import { approvalDeadline } from "./approvals.ts";
import { isOlder } from "./forgetting.ts";
import type { OpenTurn } from "./open-turn.ts";
import { type InboxRow, inbox, type OutboxRow, type StepRow, type TurnRow } from "./schema.ts";
import { prepareStatements } from "./statements.ts";

/** The newest `limit` messages, none from before `since` (Unix milliseconds). */
export interface HistoryRange {
  limit: number;
  since: number;
}

/** Who has answered a part of a turn already. */
export interface BegunWith {
  provider: string;
  model: string;
}

export class SessionReader {
  protected readonly db: SessionDatabase;
  protected readonly sql: ReturnType<typeof prepareStatements>;

  constructor(db: SessionDatabase) {
    this.db = db;
    this.sql = prepareStatements(db);
  }

  /** Messages that no turn answers yet, oldest first. */
  waiting(): InboxRow[] {
    return this.sql.message.waiting().all();
  }

  /** The turn that is not over. */
  openTurn(): TurnRow | undefined {
    return this.sql.turn.open().get();
  }

  turn(id: string): TurnRow | undefined {
    return this.sql.turn.byId().get({ id });
  }

  steps(turnId: string): StepRow[] {
    return this.sql.step.ofTurn().all({ turnId });
  }

  message(turnId: string): InboxRow | undefined {
    return this.sql.message.byTurn().get({ turnId });
  }

  /** The messages that a turn answers, oldest first. */
  messagesOf(turnId: string): InboxRow[] {
    return this.sql.message.ofTurn().all({ turnId });
  }

  /** The message that an event has become. */
  messageOf(eventId: string): InboxRow | undefined {
    return this.sql.message.byEvent().get({ eventId });
  }

  /** Whether there is an open turn of which all of this is true. */
  isOpen({ event, begunBefore }: StopCondition): boolean {
    const turn = this.openTurn();
    if (!turn) return false;
    if (begunBefore !== undefined && turn.startedAt > begunBefore) return false;
    return event === undefined || this.message(turn.id)?.eventId === event;
  }

  /** The newest messages that {@link purge} would not forget, oldest first. */
  recentMessages({ limit, since }: HistoryRange): InboxRow[] {
    const isKept = and(not(isOlder(since, this.openTurn()?.id)), ne(inbox.status, "forgotten"));
    return this.db.select().from(inbox).where(isKept).orderBy(desc(inbox.seq)).limit(limit).all().reverse();
  }

  /** The conversation before a turn's own message, oldest first. */
  transcriptBefore(
    turn: OpenTurn,
    { limit, since }: HistoryRange,
  ): { role: "user" | "assistant"; content: string }[] {
    return this.sql.transcript.before().all({ turnId: turn.id, limit, since }).reverse();
  }

  /**
   * Who has answered a part of the turn already, or `null`. They have to go on with it: no other provider can read what
   * one left for itself ({@link ModelResult.continuation}).
   */
  begunWith(turn: OpenTurn): BegunWith | null {
    if (turn.generation === 1) return null;
    const hasAnswered = this.steps(turn.id).some(({ entry }) => entry.kind === "model" && entry.result);
    const { provider, model } = this.turn(turn.id) ?? {};
    return hasAnswered && provider && model ? { provider, model } : null;
  }

  /** When a call of the parked turn has waited too long, in Unix milliseconds. */
  approvalDeadline(): number | undefined {
    const turn = this.openTurn();
    return turn?.state === "parked" ? approvalDeadline(this.steps(turn.id)) : undefined;
  }

  /** What the turn still has to say, in order. */
  pendingOutbox(turn: Pick<OpenTurn, "id">): OutboxRow[] {
    return this.sql.outbox.pending().all({ turnId: turn.id });
  }
}
