import type {
  RESTPatchAPIChannelJSONBody,
  RESTPatchAPIChannelMessageJSONBody,
  RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import * as z from "zod";
import { componentsOf } from "../../../../shared/discord/components.ts";
import { DISCORD_CODE, DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { PostContent } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import { snowflakeAt } from "../../../../shared/discord/snowflake.ts";
import { nonceOf, type PostStore } from "./post-store.ts";
import type { PostRow } from "./schema.ts";
import type { Effort } from "./venue.ts";
import {
  attachmentsOf,
  BARE,
  CLOCK_SKEW_MS,
  filesOf,
  type MadeMessage,
  madeMessage,
  type NewMessage,
  NO_MENTIONS,
  readable,
  type Venue,
} from "./venue.ts";

/**
 * How long a message that may be there is simply sent again, in milliseconds: Discord knows its nonce for “a few minutes”
 * and then answers with the message that is there. Later it is looked for.
 */
const NONCE_HOLDS_MS = 120_000;

const foundMessages = readable(
  madeMessage.extend({
    author: z.object({ id: z.string() }),
    nonce: z.union([z.string(), z.number()]).nullish().catch(null),
  }),
);
const user = z.object({ id: z.string() });

/** What a {@link ChannelVenue} needs. */
export interface ChannelVenueOptions {
  rest: DiscordRest;
  posts: Pick<PostStore, "has">;
  channelId: string;
  /** `dm`: the channel is a DM in which an answer to an interaction goes on. */
  place: "channel" | "dm";
  /** Which part replies to which message. */
  reply: { part: number; to: string } | null;
}

/** A channel, thread or DM in which the bot writes with its own token. */
export class ChannelVenue implements Venue {
  readonly place: "channel" | "dm";
  readonly channelId: string;
  readonly #options: ChannelVenueOptions;

  constructor(options: ChannelVenueOptions) {
    this.#options = options;
    this.place = options.place;
    this.channelId = options.channelId;
  }

  mustBeFound({ attemptedAt }: PostRow, now: number): boolean {
    return now - attemptedAt > NONCE_HOLDS_MS;
  }

  async find(row: PostRow, effort: Effort): Promise<MadeMessage | undefined> {
    const { rest, posts } = this.#options;
    const after = snowflakeAt(row.attemptedAt - CLOCK_SKEW_MS);
    const path = `/channels/${row.channelId}/messages?after=${after}&limit=100`;
    const since = await rest.read(foundMessages, { method: "GET", path, ...effort }).catch(nothingToSee);
    const nonce = nonceOf(row);
    const byNonce = since.find((candidate) => String(candidate.nonce ?? "") === nonce);
    if (byNonce) return byNonce;
    const same = since.filter(({ id, content }) => content === row.content && !posts.has(id));
    if (same.length === 0) return undefined;
    const self = await rest.read(user, { method: "GET", path: "/users/@me", ...effort });
    return same.find(({ author }) => author.id === self.id);
  }

  async create(message: NewMessage, effort: Effort): Promise<MadeMessage> {
    const { rest, channelId, reply } = this.#options;
    const { part, content, controls, file } = message;
    const body: RESTPostAPIChannelMessageJSONBody = {
      content,
      nonce: nonceOf(message),
      enforce_nonce: true,
      allowed_mentions: NO_MENTIONS,
      ...(controls.length > 0 && { components: componentsOf(controls) }),
      ...(reply?.part === part && { message_reference: replyTo(reply.to) }),
      ...attachmentsOf(file),
    };
    const path = `/channels/${channelId}/messages`;
    const request = { method: "POST", path, body, ...filesOf(file), ...effort } as const;
    return inOpenChannel(rest, channelId, request, () => rest.read(madeMessage, request));
  }

  async edit(messageId: string, { content, controls, file }: PostContent, effort: Effort): Promise<void> {
    const { rest, channelId } = this.#options;
    const body: RESTPatchAPIChannelMessageJSONBody = {
      content,
      allowed_mentions: NO_MENTIONS,
      // Always said: nobody may know whether an earlier edit took those that were there away.
      components: componentsOf(controls),
      ...attachmentsOf(file),
    };
    const path = `/channels/${channelId}/messages/${messageId}`;
    const request = { method: "PATCH", path, body, ...filesOf(file), ...effort } as const;
    await inOpenChannel(rest, channelId, request, () => rest.request(request));
  }

  async bare(messageId: string, effort: Effort): Promise<void> {
    const { rest, channelId } = this.#options;
    const path = `/channels/${channelId}/messages/${messageId}`;
    await rest.request({ method: "PATCH", path, body: BARE, ...effort });
  }

  async delete(messageId: string, effort: Effort): Promise<void> {
    const { rest, channelId } = this.#options;
    const path = `/channels/${channelId}/messages/${messageId}`;
    await inOpenChannel(rest, channelId, effort, () => rest.request({ method: "DELETE", path, ...effort }));
  }
}

function replyTo(messageId: string): RESTPostAPIChannelMessageJSONBody["message_reference"] {
  return { message_id: messageId, fail_if_not_exists: false };
}

/** Where the bot may not read it cannot look: a doubled part is better than a lost one. @throws what is no refusal. */
export function nothingToSee(error: unknown): [] {
  if (error instanceof DiscordError && isFinal(error)) return [];
  throw error;
}

/** Does something in a channel; where that is a thread that Discord has put away, it is opened first. */
async function inOpenChannel<T>(
  rest: DiscordRest,
  channelId: string,
  { deadline, signal }: Effort,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof DiscordError) || error.discordCode !== DISCORD_CODE.threadArchived) throw error;
    const body: RESTPatchAPIChannelJSONBody = { archived: false };
    const effort = { ...(deadline !== undefined && { deadline }), ...(signal && { signal }) };
    await rest.request({ method: "PATCH", path: `/channels/${channelId}`, body, ...effort });
    return act();
  }
}
