/** Where a conversation takes place. */
export interface SessionAddress {
  agent: string;
  /**
   * `chat:<id>`, a Discord channel or thread id, `webhook:<source>`, `cron:<job>`, `assignment:<repo>#<n>`,
   * `interaction:<id>` for an interaction that belongs to no other.
   */
  conversation: string;
}

/** The name of the conversation's Durable Object: `<agent>/<conversation>`. An agent's id holds no slash. */
export function sessionName({ agent, conversation }: SessionAddress): string {
  return `${agent}/${conversation}`;
}

/** Reads {@link sessionName} back. @throws RangeError for a name that was made otherwise. */
export function parseSessionName(name: string | undefined): SessionAddress {
  const slash = name?.indexOf("/") ?? -1;
  if (name === undefined || slash < 1)
    throw new RangeError(`"${name}" is no session: expected <agent>/<conversation>`);
  return { agent: name.slice(0, slash), conversation: name.slice(slash + 1) };
}

const CHAT = "chat:";
const INTERACTION = "interaction:";

/** The conversation of an interaction that belongs to no other: a command, or a question that nobody can continue. */
export function interactionConversation(id: string): string {
  return INTERACTION + id;
}

/** Whether a conversation is of one question and its answer. */
export function isOneOff(conversation: string): boolean {
  return conversation.startsWith(INTERACTION);
}

/** The conversation of a web chat. */
export function chatConversation(chat: string): string {
  return CHAT + chat;
}

/** The web chat's id, or `undefined` for a conversation that takes place elsewhere. */
export function chatIdOf(conversation: string): string | undefined {
  return conversation.startsWith(CHAT) ? conversation.slice(CHAT.length) : undefined;
}
