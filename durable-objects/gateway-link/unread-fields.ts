/** Tells which parts of events made no sense and were left out. */
import type { Logger } from "../../shared/log.ts";

/** How many kinds are remembered as told. */
const MAX_KINDS = 200;

/** The first of a kind is told at `warn`; the others at `debug`, for where Discord has changed a field each event has it. */
export class UnreadFields {
  readonly #told = new Set<string>();

  /** @param unread as a reader says it, paths first. */
  tell(log: Logger, { type, unread }: { type: string; unread: readonly string[] }): void {
    const kinds = unread.map((each) => `${type} ${each.replaceAll(/\d+/g, "#")}`);
    const isNews = kinds.some((kind) => !this.#told.has(kind));
    if (this.#told.size < MAX_KINDS) for (const kind of kinds) this.#told.add(kind);
    log.log(isNews ? "warn" : "debug", "event.partly_read", { type, problem: unread.join("; ") });
  }
}
