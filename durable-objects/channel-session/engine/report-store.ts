/** What the agent's hub has yet to hear of. Like {@link SessionStore}: one method is one transaction. */

import type { ProviderErrorCode, TokenUsage } from "../../../shared/llm/provider.ts";
import type { SessionDatabase } from "../database.ts";
import type { ReportRow, StepRow, TurnRow } from "./schema.ts";
import { prepareStatements } from "./statements.ts";

/** How a call of a turn ended. */
export interface CallEnd {
  /** What it used; `null`: nobody knows. */
  usage: TokenUsage | null;
  /** Why it failed. */
  error?: ProviderErrorCode;
}

/** Model calls that are over and that the agent's hub has not confirmed. */
export class ReportStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    this.#storage = storage;
    this.#sql = prepareStatements(db);
  }

  /** Takes note of a turn's call that is over, in the transaction that journals its end. */
  addOf(
    { id: turnId, provider, model }: Pick<TurnRow, "id" | "provider" | "model">,
    { step, attempt }: { step: number; attempt: number },
    { usage, error }: CallEnd,
    now: number,
  ): void {
    // A turn that has called a model names both.
    if (provider === null || model === null) return;
    this.add({ turnId, step, attempt, provider, model, usage, at: now, error: error ?? null });
  }

  /** Takes note of a turn's last step if it is a call without a result: it is over, and nobody knows what it used. */
  addLost(turn: TurnRow, last: StepRow | undefined, now: number): void {
    if (last?.entry.kind !== "model" || last.entry.result) return;
    this.addOf(turn, { step: last.step, attempt: last.entry.attempt }, { usage: null }, now);
  }

  /** Takes note of a call that is over. The first note of a call holds. */
  add(report: ReportRow): void {
    this.#sql.report.insert().run(report);
  }

  /** Oldest first. */
  pending(limit: number): ReportRow[] {
    return this.#sql.report.oldest().all({ limit });
  }

  /** The hub has heard of them. */
  forget(confirmed: readonly ReportRow[]): void {
    this.#storage.transactionSync(() => {
      for (const { turnId, step, attempt } of confirmed)
        this.#sql.report.delete().run({ turnId, step, attempt });
    });
  }
}
