/** Asks Discord for a bot's application and for the channels that its character lists. */
import * as z from "zod";
import { isThread } from "../../shared/discord/channel-types.ts";
import { DiscordError } from "../../shared/discord/errors.ts";
import { permissionsIn } from "../../shared/discord/permissions.ts";
import type { DiscordRest } from "../../shared/discord/rest.ts";
import type { ApplicationFacts } from "./application.ts";
import type { ListedChannel } from "./channels.ts";

const user = z.object({ id: z.string(), username: z.string().catch("a bot without a name") });

/** The bot itself. @throws DiscordError */
export async function fetchBot(rest: DiscordRest): Promise<z.infer<typeof user>> {
  return rest.read(user, { method: "GET", path: "/users/@me" });
}

const application = z.object({
  id: z.string(),
  name: z.string().catch("an application without a name"),
  verify_key: z.string(),
  flags: z.int().default(0),
  interactions_endpoint_url: z.string().nullish(),
  integration_types_config: z.record(z.string(), z.unknown()).nullish().catch(null),
});

/** @throws DiscordError */
export async function fetchApplication(rest: DiscordRest): Promise<ApplicationFacts> {
  const told = await rest.read(application, { method: "GET", path: "/applications/@me" });
  const installations = told.integration_types_config;
  return {
    id: told.id,
    name: told.name,
    publicKey: told.verify_key,
    flags: told.flags,
    endpointUrl: told.interactions_endpoint_url || null,
    // Keys are Discord's numbers of the two.
    installations: installations
      ? [
          ...("0" in installations ? (["guild"] as const) : []),
          ...("1" in installations ? (["user"] as const) : []),
        ]
      : null,
  };
}

const overwrites = z.array(z.object({ id: z.string(), allow: z.string(), deny: z.string() })).default([]);
const channel = z.object({
  id: z.string(),
  type: z.int(),
  name: z.string().nullish(),
  guild_id: z.string().optional(),
  parent_id: z.string().nullish(),
  permission_overwrites: overwrites,
});
type Channel = z.infer<typeof channel>;
const channels = z.array(channel);
const guild = z.object({
  id: z.string(),
  name: z.string(),
  owner_id: z.string(),
  roles: z.array(z.object({ id: z.string(), permissions: z.string() })),
});
const member = z.object({
  roles: z.array(z.string()),
  communication_disabled_until: z.string().nullish(),
});
const guildIds = z.array(z.object({ id: z.string() }));

/** Looks for channels, each server asked once, however many of its channels are listed. */
export class ChannelFinder {
  readonly #rest: DiscordRest;
  readonly #botId: string;
  readonly #now: () => number;
  readonly #asked = new Map<string, Promise<unknown>>();

  /** @param now Unix milliseconds. */
  constructor(rest: DiscordRest, botId: string, now: () => number) {
    this.#rest = rest;
    this.#botId = botId;
    this.#now = now;
  }

  /** @param entry `#name`, which several servers may have, or an id. */
  async find(entry: string): Promise<ListedChannel[]> {
    try {
      const channels = entry.startsWith("#") ? await this.#named(entry) : [await this.#withId(entry)];
      if (channels.length === 0) return [{ kind: "absent", entry }];
      return await Promise.all(channels.map((each) => this.#look(entry, each)));
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      if (error.code === "not_found") return [{ kind: "absent", entry }];
      if (error.code === "forbidden") return [{ kind: "hidden", entry }];
      return [{ kind: "failed", entry, message: error.message }];
    }
  }

  async #withId(id: string): Promise<Channel> {
    return this.#get(channel, `/channels/${id}`);
  }

  async #named(entry: string): Promise<Channel[]> {
    const guilds = await this.#get(guildIds, "/users/@me/guilds");
    const lists = await Promise.all(
      guilds.map(async ({ id }) => {
        const list = await this.#get(channels, `/guilds/${id}/channels`);
        return list.map((each) => ({ ...each, guild_id: id }));
      }),
    );
    return lists.flat().filter(({ name }) => `#${name}`.toLowerCase() === entry.toLowerCase());
  }

  async #look(entry: string, { guild_id: guildId, ...place }: Channel): Promise<ListedChannel> {
    if (guildId === undefined) return { kind: "absent", entry };
    const [server, self, above] = await Promise.all([
      this.#get(guild, `/guilds/${guildId}`),
      this.#get(member, `/guilds/${guildId}/members/${this.#botId}`),
      // A thread has the permissions of the channel above it.
      isThread(place.type) && place.parent_id ? this.#withId(place.parent_id) : place,
    ]);
    const bot = { userId: this.#botId, ...self };
    const permissions = permissionsIn(server, bot, above.permission_overwrites, this.#now());
    return { kind: "found", entry, name: place.name ?? place.id, guild: server.name, permissions };
  }

  async #get<T>(needed: z.ZodType<T>, path: string): Promise<T> {
    const asked = this.#asked.get(path) ?? this.#rest.read(needed, { method: "GET", path });
    this.#asked.set(path, asked);
    // One path is read in one way.
    return needed.parse(await asked);
  }
}
