import { tellAttachment, textWithAttachments } from "../../../shared/session/attachment.ts";
import type { InboundEvent } from "../../../shared/session/event.ts";
import { type FileReading, readAttachments } from "../../../shared/session/read-attachments.ts";
import { batchText } from "./batch.ts";
import type { UserMessage } from "./messages.ts";

/** An event's text as the conversation keeps it: its files by name. */
export function eventText({ text, attachments = [] }: InboundEvent): string {
  return textWithAttachments(
    text,
    attachments.map((file) => tellAttachment(file)),
  );
}

/**
 * What a turn answers as the model reads it: text files as text, images as images. Reads files, so it may take a while.
 *
 * @returns the message, and the text of each event in it.
 */
export async function readUserMessage(
  events: readonly InboundEvent[],
  reading: FileReading,
): Promise<{ user: UserMessage; texts: string[] }> {
  const files = events.flatMap(({ attachments = [] }) => attachments);
  if (files.length === 0) {
    return { user: { role: "user", text: batchText(events) }, texts: events.map(({ text }) => text) };
  }
  const { told, images } = await readAttachments(files, reading);
  const read = events.map((event) => {
    const own = told.splice(0, event.attachments?.length ?? 0);
    return { ...event, text: textWithAttachments(event.text, own) };
  });
  return { user: { role: "user", text: batchText(read), images }, texts: read.map(({ text }) => text) };
}

/** The message for a model that refused its images: it is told instead of being asked to look. */
export function withoutImages({ text }: UserMessage): UserMessage {
  return {
    role: "user",
    text: textWithAttachments(text, ["(The attached images could not be shown to you.)"]),
  };
}
