/** Discord messages for tests. */
import type { DiscordMessage } from "../../../shared/discord/read-message.ts";
import { snowflakeAt } from "../../../shared/discord/snowflake.ts";

/** The bot's user id. */
export const ME = "900000000000000001";
export const MIA = { id: "900000000000000002", username: "mia", global_name: "Mia" };
export const NOON = Date.UTC(2026, 10, 21, 12);

/** What Mia wrote in a channel of a guild, at noon. */
export function message(change: Partial<DiscordMessage> = {}): DiscordMessage {
  return {
    id: snowflakeAt(NOON),
    channel_id: "700000000000000001",
    guild_id: "600000000000000001",
    type: 0,
    content: "hello",
    author: MIA,
    member: { nick: null, roles: [] },
    mentions: [],
    attachments: [],
    ...change,
  };
}
