/** What is stored of a conversation's summary. Like {@link SessionStore}: one method is one transaction. */
import type { ModelResult } from "../../shared/llm/provider.ts";
import type { SessionDatabase } from "./database.ts";
import type { SummaryPlan, UnsummarisedMessage } from "./next-summary.ts";
import { type StepEntry, type SummaryRow, summaries } from "./schema.ts";
import { prepareStatements } from "./statements.ts";
import { FencedError } from "./store.ts";

/** Most messages that one summary takes in; many more only wait for one after a retention ran out. */
const MOST_MESSAGES = 200;

/** There is one summary. */
const ID = 1;

export class SummaryStore {
  readonly #storage: DurableObjectStorage;
  readonly #db: SessionDatabase;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    this.#storage = storage;
    this.#db = db;
    this.#sql = prepareStatements(db);
  }

  /** The summary so far. */
  current(): SummaryRow | undefined {
    return this.#sql.summary.current().get();
  }

  /** The turn that ended last, if it ended well: its journal takes the summary, its model makes it. */
  lastDoneTurn(): { id: string; model: string; steps: StepEntry[] } | undefined {
    const turn = this.#sql.turn.lastOver().get();
    if (turn?.state !== "done" || turn.model === null) return undefined;
    const journal = this.#sql.step.ofTurn().all({ turnId: turn.id });
    return { id: turn.id, model: turn.model, steps: journal.map(({ entry }) => entry) };
  }

  /** Messages that the summary does not hold, oldest first. */
  unsummarised(): UnsummarisedMessage[] {
    return this.#sql.summary.behind().all({ upTo: this.current()?.upTo ?? 0, limit: MOST_MESSAGES });
  }

  /** Journals that a summary is begun (again). */
  start(turnId: string, { step, attempt }: SummaryPlan, now: number): void {
    const entry: StepEntry = { kind: "summary", attempt };
    this.#sql.step.write().run({ turnId, step, entry, startedAt: now, finishedAt: null });
  }

  /**
   * Journals what the model said and makes it the summary.
   *
   * @returns whether it is one: a model may decline, or say nothing.
   * @throws FencedError
   */
  finish(turnId: string, plan: SummaryPlan, result: ModelResult, now: number): boolean {
    return this.#storage.transactionSync(() => {
      this.#close(turnId, plan, { result }, now);
      const [oldest] = plan.messages;
      const newest = plan.messages.at(-1);
      const text = result.text.trim();
      if (!oldest || !newest || text === "" || result.stopReason === "refusal") return false;
      const since = this.current()?.since ?? oldest.at;
      const row = { id: ID, text, upTo: newest.seq, since };
      this.#db.insert(summaries).values(row).onConflictDoUpdate({ target: summaries.id, set: row }).run();
      return true;
    });
  }

  /** Journals that the call failed for good. @throws FencedError */
  fail(turnId: string, plan: SummaryPlan, now: number): void {
    this.#storage.transactionSync(() => this.#close(turnId, plan, { failed: true }, now));
  }

  /** @throws FencedError when the turn is forgotten, or another instance has begun the summary anew. */
  #close(
    turnId: string,
    { step, attempt }: SummaryPlan,
    end: { result: ModelResult } | { failed: true },
    now: number,
  ): void {
    const row = this.#sql.step.ofTurn().all({ turnId })[step];
    const entry = row?.entry;
    if (entry?.kind !== "summary" || entry.attempt !== attempt || entry.result) {
      throw new FencedError(`the summary of turn ${turnId} is not ours`);
    }
    this.#sql.step.write().run({ ...row, entry: { ...entry, ...end }, finishedAt: now });
  }
}
