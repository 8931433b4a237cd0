import * as z from "zod";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Effort } from "./venue.ts";

const dmChannel = z.object({ id: z.string() });

/** @returns the id of the bot's DM with a user (Discord, "Create DM"), which is the same each time. @throws DiscordError */
export async function openDm(rest: DiscordRest, userId: string, effort: Effort): Promise<string> {
  const body = { recipient_id: userId };
  return (await rest.read(dmChannel, { method: "POST", path: "/users/@me/channels", body, ...effort })).id;
}
