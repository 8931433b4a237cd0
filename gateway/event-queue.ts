/** Events of one shard that the Worker has not acknowledged, as the JSON that will be sent. */
import {
  type BridgedSession,
  type GatewayEvent,
  MAX_BATCH_BYTES,
  MAX_BATCH_EVENTS,
  MAX_BRIDGE_BODY,
} from "../shared/bridge/protocol.ts";
import { gatewayTrace } from "../shared/discord/event-id.ts";
import { outlineEvent } from "../shared/gateway/trim.ts";

export interface QueuedEvent {
  s: number;
  t: string;
  session: BridgedSession;
  /** By which the log tells of it, here and in the Worker. */
  trace: string;
  json: string;
  bytes: number;
  /** When it was received, by the host's clock. */
  receivedAt: number;
  /** Reduced to an outline, because no request could carry it. */
  isOutline: boolean;
}

/** For the fields of a batch around its events. */
const ENVELOPE_BYTES = 4 * 1024;
/** The largest event that fits into a request at all. */
export const MAX_EVENT_BYTES = MAX_BRIDGE_BODY - ENVELOPE_BYTES;

/** Makes an event ready to be sent; one that no request can carry becomes its outline. */
export function queuedEvent(
  event: GatewayEvent,
  session: QueuedEvent["session"],
  receivedAt: number,
): QueuedEvent {
  const json = JSON.stringify(event);
  const bytes = Buffer.byteLength(json);
  const { s, t } = event;
  const trace = gatewayTrace(event, session.id);
  const queued = { s, t, session, trace, json, bytes, receivedAt, isOutline: false };
  return bytes > MAX_EVENT_BYTES ? outlined(queued) : queued;
}

/** The outline of an event, in its place. */
export function outlined(event: QueuedEvent): QueuedEvent {
  const { s, t, d }: GatewayEvent = JSON.parse(event.json);
  const json = JSON.stringify({ s, t, d: outlineEvent(d) });
  return { ...event, json, bytes: Buffer.byteLength(json), isOutline: true };
}

/**
 * The next batch: the oldest events, of one session only, within the protocol's limits. The first goes whatever its size.
 *
 * @param maxEvents events at the most, below the protocol's limit where the Worker has found a batch too large.
 */
export function nextBatch(
  queue: readonly QueuedEvent[],
  maxEvents = MAX_BATCH_EVENTS,
): readonly QueuedEvent[] {
  const [first] = queue;
  if (first === undefined) return [];
  let bytes = 0;
  const end = queue.findIndex((event, index) => {
    bytes += event.bytes + 1;
    const isFull = index >= Math.min(maxEvents, MAX_BATCH_EVENTS) || bytes > MAX_BATCH_BYTES - ENVELOPE_BYTES;
    return index > 0 && (isFull || !isSame(event.session, first.session));
  });
  return queue.slice(0, end === -1 ? queue.length : end);
}

function isSame(one: BridgedSession, other: BridgedSession): boolean {
  return one.id === other.id && one.begunAt === other.begunAt;
}

/** The JSON of an `EventBatch`; `head` are its other fields, its session too where it has no events. */
export function batchBody(head: object, batch: readonly QueuedEvent[]): string {
  const [first] = batch;
  const fields = JSON.stringify({ ...head, ...(first && { session: first.session }) }).slice(0, -1);
  return `${fields},"events":[${batch.map(({ json }) => json).join(",")}]}`;
}
