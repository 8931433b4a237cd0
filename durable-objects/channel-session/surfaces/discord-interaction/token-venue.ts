import type {
  RESTPatchAPIWebhookWithTokenMessageJSONBody,
  RESTPostAPIWebhookWithTokenJSONBody,
} from "discord-api-types/v10";
import * as z from "zod";
import { componentsOf } from "../../../../shared/discord/components.ts";
import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { PostContent } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRequest, DiscordRest } from "../../../../shared/discord/rest.ts";
import { snowflakeAt } from "../../../../shared/discord/snowflake.ts";
import { deferredBy, switchAt } from "../../../../shared/interaction/answer-place.ts";
import type { InteractionTarget } from "../../../../shared/session/event.ts";
import { type Sleep, sleep } from "../../../../shared/time/sleep.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { PostRow } from "../discord/schema.ts";
import type { Effort } from "../discord/venue.ts";
import {
  attachmentsOf,
  CLOCK_SKEW_MS,
  filesOf,
  isUnknownMessage,
  type MadeMessage,
  madeMessage,
  type NewMessage,
  NO_MENTIONS,
  readable,
  type Venue,
} from "../discord/venue.ts";

/** Discord, "Message Flags": only the user sees it. */
const EPHEMERAL = 64;
/** Between two looks whether the deferral has arrived, and before a follow-up is sent again, in milliseconds. */
const PAUSE_MS = 500;

/** Discord, "Message Interaction Metadata Object". */
const foundMessages = readable(
  madeMessage.extend({
    interaction_metadata: z
      .object({ id: z.string(), original_response_message_id: z.string().optional().catch(undefined) })
      .nullish()
      .catch(null),
  }),
);

/** What a {@link TokenVenue} needs. */
export interface TokenVenueOptions {
  target: InteractionTarget;
  /** Needs no bot. */
  rest: DiscordRest;
  /** The bot, which may be able to read the channel; `null` where there is none. */
  bot: DiscordRest | null;
  posts: Pick<PostStore, "has">;
  now: () => number;
  sleep?: Sleep;
}

/**
 * What an interaction's token lets one say: its original answer, which is there as soon as the deferral is, and follow-ups
 * (Discord, "Followup Messages"). A token knows no nonce and shows no list of what was made with it.
 */
export class TokenVenue implements Venue {
  readonly place = "token";
  readonly channelId: string;
  readonly #options: TokenVenueOptions;
  readonly #sleep: Sleep;
  readonly #path: string;

  constructor(options: TokenVenueOptions) {
    const { applicationId, token, channelId } = options.target;
    this.#options = options;
    this.#sleep = options.sleep ?? sleep;
    this.channelId = channelId ?? "";
    this.#path = `/webhooks/${applicationId}/${token}`;
  }

  /** The original answer is changed, however often; a follow-up would be doubled. */
  mustBeFound(row: PostRow): boolean {
    return !isOriginal(row);
  }

  /** Messages of this interaction that no record knows can only be the one whose outcome was lost. */
  async find(row: Pick<PostRow, "part" | "take" | "attemptedAt">, effort: Effort) {
    const { bot, posts, target } = this.#options;
    if (bot === null || target.isPrivate || target.channelId === undefined) return undefined;
    const after = snowflakeAt(row.attemptedAt - CLOCK_SKEW_MS);
    const path = `/channels/${target.channelId}/messages?after=${after}&limit=100`;
    const since = await bot
      .read(foundMessages, { method: "GET", path, ...effort })
      .catch((error: unknown) => {
        // Where the bot cannot read it cannot look: a doubled part is better than a lost one.
        if (error instanceof DiscordError && isFinal(error)) return [];
        throw error;
      });
    return since.find(({ id, interaction_metadata: from }) => {
      if (from?.id !== target.id || posts.has(id)) return false;
      return isOriginal(row) === (from.original_response_message_id === undefined);
    });
  }

  create(message: NewMessage, effort: Effort): Promise<MadeMessage> {
    return isOriginal(message) ? this.#editOriginal(message, effort) : this.#followUp(message, effort);
  }

  async edit(messageId: string, content: PostContent, effort: Effort): Promise<void> {
    await this.#patch(z.unknown(), messageId, content, effort);
  }

  async delete(messageId: string, effort: Effort): Promise<void> {
    await this.#request(
      z.unknown(),
      { method: "DELETE", path: `${this.#path}/messages/${messageId}` },
      effort,
    );
  }

  async #editOriginal(message: NewMessage, effort: Effort): Promise<MadeMessage> {
    const { now, target } = this.#options;
    for (;;) {
      try {
        return await this.#patch(madeMessage, "@original", message, effort);
      } catch (error) {
        if (!(error instanceof DiscordError) || error.code !== "not_found") throw error;
        if (now() < deferredBy(target.expiresAt)) await this.#awaitDeferral(error, effort);
        // Somebody has deleted it before there was anything to read in it.
        else if (isUnknownMessage(error)) return this.#followUp(message, effort);
        else throw error;
      }
    }
  }

  async #awaitDeferral(cause: DiscordError, effort: Effort): Promise<void> {
    const { method, route } = cause;
    if (effort.deadline !== undefined && this.#options.now() + PAUSE_MS > effort.deadline)
      throw new DiscordError("unavailable", "the deferral has not arrived yet", { method, route, cause });
    await this.#pause(effort);
  }

  async #followUp(message: NewMessage, effort: Effort): Promise<MadeMessage> {
    const { now, target } = this.#options;
    const { content, controls, file } = message;
    const body: RESTPostAPIWebhookWithTokenJSONBody = {
      content,
      allowed_mentions: NO_MENTIONS,
      ...(target.isPrivate && { flags: EPHEMERAL }),
      ...(controls.length > 0 && { components: componentsOf(controls) }),
      ...attachmentsOf(file),
    };
    const path = `${this.#path}?wait=true`;
    const request = { method: "POST", path, body, ...filesOf(file), isRepeatable: false } as const;
    for (;;) {
      try {
        return await this.#request(madeMessage, request, effort);
      } catch (error) {
        const isUnheard = error instanceof DiscordError && error.code === "unavailable";
        const until = Math.min(effort.deadline ?? 0, switchAt(target.expiresAt));
        if (!isUnheard || now() + PAUSE_MS > until) throw error;
        await this.#pause(effort);
        const found = await this.find(message, effort);
        if (found) return found;
      }
    }
  }

  #patch<T>(
    needed: z.ZodType<T>,
    message: string,
    { content, controls, file }: PostContent,
    effort: Effort,
  ): Promise<T> {
    const body: RESTPatchAPIWebhookWithTokenMessageJSONBody = {
      content,
      allowed_mentions: NO_MENTIONS,
      components: componentsOf(controls),
      ...attachmentsOf(file),
    };
    const path = `${this.#path}/messages/${message}`;
    return this.#request(needed, { method: "PATCH", path, body, ...filesOf(file) }, effort);
  }

  #request<T>(needed: z.ZodType<T>, request: DiscordRequest, effort: Effort): Promise<T> {
    const { rest, target } = this.#options;
    const deadline = Math.min(effort.deadline ?? Number.POSITIVE_INFINITY, switchAt(target.expiresAt));
    return rest.read(needed, { ...request, ...effort, deadline });
  }

  async #pause({ signal }: Effort): Promise<void> {
    await this.#sleep(PAUSE_MS, signal ?? new AbortController().signal);
    signal?.throwIfAborted();
  }
}

/** The first message of all is the deferral's own. */
function isOriginal({ part, take }: Pick<PostRow, "part" | "take">): boolean {
  return part === 0 && take === 0;
}
