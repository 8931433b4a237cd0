/**
 * Brings the events of one shard to the Worker: in order, one batch at a time, again and again until it has them. What
 * arrives while a batch is on its way goes with the next; nothing waits for company.
 */
import {
  type BridgedSession,
  type GatewayEvent,
  MAX_BATCH_EVENTS,
  type Shard,
} from "../shared/bridge/protocol.ts";
import type { Logger, LogLevel } from "../shared/log.ts";
import { backoffMs, boundedMs, sleep } from "./backoff.ts";
import type { BridgeClient, BridgeFailure, EventsAnswer } from "./bridge-client.ts";
import { batchBody, nextBatch, outlined, type QueuedEvent, queuedEvent } from "./event-queue.ts";

/** Between two attempts that need somebody to change something first. */
const SLOW_RETRY_MS = 5_000;

export interface EventSenderOptions {
  bridge: BridgeClient;
  logger: Logger;
  /** What each batch says of its sender. */
  sender: { gateway: string; epoch: number; shard: Shard };
  /** A clock in milliseconds. */
  now: () => number;
  random: () => number;
  onBatch(): void;
  onRetry(): void;
  /** The Worker has everything of this session up to `seq`. */
  onAcked(sessionId: string, seq: number): void;
  /** An answer that renews the lease, to a request that was sent at `sentAt`. */
  onRenewed(sentAt: number, ttlSeconds: number): void;
  onFenced(): void;
  /** What is wrong with the Worker, or `null` when it answers again. */
  onProblem(problem: string | null): void;
}

export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #stopped = new AbortController();
  #queue: QueuedEvent[] = [];
  #isSending = false;
  #failures = 0;
  #maxEvents = MAX_BATCH_EVENTS;
  #whenEmpty: (() => void)[] = [];

  constructor(options: EventSenderOptions) {
    this.#options = options;
  }

  /** Events that are not acknowledged. */
  get size(): number {
    return this.#queue.length;
  }

  /** When the oldest of them was received, by the host's clock; `null` when there is none. */
  get oldestAt(): number | null {
    return this.#queue[0]?.receivedAt ?? null;
  }

  push(event: GatewayEvent, session: BridgedSession): void {
    const queued = queuedEvent(event, session, this.#options.now());
    this.#tell("debug", "event.received", queued);
    if (queued.isOutline) this.#reportOutline(queued);
    this.#queue.push(queued);
    void this.#send();
  }

  /** Resolves when everything is acknowledged, or after {@link stop}. */
  drained(): Promise<void> {
    if (this.#queue.length === 0 || this.#stopped.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Sends nothing more. What is left is the next holder's, who has it from Discord. */
  stop(): void {
    this.#stopped.abort();
    this.#empty();
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#queue.length > 0 && !this.#stopped.signal.aborted) await this.#sendBatch();
    this.#isSending = false;
  }

  async #sendBatch(): Promise<void> {
    const { bridge, sender, now, onBatch, onRetry } = this.#options;
    const batch = nextBatch(this.#queue, this.#maxEvents);
    const sentAt = now();
    onBatch();
    const answer = await bridge.events(batchBody(sender, batch));
    if (this.#stopped.signal.aborted) return;
    const waitMs =
      answer.status === "unreadable"
        ? await this.#passUnreadable(batch, answer.message)
        : this.#read(answer, batch, sentAt);
    if (waitMs === null) return;
    onRetry();
    await sleep(waitMs, this.#stopped.signal);
  }

  /** Milliseconds to wait before the next attempt, or `null` to go on at once. */
  #read(
    answer: Exclude<EventsAnswer, { status: "unreadable" }>,
    batch: readonly QueuedEvent[],
    sentAt: number,
  ): number | null {
    switch (answer.status) {
      case "taken": {
        this.#options.onRenewed(sentAt, answer.acknowledgement.ttlSeconds);
        return this.#acked(batch, answer.acknowledgement.acked);
      }
      case "fenced":
        this.#options.onFenced();
        return null;
      case "too-large":
        return this.#shrink(batch);
      case "unauthorized":
      case "rejected":
        this.#report(answer);
        return SLOW_RETRY_MS;
      case "unavailable":
        this.#report(answer);
        return answer.retryAfterMs === null ? this.#backoff() : boundedMs(answer.retryAfterMs);
      default:
        return answer satisfies never;
    }
  }

  #acked(batch: readonly QueuedEvent[], acked: number | null): number | null {
    // No more than was sent can have been stored, whatever the answer says.
    const stored = acked === null ? [] : batch.filter(({ s }) => s <= acked);
    const last = stored.at(-1);
    if (last === undefined) {
      this.#options.onProblem("the Worker stores nothing");
      return this.#backoff();
    }
    this.#failures = 0;
    this.#maxEvents = Math.min(this.#maxEvents * 2, MAX_BATCH_EVENTS);
    this.#options.onProblem(null);
    this.#queue.splice(0, stored.length);
    for (const event of stored) this.#tell("debug", "event.stored", event);
    this.#options.onAcked(last.session.id, last.s);
    if (this.#queue.length === 0) this.#empty();
    return null;
  }

  #shrink(batch: readonly QueuedEvent[]): number | null {
    if (batch.length > 1) {
      this.#maxEvents = Math.floor(batch.length / 2);
      return 0;
    }
    const [event] = batch;
    if (event === undefined) return 0;
    if (event.isOutline) return this.#giveUp(event, "413 for its outline");
    const outline = outlined(event);
    this.#queue[0] = outline;
    this.#reportOutline(outline);
    return 0;
  }

  /**
   * Finds the event that the Worker cannot read, and goes on without it. Where it cannot read a batch without events either, the
   * two are of different versions, and all waits.
   */
  async #passUnreadable(batch: readonly QueuedEvent[], message: string): Promise<number> {
    const [event] = batch;
    if (event === undefined) return 0;
    if (batch.length > 1) {
      this.#maxEvents = Math.floor(batch.length / 2);
      return 0;
    }
    const { bridge, sender } = this.#options;
    const empty = await bridge.events(batchBody({ ...sender, session: event.session }, []));
    if (this.#stopped.signal.aborted) return 0;
    if (empty.status === "taken") return this.#giveUp(event, message);
    this.#report({ status: "rejected", message });
    return SLOW_RETRY_MS;
  }

  /** What is behind an event does not wait for it for ever. */
  #giveUp(event: QueuedEvent, message: string): number {
    const { logger, onAcked } = this.#options;
    const { trace, s, t } = event;
    logger.log("error", "event.given_up", { trace, type: t, seq: s, message });
    this.#queue.shift();
    onAcked(event.session.id, s);
    if (this.#queue.length === 0) this.#empty();
    return 0;
  }

  #reportOutline(event: QueuedEvent): void {
    this.#tell("error", "event.too_large", event);
  }

  #tell(level: LogLevel, event: string, { trace, s, t }: QueuedEvent): void {
    this.#options.logger.log(level, event, { trace, type: t, seq: s });
  }

  #report({ status, message }: BridgeFailure): void {
    const { logger, onProblem } = this.#options;
    logger.log(status === "unavailable" ? "warn" : "error", `worker.${status}`, { message });
    onProblem(`${status}: ${message}`);
  }

  #backoff(): number {
    this.#failures += 1;
    return backoffMs(this.#failures, this.#options.random);
  }

  #empty(): void {
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
