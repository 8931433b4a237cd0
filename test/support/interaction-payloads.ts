/** Interactions as Discord sends them, for tests that need no Discord. */
import { snowflakeAt } from "../../shared/discord/snowflake.ts";

export const APPLICATION = "800000000000000001";
export const GUILD = "600000000000000001";
export const CHANNEL = "610000000000000001";
const USER = {
  id: "900000000000000002",
  username: "mia",
  global_name: "Mia",
  discriminator: "0",
  avatar: null,
};

/** Nothing but the name of a role or a permission is looked at, so these are few. */
export interface MemberChange {
  nick?: string | null;
  roles?: readonly string[];
  permissions?: string;
}

export interface InteractionChange {
  id?: string;
  /** `null`: in a DM with the bot. */
  member?: MemberChange | null;
  channel?: { id: string; type: number } | null;
  context?: number;
  /** Who has installed the application: `0` the server, `1` the user. */
  owners?: Record<string, string>;
}

/** Ids that rise. */
let made = 0n;

/** An interaction of a type (Discord, "Interaction Type") in the channel {@link CHANNEL}, done by Mia. */
export function interactionOf(
  type: number,
  data?: object,
  { id, member = {}, channel = { id: CHANNEL, type: 0 }, context, owners = {} }: InteractionChange = {},
) {
  made += 1n;
  const isGuild = member !== null;
  return {
    id: id ?? String(BigInt(snowflakeAt(Date.now())) + made),
    application_id: APPLICATION,
    type,
    token: `token-${made}`,
    version: 1,
    ...(data && { data }),
    ...(channel && { channel, channel_id: channel.id }),
    ...(isGuild
      ? {
          guild_id: GUILD,
          member: {
            user: USER,
            nick: null,
            roles: [],
            permissions: "0",
            joined_at: "2020-01-01T00:00:00Z",
            ...member,
          },
        }
      : { user: USER }),
    context: context ?? (isGuild ? 0 : 1),
    locale: "en-US",
    entitlements: [],
    app_permissions: "0",
    authorizing_integration_owners: owners,
    attachment_size_limit: 10_485_760,
  };
}

/** A file that somebody has uploaded. */
export function uploaded(id: string, filename = "notes.txt") {
  return { id, filename, size: 12, content_type: "text/plain", url: `https://cdn.example/${id}/${filename}` };
}

/** A slash command; options as Discord sends them. */
export function slash(
  name: string,
  options: readonly object[] = [],
  change?: InteractionChange,
  resolved?: object,
) {
  return interactionOf(2, { id: "1", name, type: 1, options, ...(resolved && { resolved }) }, change);
}

/** An option that is a text. */
export function text(name: string, value: string) {
  return { name, type: 3, value };
}
