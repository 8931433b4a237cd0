/** Guilds over REST. */
import { Hono } from "hono";
import { guildDispatch } from "../payloads.ts";
import { ALL_PERMISSIONS } from "../permissions.ts";
import type { GuildState } from "../state.ts";
import type { RestEnv, RestState } from "./context.ts";

/** What GUILD_CREATE has and a guild over REST does not. */
const GATEWAY_ONLY = [
  "joined_at",
  "large",
  "unavailable",
  "member_count",
  "voice_states",
  "members",
  "channels",
  "threads",
  "presences",
  "stage_instances",
  "guild_scheduled_events",
  "soundboard_sounds",
];

/** What it is the other way round; nothing of it is ever changed here. */
const REST_ONLY = {
  ...{ home_header: null, widget_enabled: false, widget_channel_id: null, nsfw: false },
  ...{ max_presences: null, max_members: 500_000 },
  ...{ max_video_channel_users: 25, max_stage_video_channel_users: 50 },
};

export function guildRoutes({ store }: RestState): Hono<RestEnv> {
  const payload = (guild: GuildState) => {
    const fields = Object.entries(guildDispatch(store, guild));
    return { ...Object.fromEntries(fields.filter(([name]) => !GATEWAY_ONLY.includes(name))), ...REST_ONLY };
  };
  const summary = ({ id, name, ownerId }: GuildState) => ({
    ...{ id, name, icon: null, banner: null, features: [] },
    ...{ owner: ownerId === store.bot.id, permissions: ALL_PERMISSIONS },
  });

  return new Hono<RestEnv>()
    .get("/users/@me/guilds", (c) => c.json([...store.guilds.values()].map(summary)))
    .get("/guilds/:guild", (c) => c.json(payload(store.guild(c.req.param("guild")))));
}
