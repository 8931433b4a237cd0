/** Where messages are made and changed: a channel, or the token of an interaction. Venues make requests and keep no record. */

import type { RESTPostAPIChannelMessageJSONBody } from "discord-api-types/v10";
import * as z from "zod";
import { DISCORD_CODE, DiscordError } from "../../../../shared/discord/errors.ts";
import type { PostContent } from "../../../../shared/discord/posting-plan.ts";
import type { UploadedFile } from "../../../../shared/discord/request-body.ts";
import type { DiscordRequest } from "../../../../shared/discord/rest.ts";
import type { VenueKind } from "../../../../shared/interaction/answer-place.ts";
import type { PostRow } from "./schema.ts";

/** How long, and until when, a request may be tried. */
export type Effort = Pick<DiscordRequest, "deadline" | "signal">;

/** On every message: whatever a model writes, it notifies nobody. */
export const NO_MENTIONS = {
  parse: [],
  replied_user: false,
} satisfies RESTPostAPIChannelMessageJSONBody["allowed_mentions"];

/** How far Discord's clock may be behind ours, in milliseconds. */
export const CLOCK_SKEW_MS = 60_000;

/** What an answer of Discord's says of a message. Only the id is needed: what else it does not say is put right by an edit. */
export const madeMessage = z.object({
  id: z.string(),
  channel_id: z.string().optional().catch(undefined),
  content: z.string().catch(""),
  attachments: z.array(z.unknown()).catch([]),
  components: z.array(z.unknown()).catch([]),
});
export type MadeMessage = z.infer<typeof madeMessage>;

/** Those of a page of messages that are of a form; the others are somebody else's. */
export function readable<T>(message: z.ZodType<T>): z.ZodType<T[]> {
  return z
    .array(z.unknown())
    .transform((page) => page.flatMap((entry) => message.safeParse(entry).data ?? []));
}

/** A message that is to be made. */
export type NewMessage = PostContent & Pick<PostRow, "turnId" | "take" | "attemptedAt">;

export interface Venue {
  readonly place: VenueKind;
  /** The channel that its messages are in, as far as that is known. */
  readonly channelId: string;
  /** Whether a message that was sent before, and may be there, has to be looked for before it is sent again. */
  mustBeFound(row: PostRow, now: number): boolean;
  /** Looks for a message that may be there. @returns `undefined` also where that cannot be known. */
  find(row: PostRow, effort: Effort): Promise<MadeMessage | undefined>;
  create(message: NewMessage, effort: Effort): Promise<MadeMessage>;
  edit(messageId: string, content: PostContent, effort: Effort): Promise<void>;
  delete(messageId: string, effort: Effort): Promise<void>;
}

/** The fields of a request that has a file with it. */
export function attachmentsOf(file: UploadedFile | undefined): {
  attachments?: { id: string; filename: string }[];
} {
  return file ? { attachments: [{ id: "0", filename: file.name }] } : {};
}

export function filesOf(file: UploadedFile | undefined): { files?: UploadedFile[] } {
  return file ? { files: [file] } : {};
}

export function isUnknownMessage(error: unknown): boolean {
  return error instanceof DiscordError && error.discordCode === DISCORD_CODE.unknownMessage;
}
