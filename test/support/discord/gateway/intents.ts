/** Which session gets which dispatch: intents, shards, and the text of messages ("Gateway Intents", "Sharding"). */
import type { GatewayMessageCreateDispatchData } from "discord-api-types/v10";
import { withoutHiddenContent } from "../hidden-content.ts";
import type { StoreEvent } from "../store.ts";

export const INTENTS = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  guildPresences: 1 << 8,
  guildMessages: 1 << 9,
  guildMessageReactions: 1 << 10,
  guildMessageTyping: 1 << 11,
  directMessages: 1 << 12,
  directMessageReactions: 1 << 13,
  directMessageTyping: 1 << 14,
  messageContent: 1 << 15,
} as const;

/** Every bit that Discord has given a meaning. */
export const KNOWN_INTENTS = 0b1_1111_1111_1111_1111 | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);

export type Shard = readonly [index: number, count: number];

/** DMs belong to shard 0. */
export function isOfShard(guildId: string | undefined, [index, count]: Shard): boolean {
  return guildId === undefined ? index === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === index;
}

export function isWanted({ t, guildId }: StoreEvent, intents: number): boolean {
  const isDm = guildId === undefined;
  const needed = (inGuild: number, inDm: number) => (intents & (isDm ? inDm : inGuild)) !== 0;
  if (/^(GUILD_(CREATE|UPDATE|DELETE|ROLE_)|CHANNEL_|THREAD_)/.test(t)) return needed(INTENTS.guilds, 0);
  if (t.startsWith("MESSAGE_REACTION_")) {
    return needed(INTENTS.guildMessageReactions, INTENTS.directMessageReactions);
  }
  if (t.startsWith("MESSAGE_")) return needed(INTENTS.guildMessages, INTENTS.directMessages);
  if (t === "TYPING_START") return needed(INTENTS.guildMessageTyping, INTENTS.directMessageTyping);
  return true;
}

/** A dispatch as a session with these intents gets it. */
export function dispatchFor({ t, d }: StoreEvent, intents: number, botId: string): object {
  if ((intents & INTENTS.messageContent) !== 0 || (t !== "MESSAGE_CREATE" && t !== "MESSAGE_UPDATE"))
    return d;
  const message = d as GatewayMessageCreateDispatchData;
  return withoutHiddenContent(message, { botId, isDm: message.guild_id === undefined });
}
