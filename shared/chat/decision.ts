/** What somebody in the web chat decides about a tool call, as a frame or as the body of a request. */
import * as z from "zod";

export const chatDecision = z.object({
  /** Ids as a turn's view shows them. */
  turn: z.string().min(1, "expected the id of a turn").max(64, "expected the id of a turn"),
  call: z.string().regex(/^\d{1,4}$/, "expected the id of a tool call"),
  approve: z.boolean("expected true or false"),
});

/** A decision that was taken, or came too late. */
interface Outcome {
  status: "decided" | "already_decided" | "unknown_call";
  approval?: { state: "approved" | "declined"; by: { name: string } | string };
}

/** What whoever decided is told when it changed nothing, over the socket and over HTTP alike; `undefined` when it did. */
export function refusalOf({ status, approval }: Outcome): { code: string; message: string } | undefined {
  if (status === "decided") return undefined;
  if (!approval)
    return { code: "unknown_call", message: "There is no such tool call that waits for approval." };
  const who = typeof approval.by === "string" ? "" : ` by ${approval.by.name}`;
  return { code: "already_decided", message: `This call is ${approval.state} already${who}.` };
}
