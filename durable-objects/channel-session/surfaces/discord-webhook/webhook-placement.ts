import type {
  RESTPatchAPIWebhookWithTokenMessageJSONBody,
  RESTPostAPIWebhookWithTokenJSONBody,
} from "discord-api-types/v10";
import * as z from "zod";
import { type DesiredPosts, nextPost, type PostAction } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRequest, DiscordRest } from "../../../../shared/discord/rest.ts";
import type { WebhookAddress } from "../../../../shared/discord/webhook-url.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { PlacedAction, Placement } from "../discord/placement.ts";
import { type PostStore, toPost } from "../discord/post-store.ts";
import { type Effort, type MadeMessage, type NewMessage, NO_MENTIONS, type Venue } from "../discord/venue.ts";

/** What stands in for Discord may answer something else; it has taken the message all the same. */
const answered = z.object({ id: z.string() });
/** The id of a message that is there without one. */
const UNNAMED = "unnamed";

/** What a {@link WebhookPlacement} needs. */
export interface WebhookPlacementOptions {
  turnId: string;
  address: WebhookAddress;
  /** A thread in the webhook's channel. */
  threadId: string | undefined;
  rest: DiscordRest;
  posts: PostStore;
  log: Logger;
}

/**
 * An answer that a webhook posts (Discord, "Execute Webhook"). A webhook knows no nonce and shows no list of what it has
 * posted: what is known to be there is not sent again, and a part whose fate nobody knows is, for a doubled part is better
 * than a lost one.
 */
export class WebhookPlacement implements Placement {
  readonly #options: WebhookPlacementOptions;
  readonly #venue: Venue;

  constructor(options: WebhookPlacementOptions) {
    this.#options = options;
    this.#venue = new WebhookVenue(options);
  }

  isShown(desired: DesiredPosts): boolean {
    return this.#nextPost(desired).do === "nothing";
  }

  async next(desired: DesiredPosts): Promise<PlacedAction | undefined> {
    const { posts, turnId, log } = this.#options;
    const action = this.#nextPost(desired);
    if (action.do === "nothing") return undefined;
    const { part } = action;
    if (action.do === "create" && posts.find({ turnId, part }))
      log.log("warn", "webhook.sent_again", { part });
    return { action, venue: this.#venue };
  }

  async prepare(): Promise<void> {}

  remark(): null {
    return null;
  }

  async hasOther(): Promise<boolean> {
    return false;
  }

  #nextPost(desired: DesiredPosts): PostAction {
    const { posts, turnId } = this.#options;
    const rows = posts.ofTurn(turnId).map((row) => ({
      ...toPost(row),
      // Earlier versions kept none for a message that came without.
      messageId: row.messageId ?? (row.confirmed ? UNNAMED : null),
    }));
    return nextPost(desired, rows);
  }
}

class WebhookVenue implements Venue {
  readonly place = "channel";
  readonly channelId: string;
  readonly #options: WebhookPlacementOptions;

  constructor(options: WebhookPlacementOptions) {
    this.#options = options;
    this.channelId = options.address.id;
  }

  mustBeFound(): boolean {
    return false;
  }

  async find(): Promise<undefined> {
    return undefined;
  }

  async create({ content }: NewMessage, effort: Effort): Promise<MadeMessage> {
    const body: RESTPostAPIWebhookWithTokenJSONBody = { content, allowed_mentions: NO_MENTIONS };
    const made = await this.#request("POST", "", body, { ...effort, answer: "optional" });
    const id = answered.safeParse(made).data?.id ?? UNNAMED;
    return { id, content, attachments: [], components: [] };
  }

  async edit(messageId: string, { content }: { content: string }, effort: Effort): Promise<void> {
    const body: RESTPatchAPIWebhookWithTokenMessageJSONBody = { content, allowed_mentions: NO_MENTIONS };
    await this.#request("PATCH", `/messages/${messageId}`, body, effort);
  }

  async delete(messageId: string, effort: Effort): Promise<void> {
    await this.#request("DELETE", `/messages/${messageId}`, undefined, effort);
  }

  #request(
    method: "POST" | "PATCH" | "DELETE",
    of: string,
    body: object | undefined,
    how: Pick<DiscordRequest, "deadline" | "signal" | "answer">,
  ) {
    const { rest, address, threadId } = this.#options;
    const query = new URLSearchParams({
      ...(method === "POST" && { wait: "true" }),
      ...(threadId !== undefined && { thread_id: threadId }),
    }).toString();
    const path = `/webhooks/${address.id}/${address.token}${of}${query && `?${query}`}`;
    return rest.request({ method, path, ...(body && { body }), ...how });
  }
}
