/** Who is answered: the one decision that every message goes through, live or caught up. */
import type { DiscordMessage } from "./read-message.ts";
import type { DiscordSettings } from "./settings.ts";

/** Where a message was written, as far as it is known. */
export type Place =
  | { kind: "dm"; channelId: string }
  | { kind: "channel"; channelId: string; guildId: string; type: number; name: string }
  | { kind: "thread"; channelId: string; guildId: string; parent: { id: string; name: string } };

/** What was said in the place before. */
export interface Standing {
  /** Whether the agent has been talked to in this thread. */
  isInvolved: boolean;
  /** Messages of bots that were answered since a person last spoke. */
  botTurns: number;
}

/** Who wrote a message. `system`: Discord itself, e.g. "Ann has joined". */
export type AuthorKind = "self" | "person" | "bot" | "system";

/** Why a message is not answered. */
export type Silence =
  | "own-message"
  | "system-message"
  | "channel-not-listed"
  | "dm-not-wanted"
  | "bot-not-allowed"
  | "too-many-bot-turns"
  | "user-not-allowed"
  | "not-mentioned"
  | "empty";

export type Decision = { answer: true } | { answer: false; because: Silence };

/** DEFAULT and REPLY (Discord, "Message Types"); everything else is Discord's own or an interaction. */
const WRITTEN: readonly number[] = [0, 19];

/** @param me the bot's own user id; `undefined` before Discord has told it. */
export function authorKind(
  { author, type, webhook_id }: Pick<DiscordMessage, "author" | "type" | "webhook_id">,
  me: string | undefined,
): AuthorKind {
  if (author.id === me) return "self";
  if (!WRITTEN.includes(type)) return "system";
  return author.bot || webhook_id ? "bot" : "person";
}

/** Decides whether a message is answered. */
export function whoIsAnswered(
  message: DiscordMessage,
  place: Place,
  settings: DiscordSettings,
  { me, ...standing }: Standing & { me: string | undefined },
): Decision {
  const kind = authorKind(message, me);
  if (kind === "self") return silent("own-message");
  if (kind === "system") return silent("system-message");
  if (!isListening(place, settings)) return silent(notListening(place));
  if (message.content.trim() === "" && message.attachments.length === 0) return silent("empty");
  if (kind === "bot") {
    if (!settings.allowBots.includes(message.author.id)) return silent("bot-not-allowed");
    if (standing.botTurns >= settings.maxBotTurns) return silent("too-many-bot-turns");
  } else if (!isAllowed(message, place, settings)) return silent("user-not-allowed");
  return isAddressed(message, place, settings.trigger, { me, ...standing })
    ? { answer: true }
    : silent("not-mentioned");
}

/**
 * Decides about a message as if what was said before it spoke for an answer: what a catch-up keeps of the pages that it reads,
 * until the messages before it have been decided.
 */
export function decideAtBest(
  message: DiscordMessage,
  place: Place,
  settings: DiscordSettings,
  me: string | undefined,
): Decision {
  return whoIsAnswered(message, place, settings, { me, isInvolved: true, botTurns: 0 });
}

/** Whether the character listens here at all: in DMs, in listed channels, and in the threads of those. */
export function isListening(place: Place, { channels, dm }: DiscordSettings): boolean {
  switch (place.kind) {
    case "dm":
      return dm;
    case "channel":
      return isListed(channels, { id: place.channelId, name: place.name });
    case "thread":
      return isListed(channels, place.parent) || channels.includes(place.channelId);
    default:
      return place satisfies never;
  }
}

/** Why nobody listens in a place where {@link isListening} says so. */
export function notListening({ kind }: Place): Silence {
  return kind === "dm" ? "dm-not-wanted" : "channel-not-listed";
}

function isListed(channels: readonly string[], { id, name }: { id: string; name: string }): boolean {
  const byName = `#${name}`.toLowerCase();
  return channels.some((entry) => entry === id || entry.toLowerCase() === byName);
}

function isAllowed({ author, member }: DiscordMessage, place: Place, settings: DiscordSettings): boolean {
  return isAllowedUser({ id: author.id, roles: place.kind === "dm" ? [] : (member?.roles ?? []) }, settings);
}

/** Whether somebody may talk to the agent: everybody, unless the character lists users or roles. `roles`: none in a DM. */
export function isAllowedUser(
  user: { id: string; roles: readonly string[] },
  settings: Pick<DiscordSettings, "allowedUsers" | "allowedRoles">,
): boolean {
  const { allowedUsers, allowedRoles } = settings;
  return (allowedUsers.length === 0 && allowedRoles.length === 0) || isListedUser(user, settings);
}

/** Whether the character lists somebody, by id or by role. */
export function isListedUser(
  { id, roles }: { id: string; roles: readonly string[] },
  { allowedUsers, allowedRoles }: Pick<DiscordSettings, "allowedUsers" | "allowedRoles">,
): boolean {
  return allowedUsers.includes(id) || roles.some((role) => allowedRoles.includes(role));
}

/** In a DM there is nobody else to talk to. */
function isAddressed(
  { mentions }: DiscordMessage,
  place: Place,
  trigger: DiscordSettings["trigger"],
  { me, isInvolved }: Standing & { me: string | undefined },
): boolean {
  if (place.kind === "dm") return true;
  const isMentioned = mentions.some(({ id }) => id === me);
  switch (trigger) {
    case "all":
      return true;
    case "mention":
      return isMentioned;
    case "involved":
      return isMentioned || (place.kind === "thread" && isInvolved);
    default:
      return trigger satisfies never;
  }
}

function silent(because: Silence): Decision {
  return { answer: false, because };
}
