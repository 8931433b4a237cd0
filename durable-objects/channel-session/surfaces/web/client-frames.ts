import * as z from "zod";
import { chatDecision, refusalOf } from "../../../../shared/chat/decision.ts";
import { BUSY, chatMessage } from "../../../../shared/chat/message.ts";
import { type ClientFrame, MAX_CHAT_TEXT, type ServerFrame } from "../../../../shared/chat/protocol.ts";
import type { Decision, DecisionOutcome } from "../../../../shared/session/decision.ts";
import { chatEvent, type InboundEvent, OPERATOR } from "../../../../shared/session/event.ts";
import type { Receipt } from "../../../contracts.ts";

/** Largest frame that is read, in UTF-16 code units: the longest message, JSON-escaped, and some. */
const MAX_FRAME = 4 * MAX_CHAT_TEXT;

const clientFrame: z.ZodType<ClientFrame> = z.discriminatedUnion("type", [
  chatMessage.extend({ type: z.literal("send") }),
  z.object({ type: z.literal("stop") }),
  z.object({ type: z.literal("reset") }),
  chatDecision.extend({ type: z.literal("decide") }),
  z.object({ type: z.literal("sync") }),
]);

/** What a frame asks of its conversation. */
export interface FrameTaker {
  accept(event: InboundEvent): Receipt;
  stop(): void;
  reset(): void;
  decide(decision: Decision): DecisionOutcome;
}

/**
 * Does what a frame asks for.
 *
 * @param greet shows everything to whoever sent the frame.
 * @returns what its sender is told at once, if anything.
 */
export function takeClientFrame(
  frame: ClientFrame,
  session: FrameTaker,
  greet: () => void,
): ServerFrame | undefined {
  switch (frame.type) {
    case "send": {
      const receipt = session.accept(chatEvent(frame));
      if (receipt.status === "busy") return { type: "error", id: frame.id, ...BUSY };
      const { turn, status } = receipt;
      return { type: "accepted", id: frame.id, turn, duplicate: status === "duplicate" };
    }
    case "stop":
      session.stop();
      return undefined;
    case "reset":
      session.reset();
      return undefined;
    case "decide": {
      const refusal = refusalOf(session.decide({ ...frame, by: OPERATOR }));
      return refusal && { type: "error", ...refusal };
    }
    case "sync":
      greet();
      return undefined;
    default:
      return frame satisfies never;
  }
}

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
