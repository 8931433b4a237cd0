import type { ToolDefinition } from "../llm/provider.ts";

/** What a tool gave back, in the words the model reads. */
export interface ToolOutcome {
  content: string;
  isError: boolean;
}

/** A tool that a turn can run. */
export interface Tool extends ToolDefinition {
  /** A call that died half-way may be repeated: it is a GET, or the endpoint says `idempotent: true`. */
  readonly idempotent: boolean;
  /** Somebody has to approve each call before it is made. */
  readonly needsApproval?: boolean;
  /**
   * Runs one call. Never throws for what the model or the API did wrong: that is an outcome with `isError`.
   * It rejects with the signal's reason only when `signal` fired.
   */
  run(input: unknown, call: { idempotencyKey: string; signal: AbortSignal }): Promise<ToolOutcome>;
}
