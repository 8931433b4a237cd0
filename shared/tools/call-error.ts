/**
 * Why a call ended without an answer of the API. `message` is what the model reads: plain words, what was expected,
 * never a secret. It stays inside `shared/tools`: {@link buildHttpTools} turns it into an outcome.
 */
export class ToolCallError extends Error {
  override readonly name = "ToolCallError";
  readonly code: "arguments" | "configuration" | "redirect" | "timeout" | "network";

  constructor(code: ToolCallError["code"], message: string, detail: { cause?: unknown } = {}) {
    super(message, detail);
    this.code = code;
  }
}
