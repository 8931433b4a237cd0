/** Codes that Node puts on the cause of a failed `fetch`; workerd gives none. */
const words: Record<string, string> = {
  ECONNREFUSED: "it refused the connection",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "its host name could not be resolved just now",
};

/**
 * Says in plain words why `host` gave no complete answer. The platform's own message is left out: it differs between
 * runtimes and may repeat what was sent.
 */
export function describeFailure(error: unknown, host: string): string {
  const reason = words[codeOf(error)] ?? "the connection failed or was cut";
  return `No complete answer from ${host}: ${reason}.`;
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return "";
  return String(cause.code);
}
