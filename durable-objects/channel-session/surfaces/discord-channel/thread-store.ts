import { eq } from "drizzle-orm";
import type { SessionDatabase } from "../../database.ts";
import { type ThreadState, threads } from "../discord/schema.ts";

/** What became of the threads that answers were to have. */
export class ThreadStore {
  readonly #db: SessionDatabase;

  constructor(db: SessionDatabase) {
    this.#db = db;
  }

  /** `undefined`: it was never asked for. */
  stateOf(messageId: string): ThreadState | undefined {
    return this.#db.select().from(threads).where(eq(threads.messageId, messageId)).get()?.state;
  }

  set(messageId: string, state: ThreadState): void {
    const row = { messageId, state };
    this.#db
      .insert(threads)
      .values(row)
      .onConflictDoUpdate({ target: threads.messageId, set: { state } })
      .run();
  }
}
