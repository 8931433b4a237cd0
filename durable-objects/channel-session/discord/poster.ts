/** Does what the posting plan says, one request at a time, and keeps the record that makes a repetition harmless. */
import type {
  RESTPatchAPIChannelMessageJSONBody,
  RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import * as z from "zod";
import { componentsOf, controlIds, shownControlIds } from "../../../shared/discord/components.ts";
import { DISCORD_CODE, DiscordError, isFinal } from "../../../shared/discord/errors.ts";
import type { PostAction } from "../../../shared/discord/posting-plan.ts";
import type { UploadedFile } from "../../../shared/discord/request-body.ts";
import type { DiscordRest } from "../../../shared/discord/rest.ts";
import { snowflakeAt } from "../../../shared/discord/snowflake.ts";
import type { PostRow } from "../schema.ts";
import { type Destination, type Effort, requestInChannel } from "./destination.ts";
import { nonceOf, type PostStore } from "./post-store.ts";

/**
 * How long a message that may be there is simply sent again, in milliseconds: Discord knows its nonce for “a few minutes”
 * and then answers with the message that is there. Later it is looked for.
 */
const NONCE_HOLDS_MS = 120_000;
/** How far Discord's clock may be behind ours, in milliseconds. */
const CLOCK_SKEW_MS = 60_000;

/** On every message: whatever a model writes, it notifies nobody. */
const NO_MENTIONS = {
  parse: [],
  replied_user: false,
} satisfies RESTPostAPIChannelMessageJSONBody["allowed_mentions"];

const message = z.object({
  id: z.string(),
  content: z.string(),
  attachments: z.array(z.unknown()).default([]),
  components: z.array(z.unknown()).default([]),
});
const foundMessages = z.array(
  message.extend({
    author: z.object({ id: z.string() }),
    nonce: z.union([z.string(), z.number()]).nullish(),
  }),
);
const user = z.object({ id: z.string() });

type FoundMessage = z.infer<typeof foundMessages>[number];

/** Posts of one turn. */
export interface PosterOptions {
  rest: DiscordRest;
  posts: PostStore;
  turnId: string;
  now: () => number;
}

export class Poster {
  readonly #options: PosterOptions;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /**
   * @returns `lost`: somebody has deleted the message that was to be changed.
   * @throws DiscordError
   */
  async do(
    action: Exclude<PostAction, { do: "nothing" }>,
    to: Destination,
    effort: Effort,
  ): Promise<"done" | "lost"> {
    switch (action.do) {
      case "create":
        await this.#create(action, to, effort);
        return "done";
      case "edit":
        return this.#edit(action, to, effort);
      case "delete":
        await this.#delete(action, to, effort);
        return "done";
      default:
        return action satisfies never;
    }
  }

  async #create(
    { part, content, controls, file }: Extract<PostAction, { do: "create" }>,
    to: Destination,
    effort: Effort,
  ): Promise<void> {
    const { rest, posts, turnId, now } = this.#options;
    const earlier = posts.find({ turnId, part });
    if (earlier && now() - earlier.attemptedAt > NONCE_HOLDS_MS) {
      const found = await this.#find(earlier, effort);
      if (found) return this.#confirm(part, found);
      posts.beginAgain(earlier, now());
    }
    const { channelId } = to;
    const shown = { content, controls: controlIds(controls) };
    posts.beginCreate({ turnId, part, channelId, ...shown }, now());
    const body: RESTPostAPIChannelMessageJSONBody = {
      content,
      nonce: nonceOf({ turnId, part, take: earlier?.take ?? 0 }),
      enforce_nonce: true,
      allowed_mentions: NO_MENTIONS,
      ...(controls.length > 0 && { components: componentsOf(controls) }),
      ...(part === 0 && to.replyTo && { message_reference: replyTo(to.replyTo) }),
      ...(file && { attachments: [{ id: "0", filename: file.name }] }),
    };
    const path = `/channels/${channelId}/messages`;
    try {
      const request = { method: "POST", path, body, ...filesOf(file), ...effort } as const;
      const made = message.parse(await requestInChannel(rest, channelId, request));
      // The message that was there already says what it was given then.
      this.#confirm(part, made, earlier ? {} : shown);
    } catch (error) {
      if (error instanceof DiscordError && isFinal(error)) posts.remove(turnId, part);
      throw error;
    }
  }

  async #edit(
    { part, messageId, content, controls, file }: Extract<PostAction, { do: "edit" }>,
    { channelId }: Destination,
    effort: Effort,
  ): Promise<"done" | "lost"> {
    const { rest, posts, turnId, now } = this.#options;
    const earlier = posts.find({ turnId, part });
    const shown = { content, controls: controlIds(controls) };
    posts.beginEdit(turnId, part, shown);
    const body: RESTPatchAPIChannelMessageJSONBody = {
      content,
      allowed_mentions: NO_MENTIONS,
      // Always said: nobody may know whether an earlier edit took those that were there away.
      components: componentsOf(controls),
      ...(file && { attachments: [{ id: "0", filename: file.name }] }),
    };
    const path = `/channels/${channelId}/messages/${messageId}`;
    try {
      await requestInChannel(rest, channelId, { method: "PATCH", path, body, ...filesOf(file), ...effort });
      posts.confirm(turnId, part, {
        messageId,
        ...shown,
        hasFile: file !== undefined || earlier?.hasFile === true,
      });
      return "done";
    } catch (error) {
      if (!isUnknownMessage(error)) throw error;
      if (earlier) posts.lose(earlier, now());
      return "lost";
    }
  }

  async #delete(
    { part, messageId }: Extract<PostAction, { do: "delete" }>,
    { channelId }: Destination,
    effort: Effort,
  ): Promise<void> {
    const { rest, posts, turnId } = this.#options;
    const path = `/channels/${channelId}/messages/${messageId}`;
    try {
      await requestInChannel(rest, channelId, { method: "DELETE", path, ...effort });
    } catch (error) {
      if (!isUnknownMessage(error)) throw error;
    }
    posts.remove(turnId, part);
  }

  /** @param given what it certainly shows, whatever Discord makes of it. */
  #confirm(
    part: number,
    { id, content, attachments, components }: z.infer<typeof message>,
    given: Partial<Pick<PostRow, "content" | "controls">> = {},
  ): void {
    const { posts, turnId } = this.#options;
    const [hasFile, controls] = [attachments.length > 0, shownControlIds(components)];
    posts.confirm(turnId, part, { messageId: id, content, hasFile, controls, ...given });
  }

  /** Looks for a message that was sent too long ago for its nonce to be known. */
  async #find(row: PostRow, effort: Effort): Promise<FoundMessage | undefined> {
    const { rest, posts } = this.#options;
    const after = snowflakeAt(row.attemptedAt - CLOCK_SKEW_MS);
    const path = `/channels/${row.channelId}/messages?after=${after}&limit=100`;
    const since = foundMessages.parse(await rest.request({ method: "GET", path, ...effort }));
    const nonce = nonceOf(row);
    const byNonce = since.find((candidate) => String(candidate.nonce ?? "") === nonce);
    if (byNonce) return byNonce;
    const same = since.filter(({ id, content }) => content === row.content && !posts.has(id));
    if (same.length === 0) return undefined;
    const self = user.parse(await rest.request({ method: "GET", path: "/users/@me", ...effort }));
    return same.find(({ author }) => author.id === self.id);
  }
}

function replyTo(messageId: string): RESTPostAPIChannelMessageJSONBody["message_reference"] {
  return { message_id: messageId, fail_if_not_exists: false };
}

function filesOf(file: UploadedFile | undefined): { files?: UploadedFile[] } {
  return file ? { files: [file] } : {};
}

function isUnknownMessage(error: unknown): boolean {
  return error instanceof DiscordError && error.discordCode === DISCORD_CODE.unknownMessage;
}
