/** What comes in, and waits until a turn takes it. */
import { eq } from "drizzle-orm";
import type { InboundEvent } from "../../../shared/session/event.ts";
import type { Amendment } from "../../contracts.ts";
import type { SessionDatabase } from "../database.ts";
import { forgetWaiting } from "./forgetting.ts";
import { type InboxRow, inbox } from "./schema.ts";
import { SessionReader } from "./session-reader.ts";

/** What became of an event that came in. */
export type Acceptance =
  | { status: "stored" | "duplicate"; message: InboxRow }
  | { status: "busy"; waiting: number };

export class InboxStore extends SessionReader {
  protected readonly storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    super(db);
    this.storage = storage;
  }

  /**
   * Stores an event once. A second one with the same id changes nothing and is told of the first.
   *
   * @param maxWaiting how many messages may wait; one more is not stored (`busy`).
   */
  accept(event: InboundEvent, turnId: string, maxWaiting: number, now: number): Acceptance {
    return this.storage.transactionSync(() => {
      const earlier = this.sql.message.byEvent().get({ eventId: event.id });
      if (earlier) return { status: "duplicate", message: earlier };
      const waiting = this.sql.message.countWaiting().get()?.rows ?? 0;
      if (waiting >= maxWaiting) return { status: "busy", waiting };
      const message = this.sql.message.insert().get({ eventId: event.id, turnId, event, now });
      return { status: "stored", message };
    });
  }

  /** Changes what a waiting message says. @returns the message; `undefined` when it is not waiting (any more). */
  amend({ id, text, attachments }: Amendment): InboxRow | undefined {
    return this.storage.transactionSync(() => {
      const row = this.sql.message.byEvent().get({ eventId: id });
      if (row?.status !== "waiting") return undefined;
      const { attachments: _, ...rest } = row.event;
      const event = { ...rest, text, ...(attachments && { attachments }) };
      this.db.update(inbox).set({ event }).where(eq(inbox.seq, row.seq)).run();
      return { ...row, event };
    });
  }

  /** Takes a waiting message back; its id stays known. @returns whether it waited. */
  withdraw(eventId: string): boolean {
    return this.storage.transactionSync(() => {
      const row = this.sql.message.byEvent().get({ eventId });
      if (row?.status !== "waiting") return false;
      forgetWaiting(this.db, row.seq);
      return true;
    });
  }
}
