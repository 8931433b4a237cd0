/**
 * One term of holding a shard's lease: the Gateway session, the events on their way, and the lease's renewal. It ends when
 * another gateway takes over, when the lease runs out with no answer from the Worker, when Discord refuses for good, or
 * when the process stops. Whichever it is, the session is left so that it can be resumed.
 */
import type { LeaseGrant, Shard } from "../shared/bridge/protocol.ts";
import type { NotReady } from "../shared/gateway/readiness.ts";
import type { GatewaySettings } from "../shared/gateway/state.ts";
import { isSameGateway } from "../shared/gateway/url.ts";
import type { Logger } from "../shared/log.ts";
import type { BridgeClient } from "./bridge-client.ts";
import { EventSender } from "./event-sender.ts";
import { BotTokenError, type GatewayDirectory } from "./gateway-directory.ts";
import type { Metrics } from "./metrics.ts";
import { ShardSession } from "./shard-session.ts";

/** When a renewal failed; the lease may have seconds left. */
const RENEWAL_RETRY_MS = 1_000;

/** What all shards of a process share. */
export interface GatewayParts {
  bridge: BridgeClient;
  directory: GatewayDirectory;
  logger: Logger;
  metrics: Metrics;
  gatewayId: string;
  botToken: string;
  /** A clock in milliseconds that never jumps. */
  now: () => number;
  random: () => number;
}

export type TermEnd = "fenced" | "expired" | "stopped" | { fatal: string; isTokenRefused?: true };

/** What may be on its way to the Worker before the socket is closed for a while. */
const unackedLimits = { maxEvents: 5_000, maxBytes: 16 * 1024 * 1024 };

export class Term {
  readonly ended: Promise<TermEnd>;
  readonly #end: (end: TermEnd) => void;
  readonly #parts: GatewayParts;
  readonly #shard: Shard;
  readonly #grant: LeaseGrant;
  readonly #session: ShardSession;
  readonly #sender: EventSender;
  #isOver = false;
  #problem: string | null = null;
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(parts: GatewayParts, shard: Shard, grant: LeaseGrant) {
    const { promise, resolve } = Promise.withResolvers<TermEnd>();
    this.ended = promise;
    this.#end = (end) => {
      this.#close();
      resolve(end);
    };
    this.#parts = parts;
    this.#shard = shard;
    this.#grant = grant;
    const { bridge, directory, logger, metrics, now, random } = parts;
    const label = { shard: String(shard[0]) };
    this.#sender = new EventSender({
      bridge,
      logger,
      sender: { gateway: parts.gatewayId, epoch: grant.epoch, shard },
      now,
      random,
      onBatch: () => metrics.add("rig_gateway_batches_total", label),
      onRetry: () => metrics.add("rig_gateway_retries_total", label),
      onAcked: (sessionId, seq) => this.#session.acked(sessionId, seq),
      onRenewed: (sentAt, ttlSeconds) => this.#renewed(sentAt, ttlSeconds),
      onFenced: () => this.#end("fenced"),
      onProblem: (problem) => {
        this.#problem = problem;
      },
    });
    this.#session = new ShardSession({
      directory,
      logger,
      settings: settingsFor(parts, shard, grant),
      now,
      random,
      onEvent: (event, session) => {
        metrics.add("rig_gateway_events_total", { ...label, type: event.t });
        this.#sender.push(event, session);
      },
      onDisconnected: (reason) => metrics.add("rig_gateway_reconnects_total", { ...label, reason }),
      onFatal: (fatal, isTokenRefused) => this.#end({ fatal, ...(isTokenRefused && { isTokenRefused }) }),
    });
  }

  /** What is not as it should be, or `null` when the shard is connected and the Worker answers. */
  get problem(): NotReady | null {
    if (this.#problem !== null) return { cause: "worker", says: `Worker ${this.#problem}` };
    if (this.#session.isConnected) return null;
    const { directory } = this.#parts;
    const says = `not connected to Discord: ${this.#session.phase}`;
    if (directory.problem !== null)
      return { ...directory.problem, says: `${says}: ${directory.problem.says}` };
    const { identifyWaitMs } = this.#session;
    if (identifyWaitMs === null) return { cause: "connecting", says };
    const seconds = Math.ceil(identifyWaitMs / 1000);
    return { cause: "identify-limit", says: `${says}: the next IDENTIFY is allowed in ${seconds} s` };
  }

  get isConnected(): boolean {
    return this.#session.isConnected;
  }

  get unacked(): number {
    return this.#sender.size;
  }

  /** Age in milliseconds of the oldest event on its way. */
  get lagMs(): number {
    const { oldestAt } = this.#sender;
    return oldestAt === null ? 0 : this.#parts.now() - oldestAt;
  }

  /** @param grantedAt when the request was sent that brought the grant. */
  async start(grantedAt: number): Promise<void> {
    this.#renewed(grantedAt, this.#grant.ttlSeconds);
    const { resume } = this.#grant;
    if (resume === null) return this.#session.start(null);
    try {
      const { url } = await this.#parts.directory.botInfo();
      if (this.#isOver) return;
      const isTrusted = isSameGateway(resume.resumeUrl, url);
      if (!isTrusted)
        this.#parts.logger.log("error", "lease.resume_url_refused", { resumeUrl: resume.resumeUrl });
      this.#session.start(isTrusted ? resume : null);
    } catch (error) {
      // Anything else says that the process was told to stop.
      if (error instanceof BotTokenError) this.#end({ fatal: error.message, isTokenRefused: true });
    }
  }

  /** Reads no more, waits until the Worker has everything or `deadline` fires, gives the lease back, and ends. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#session.stop();
    const expired = new Promise<void>((resolve) => {
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#sender.drained(), this.ended, expired]);
    if (this.#sender.size > 0)
      this.#parts.logger.log("warn", "gateway.drain_incomplete", { unacked: this.#sender.size });
    this.#close();
    await this.release();
    this.#end("stopped");
  }

  async release(): Promise<void> {
    const { bridge, gatewayId } = this.#parts;
    await bridge.release({ gateway: gatewayId, epoch: this.#grant.epoch, shard: this.#shard });
  }

  #close(): void {
    this.#isOver = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#session.stop();
    this.#sender.stop();
  }

  /** The lease holds for `ttlSeconds` from when the request was sent, for the Worker cannot have begun to count before. */
  #renewed(sentAt: number, ttlSeconds: number): void {
    if (this.#isOver) return;
    const left = sentAt + ttlSeconds * 1000 - this.#parts.now();
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#end("expired"), Math.max(0, left));
    this.#renewIn((ttlSeconds * 1000) / 3);
  }

  #renewIn(ms: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#renew(), ms);
  }

  async #renew(): Promise<void> {
    const { bridge, gatewayId, now } = this.#parts;
    const sentAt = now();
    const answer = await bridge.lease({ gateway: gatewayId, shard: this.#shard });
    switch (answer.status) {
      case "granted":
        // Somebody had it in between, or nobody: what this term knows may be old.
        if (answer.grant.epoch !== this.#grant.epoch) return this.#end("fenced");
        this.#session.change({ forward: new Set(answer.grant.forward), intents: answer.grant.intents });
        if (this.#sender.size === 0) this.#problem = null;
        return this.#renewed(sentAt, answer.grant.ttlSeconds);
      case "held":
        return this.#end("fenced");
      case "unauthorized":
      case "rejected":
      case "unavailable":
        this.#problem = `${answer.status}: ${answer.message}`;
        this.#parts.logger.log("warn", "lease.renewal_failed", {
          status: answer.status,
          message: answer.message,
        });
        return this.#renewIn(RENEWAL_RETRY_MS);
      default:
        return answer satisfies never;
    }
  }
}

function settingsFor(parts: GatewayParts, shard: Shard, grant: LeaseGrant): GatewaySettings {
  return {
    token: parts.botToken,
    intents: grant.intents,
    shard,
    properties: { os: process.platform, browser: "rig-edge", device: "rig-edge" },
    forward: new Set(grant.forward),
    ...unackedLimits,
  };
}
