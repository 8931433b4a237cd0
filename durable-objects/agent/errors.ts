/** There is no agent to work with: this deployment has none of that id, or its character cannot be read. `message` is for operators. */
export class AgentUnavailableError extends Error {
  override readonly name = "AgentUnavailableError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
