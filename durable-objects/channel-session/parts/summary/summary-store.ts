/** What is stored of a conversation's summary. Like {@link SessionStore}: one method is one transaction. */

import { asc, gt, lt, placeholder, type SQLWrapper } from "drizzle-orm";
import type { ModelResult } from "../../../../shared/llm/provider.ts";
import type { SessionDatabase } from "../../database.ts";
import type { Forgetful } from "../../engine/forgetting.ts";
import type { StepEntry } from "../../engine/journal.ts";
import { FencedError } from "../../engine/open-turn.ts";
import { type ReportRow, type StepRow, transcript } from "../../engine/schema.ts";
import { lazily, prepareStatements } from "../../engine/statements.ts";
import type { SummaryPlan, UnsummarisedMessage } from "./next-summary.ts";
import { type SummaryRow, summaries } from "./schema.ts";

/** Most messages that one summary takes in; many more only wait for one after a retention ran out. */
const MOST_MESSAGES = 200;

/** There is one summary. */
const ID = 1;

export class SummaryStore implements Forgetful {
  readonly #storage: DurableObjectStorage;
  readonly #db: SessionDatabase;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #current = lazily(() => this.#db.select().from(summaries).prepare());
  /** Messages behind the summary, oldest first. */
  readonly #behind = lazily(() => {
    const { seq, role, content, at } = transcript;
    return this.#db
      .select({ seq, role, content, at })
      .from(transcript)
      .where(gt(transcript.seq, placeholder("upTo")))
      .orderBy(asc(transcript.seq))
      .limit(placeholder("limit"))
      .prepare();
  });

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    this.#storage = storage;
    this.#db = db;
    this.#sql = prepareStatements(db);
  }

  forgetAnswered(): void {
    this.#db.delete(summaries).run();
  }

  /** What it holds of younger messages is summarised anew. */
  forgetOlder(_turns: SQLWrapper, before: number): void {
    this.#db.delete(summaries).where(lt(summaries.since, before)).run();
  }

  /** The summary so far. */
  current(): SummaryRow | undefined {
    return this.#current().get();
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
    return this.#behind().all({ upTo: this.current()?.upTo ?? 0, limit: MOST_MESSAGES });
  }

  /** A call for the newest summary that has no end in the journal, as a report of what nobody knows the price of. */
  lostCall(now: number): ReportRow | undefined {
    const turn = this.lastDoneTurn();
    if (!turn) return undefined;
    const step = turn.steps.findLastIndex(({ kind }) => kind === "summary");
    const entry = turn.steps[step];
    if (entry?.kind !== "summary" || !entry.asked || entry.result || entry.failed) return undefined;
    return {
      turnId: turn.id,
      step,
      attempt: entry.attempt,
      ...entry.asked,
      usage: null,
      at: now,
      error: null,
    };
  }

  /** Journals that a summary is begun (again), and who is asked for it. @throws FencedError */
  start(turnId: string, plan: SummaryPlan, asked: { provider: string; model: string }, now: number): void {
    this.#open(turnId, plan, { asked }, { startedAt: now, finishedAt: null });
  }

  /** Journals that no summary is made after this turn; nobody was asked. @throws FencedError */
  skip(turnId: string, plan: SummaryPlan, now: number): void {
    this.#open(turnId, plan, { failed: true }, { startedAt: now, finishedAt: now });
  }

  /** @throws FencedError when the turn is forgotten. */
  #open(
    turnId: string,
    { step, attempt }: SummaryPlan,
    how: Pick<Extract<StepEntry, { kind: "summary" }>, "asked" | "failed">,
    times: Pick<StepRow, "startedAt" | "finishedAt">,
  ): void {
    this.#storage.transactionSync(() => {
      if (!this.#sql.turn.byId().get({ id: turnId })) throw new FencedError(`turn ${turnId} is forgotten`);
      this.#sql.step.write().run({ turnId, step, entry: { kind: "summary", attempt, ...how }, ...times });
    });
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
