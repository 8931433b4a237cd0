/** What a link asks Discord's REST API for. */
import { DiscordError, isFinal } from "../../shared/discord/errors.ts";
import type { DiscordConnection } from "../clients/discord-client.ts";

/** `refused`: another try cannot succeed until somebody changes something. */
export type Answer = { value: unknown } | { refused: string };

/** Each throws for what may pass. */
export interface DiscordReads {
  /** Messages of a channel behind an id, at most `limit`, the oldest of them, newest first. */
  messagesAfter(channelId: string, after: string, limit: number): Promise<Answer>;
  /** A user as a member of a guild. */
  member(guildId: string, userId: string): Promise<Answer>;
}

/** Reads as the agent's bot. */
export function discordReads(connection: DiscordConnection): DiscordReads {
  const get = async (path: string): Promise<Answer> => {
    if ("missing" in connection) return { refused: `the secret ${connection.missing} is not set` };
    try {
      return { value: await connection.rest.request({ method: "GET", path }) };
    } catch (error) {
      if (error instanceof DiscordError && isFinal(error)) return { refused: error.message };
      throw error;
    }
  };
  return {
    messagesAfter: (channelId, after, limit) =>
      get(`/channels/${channelId}/messages?after=${after}&limit=${limit}`),
    member: (guildId, userId) => get(`/guilds/${guildId}/members/${userId}`),
  };
}
