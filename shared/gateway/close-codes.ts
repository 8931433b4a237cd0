/** What a closed Gateway connection means (Discord, "Opcodes and Status Codes", "Gateway Close Event Codes"). */

/**
 * The code that we close with. 1000 and 1001 would end the session; any other leaves it to be resumed for a while.
 */
export const RESUMABLE_CLOSE = 4200;

export type AfterClose =
  /** Resume; where that is no longer possible Discord says so. */
  | { next: "resume" }
  /** The session is gone: start a new one. */
  | { next: "identify" }
  /** No attempt can succeed until somebody has changed something. */
  | { next: "stop"; message: string };

const portal = "in the Discord Developer Portal (https://discord.com/developers/applications)";

/** Not authenticated, invalid sequence, session timed out. */
const sessionGone = new Set([4003, 4007, 4009]);

/** What has to be done after Discord closed the connection; 1006 stands for a connection that broke. */
export function afterClose(code: number): AfterClose {
  const message = fatal(code);
  if (message !== null) return { next: "stop", message };
  return { next: sessionGone.has(code) ? "identify" : "resume" };
}

function fatal(code: number): string | null {
  switch (code) {
    case 4004:
      return `Discord refuses the bot token (4004). Copy or reset it under Bot ${portal}, set DISCORD_BOT_TOKEN to it and restart the gateway.`;
    case 4010:
      return "Discord refuses the shard (4010): its index has to be below the number of shards. Correct RIG_SHARDS and restart the gateway.";
    case 4011:
      return "Discord requires sharding (4011): the bot is in too many guilds for this number of shards. Unset RIG_SHARDS, or raise the number of shards, and restart the gateway.";
    case 4012:
      return "Discord no longer speaks version 10 of its Gateway (4012). Update rig-edge.";
    case 4013:
      return "Discord does not know the intents it was given (4013). Update the Worker and the gateway to the same version of rig-edge.";
    case 4014:
      return `Discord does not allow the intents (4014). Switch on "Message Content Intent" (and any other that is needed) under Bot, Privileged Gateway Intents, ${portal} and restart the gateway.`;
    default:
      return null;
  }
}
