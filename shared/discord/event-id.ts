/**
 * Ids of what Discord tells. They are the identity of the event that a session stores, and the `trace` of every log line that
 * is about it: whoever has a message's link, which ends in its id, has its trace.
 */

/** Identity of a message for ever. */
export function discordEventId(messageId: string): string {
  return `discord:${messageId}`;
}

/** Identity of an interaction for ever. */
export function interactionEventId(interactionId: string): string {
  return `interaction:${interactionId}`;
}

/** A snowflake, which is what a trace may be made of; other data of Discord's is not told in logs. */
const ID = /^\d{1,20}$/;

/**
 * The trace of an event of the Gateway: its message's or its interaction's, and the same wherever it is read. What is neither,
 * or cannot be read, has its place in its Gateway session.
 *
 * @param sessionId of the Gateway session; it is of no use without the bot's token.
 */
export function gatewayTrace(
  { t, s, d }: { t: string; s: number | null; d: unknown },
  sessionId: string,
): string {
  const id = idOf(d);
  if (id !== undefined && t.startsWith("MESSAGE_")) return discordEventId(id);
  if (id !== undefined && t === "INTERACTION_CREATE") return interactionEventId(id);
  return `gateway:${sessionId}:${s ?? "-"}`;
}

/** The trace of a message as REST gives it, whatever else is wrong with it; `undefined` where it has no id. */
export function messageTrace(data: unknown): string | undefined {
  const id = idOf(data);
  return id === undefined ? undefined : discordEventId(id);
}

function idOf(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !("id" in data)) return undefined;
  return typeof data.id === "string" && ID.test(data.id) ? data.id : undefined;
}
