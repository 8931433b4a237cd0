/** What a link asks Discord's REST API for. */
import type { SecretReader } from "../../shared/character/secrets.ts";

const DISCORD_API = "https://discord.com/api/v10";
/** How long one request may take, in milliseconds. */
const ATTEMPT_MS = 10_000;
/** How often a request is made that Discord asks to make later. */
const TRIES = 5;

/** `refused`: another try cannot succeed until somebody changes something. */
export type Answer<T> = { value: T } | { refused: string };

/** Each throws for what may pass. */
export interface DiscordReads {
  /** Messages of a channel behind an id, at most `limit`, the oldest of them, in any order. */
  messagesAfter(channelId: string, after: string, limit: number): Promise<Answer<unknown[]>>;
  /** A user as a member of a guild. */
  member(guildId: string, userId: string): Promise<Answer<unknown>>;
}

/** Reads with the agent's bot token. */
export function discordReads(secret: SecretReader): DiscordReads {
  const get = async (path: string): Promise<Answer<unknown>> => {
    const token = secret("DISCORD_BOT_TOKEN");
    if (token === undefined) return { refused: "the secret DISCORD_BOT_TOKEN is not set" };
    const url = `${secret("DISCORD_API_BASE_URL") ?? DISCORD_API}${path}`;
    for (let tryNumber = 1; ; tryNumber++) {
      const headers = {
        Authorization: `Bot ${token}`,
        "User-Agent": "DiscordBot (https://github.com/rig-edge, 1)",
      };
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(ATTEMPT_MS) });
      if (response.ok) return { value: await response.json() };
      await response.body?.cancel();
      const { status } = response;
      if ([400, 401, 403, 404].includes(status)) return { refused: `HTTP ${status}` };
      if (status !== 429 || tryNumber === TRIES) throw new Error(`HTTP ${status}`);
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  };
  return {
    messagesAfter: async (channelId, after, limit) => {
      const answer = await get(`/channels/${channelId}/messages?after=${after}&limit=${limit}`);
      if ("refused" in answer) return answer;
      return { value: Array.isArray(answer.value) ? answer.value : [] };
    },
    member: (guildId, userId) => get(`/guilds/${guildId}/members/${userId}`),
  };
}
