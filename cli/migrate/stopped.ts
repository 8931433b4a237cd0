/** A migration that cannot be done. The message is one line per problem, for people, and holds no secret. */
export class MigrationStopped extends Error {
  override readonly name = "MigrationStopped";
  readonly code: "file" | "yaml" | "chart" | "values" | "conflict";

  constructor(code: MigrationStopped["code"], message: string) {
    super(message);
    this.code = code;
  }
}
