/** A Discord message as a session reads it. */
import { type Attachment, attachment, MAX_ATTACHMENTS } from "../session/attachment.ts";
import type { DiscordTarget, InboundEvent } from "../session/event.ts";
import { discordEventId } from "./event-id.ts";
import type { DiscordMessage } from "./read-message.ts";

/** The part of a message that its author can change. */
type Written = Pick<DiscordMessage, "content" | "mentions" | "attachments">;

/** Who the agent is in Discord, and what the model calls it. */
export interface Self {
  /** The bot's user id; `undefined` before Discord has told it. */
  id: string | undefined;
  name: string;
}

/** What others see as the author's name. */
export function displayName({ author, member }: Pick<DiscordMessage, "author" | "member">): string {
  return member?.nick || author.global_name || author.username || author.id;
}

/** Makes the event of a message that is answered. */
export function inboundEvent(message: DiscordMessage, target: DiscordTarget, self: Self): InboundEvent {
  return {
    id: discordEventId(message.id),
    author: { id: message.author.id, name: displayName(message) },
    ...readWritten(message, self),
    target,
  };
}

/** Text with mentions as names, and files. */
export function readWritten(
  { content, mentions, attachments }: Written,
  self: Self,
): Pick<InboundEvent, "text" | "attachments"> {
  const names = new Map(mentions.map((user) => [user.id, displayName({ author: user, member: null })]));
  if (self.id !== undefined) names.set(self.id, self.name);
  // `<@!id>` is the older form (Discord, "Message Formatting"); an id that nobody explains stays as it is.
  const text = content.replaceAll(/<@!?(\d+)>/g, (mention, id: string) => {
    const name = names.get(id);
    return name === undefined ? mention : `@${name}`;
  });
  const files = attachments.flatMap(readUploadedFile).slice(0, MAX_ATTACHMENTS);
  return files.length > 0 ? { text, attachments: files } : { text };
}

/** A media type that is none becomes the most general one; a file without a usable address is left out. */
export function readUploadedFile({
  filename,
  content_type,
  size,
  url,
}: DiscordMessage["attachments"][number]): Attachment[] {
  const name = filename.replaceAll(/\p{Cc}/gu, " ").slice(0, 260);
  const plain = { name, contentType: "application/octet-stream", size, url };
  const typed = attachment.safeParse({ ...plain, contentType: content_type ?? plain.contentType });
  const reading = typed.success ? typed : attachment.safeParse(plain);
  return reading.success ? [reading.data] : [];
}
