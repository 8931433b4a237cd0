import type { Refusal } from "../../../shared/usage/ceiling.ts";

/** A model call may not be made. `refusal` says why; `null`: nobody can tell how much is spent. */
export class BudgetError extends Error {
  override readonly name = "BudgetError";
  readonly code: "budget_exhausted" | "budget_unknown";
  readonly refusal: Refusal | null;

  constructor(refusal: Refusal | null, detail: { cause?: unknown } = {}) {
    super(
      refusal ? `the ceiling of the ${refusal.period} is reached` : "the agent's hub cannot be reached",
      detail,
    );
    this.code = refusal ? "budget_exhausted" : "budget_unknown";
    this.refusal = refusal;
  }
}
