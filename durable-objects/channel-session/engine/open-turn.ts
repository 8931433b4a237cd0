import type { InboxRow } from "./schema.ts";

/** A turn as held by the instance that works on it. */
export interface OpenTurn {
  id: string;
  generation: number;
  /** What it answers, oldest first; at least one. */
  messages: InboxRow[];
  /** The last of them, whose turn this is. */
  message: InboxRow;
}

/** This instance no longer owns the turn: it was stopped, or another instance took it over. */
export class FencedError extends Error {
  override readonly name = "FencedError";
  readonly code = "fenced";
}
