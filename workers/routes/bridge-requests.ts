/** What gateways ask, as it is read. @see shared/bridge/protocol.ts */
import * as z from "zod";
import { MAX_BATCH_EVENTS, MAX_RESUME_URL, MAX_SESSION_ID } from "../../shared/bridge/protocol.ts";

/** Most shards of one bot; Discord itself asks for one per thousand guilds. */
const MAX_SHARDS = 4096;
/** Nobody has asked for an event whose name makes no sense; it is told, and passed over. */
const UNNAMED_EVENT = "(unnamed)";

const gateway = z
  .string("expected the gateway's name")
  .regex(/^[\w.:-]{1,100}$/, "expected 1 to 100 letters, digits, - _ . or :");
const epoch = z.int("expected a whole number").min(1, "expected 1 or more");
const shard = z
  .tuple([z.int().min(0), z.int().min(1).max(MAX_SHARDS)], "expected [index, count]")
  .refine(([index, count]) => index < count, "expected an index below the count");
const session = z.object({
  id: z.string("expected the session's id").min(1).max(MAX_SESSION_ID),
  resumeUrl: z.string("expected the resume URL").min(1).max(MAX_RESUME_URL),
  begunAt: z.number().optional().catch(undefined),
});
/** What a gateway takes from Discord is not refused here: it would send the same again for ever. */
const event = z.object({
  s: z.int("expected a whole number").min(0, "expected 0 or more"),
  t: z.string("expected the event's name").catch(UNNAMED_EVENT),
  d: z.unknown().default(null),
});

export const leaseRequest = z.object({ gateway, shard });
export const releaseRequest = z.object({ gateway, epoch, shard });
export const eventBatch = z.object({
  gateway,
  epoch,
  shard,
  session,
  events: z
    .array(event, "expected a list of events")
    .max(MAX_BATCH_EVENTS, `expected at most ${MAX_BATCH_EVENTS} events`),
});
