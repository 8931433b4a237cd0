/** A deployment that cannot go on. The message says what to do, and holds no secret; running it again goes on. */
export class DeployStopped extends Error {
  override readonly name = "DeployStopped";
  readonly code: "characters" | "build" | "login" | "database" | "secrets" | "upload";

  constructor(code: DeployStopped["code"], message: string) {
    super(message);
    this.code = code;
  }
}
