/** Files that come with a message: what a door may hand in, and how the model is told. */
import * as z from "zod";

/** Most files of one message; Discord allows as many. */
export const MAX_ATTACHMENTS = 10;

/** A file that came with a message. It stays where it is: only its address is stored. */
export const attachment = z.object({
  name: z
    .string()
    .regex(/^[^\p{Cc}]{1,260}$/u, "expected 1 to 260 characters without line breaks")
    .describe("File name."),
  contentType: z
    .string()
    .regex(
      /^[\w.+-]+\/[\w.+-]+(\s*;[^\p{Cc}]*)?$/u,
      "expected a media type such as image/png or text/plain; charset=utf-8",
    )
    .max(200, "expected at most 200 characters"),
  size: z.int("expected a whole number of bytes").min(0, "expected 0 bytes or more"),
  url: z
    .url({ protocol: /^https?$/, error: "expected an http or https URL" })
    .max(2_048, "expected at most 2048 characters"),
});

/** @see attachment */
export type Attachment = z.infer<typeof attachment>;

/** The files of one message. */
export const attachments = z
  .array(attachment)
  .max(MAX_ATTACHMENTS, `expected at most ${MAX_ATTACHMENTS} files`);

/** The line by which the model knows a file. `remark`: what else it should know about it. */
export function tellAttachment({ name, contentType, size, url }: Attachment, remark?: string): string {
  const line = `[Attached: ${name} (${contentType}, ${size.toLocaleString("en-US")} bytes): ${url}]`;
  // Doors take names and types as they come; a line break in one must not look like the message going on.
  return [line.replaceAll(/\s+/g, " "), ...(remark === undefined ? [] : [remark])].join("\n");
}

/** A message with its files told behind it: the text that the conversation keeps. */
export function textWithAttachments(text: string, told: readonly string[]): string {
  return [text, ...told].filter((part) => part.trim() !== "").join("\n\n");
}
