import * as z from "zod";
import { attachments } from "../session/attachment.ts";
import { MAX_CHAT_TEXT } from "./protocol.ts";

/** A message of the web chat, as a frame or as the body of a request. */
export const chatMessage = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "expected 1 to 64 letters, digits, - or _"),
  text: z
    .string()
    .max(MAX_CHAT_TEXT, `expected at most ${MAX_CHAT_TEXT} characters`)
    .refine((text) => text.trim() !== "", "expected some text"),
  attachments: attachments.optional(),
});

/** What the sender of a message is told that cannot wait, over the socket and over HTTP alike. */
export const BUSY = {
  code: "busy",
  message: "Too many messages wait for an answer already. Try again in a moment.",
};
