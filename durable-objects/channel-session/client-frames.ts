import * as z from "zod";
import { chatDecision } from "../../shared/chat/decision.ts";
import { chatMessage } from "../../shared/chat/message.ts";
import { type ClientFrame, MAX_CHAT_TEXT } from "../../shared/chat/protocol.ts";

/** Largest frame that is read, in UTF-16 code units: the longest message, JSON-escaped, and some. */
const MAX_FRAME = 4 * MAX_CHAT_TEXT;

const clientFrame: z.ZodType<ClientFrame> = z.discriminatedUnion("type", [
  chatMessage.extend({ type: z.literal("send") }),
  z.object({ type: z.literal("stop") }),
  z.object({ type: z.literal("reset") }),
  chatDecision.extend({ type: z.literal("decide") }),
  z.object({ type: z.literal("sync") }),
]);

/** A frame that was read, or why it was not. */
export type FrameReading =
  | { frame: ClientFrame }
  | { problem: { code: string; message: string; id?: string } };

/** Reads what a client sent. Never throws: garbage is a problem with a code and the field it is in. */
export function readClientFrame(data: string | ArrayBuffer): FrameReading {
  if (typeof data !== "string") return problem("binary_frame", "Expected a text frame with JSON.");
  if (data.length > MAX_FRAME) {
    return problem("frame_too_large", `Expected at most ${MAX_FRAME} characters, found ${data.length}.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    return problem("invalid_json", "Expected a JSON object.");
  }
  const reading = clientFrame.safeParse(json);
  if (reading.success) return { frame: reading.data };
  const [issue] = reading.error.issues;
  const where = issue?.path.join(".") || "frame";
  return problem("invalid_frame", `${where}: ${issue?.message ?? "not understood"}`, messageIdOf(json));
}

function problem(code: string, message: string, id?: string): FrameReading {
  return { problem: id === undefined ? { code, message } : { code, message, id } };
}

/** The refused message's id, so that its sender knows which one it was. */
function messageIdOf(json: unknown): string | undefined {
  const reading = chatMessage.pick({ id: true }).safeParse(json);
  return reading.success ? reading.data.id : undefined;
}
