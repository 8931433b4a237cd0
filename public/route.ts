/** The page's address, `/#/<agent>/<chat>`: a reload or a shared link comes back to the same conversation. */

export interface Route {
  agent: string;
  /** `null`: a new conversation with this agent. */
  chat: string | null;
}

/** Reads `location.hash`; `null` when it names no agent. */
export function readRoute(hash: string): Route | null {
  const match = /^#\/([A-Za-z0-9_-]{1,64})(?:\/([A-Za-z0-9_-]{1,64}))?\/?$/.exec(hash);
  return match?.[1] ? { agent: match[1], chat: match[2] ?? null } : null;
}

/** The hash of a conversation, or of a new one with the agent. */
export function writeRoute({ agent, chat }: Route): string {
  return chat === null ? `#/${agent}` : `#/${agent}/${chat}`;
}

/** An id for a conversation or a message: 96 random bits as 16 characters of `A-Za-z0-9_-`. */
export function newId(): string {
  // Not crypto.randomUUID: that one is missing where the page is opened over plain HTTP from another machine.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
