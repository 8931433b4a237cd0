/** One shard of this process: waits for its lease, serves it while it has it, and waits again. */
import type { LeaseGrant, Shard } from "../shared/bridge/protocol.ts";
import type { NotReady, NotReadyCause } from "../shared/gateway/readiness.ts";
import type { Logger } from "../shared/log.ts";
import { backoffMs, boundedMs, sleep } from "./backoff.ts";
import { type GatewayParts, Term } from "./term.ts";

/** A standby does not wait until the lease runs out: it may be released before, and is to be taken over within TTL + 2 s. */
const STANDBY_POLL_MS = 1_100;
/** Between two attempts that need somebody to change something first. */
const SLOW_RETRY_MS = 5_000;
/** For acknowledgements after the process was told to stop. */
export const DRAIN_MS = 20_000;

/** How a shard is doing; `problem` says why it is not ready. */
export type ShardStatus =
  | { state: "starting"; problem: NotReady }
  | { state: "standby"; problem: NotReady | null; holder: string }
  | { state: "leader"; problem: NotReady | null }
  | { state: "failed"; problem: NotReady }
  | { state: "stopped"; problem: null };

type Waiting = Exclude<ShardStatus, { state: "leader" }>;

export class ShardHost {
  readonly #shard: Shard;
  readonly #parts: GatewayParts;
  readonly #logger: Logger;
  #term: Term | null = null;
  #waiting: Waiting = {
    state: "starting",
    problem: { cause: "no-lease", says: "no lease yet" },
  };
  /** Causes that metrics have heard of. */
  readonly #causes = new Set<NotReadyCause>();

  constructor(parts: GatewayParts, shard: Shard) {
    this.#shard = shard;
    this.#logger = parts.logger.with({ shard: shard.join("/") });
    this.#parts = { ...parts, logger: this.#logger };
  }

  get status(): ShardStatus {
    return this.#term === null ? this.#waiting : { state: "leader", problem: this.#term.problem };
  }

  /** Serves until `signal` fires, and then until everything is handed over, or until Discord refuses for good. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#waiting.state !== "failed") {
      const lease = await this.#acquire(signal);
      if (lease !== null) await this.#serve(lease, signal);
    }
    if (this.#waiting.state !== "failed") this.#waiting = { state: "stopped", problem: null };
  }

  /** Brings the gauges up to date. */
  measure(): void {
    const { metrics } = this.#parts;
    const label = { shard: String(this.#shard[0]) };
    metrics.set("rig_gateway_connected", label, this.#term?.isConnected ? 1 : 0);
    metrics.set("rig_gateway_leader", label, this.#term === null ? 0 : 1);
    const cause = this.status.problem?.cause;
    if (cause) this.#causes.add(cause);
    for (const each of this.#causes)
      metrics.set("rig_gateway_not_ready", { ...label, cause: each }, each === cause ? 1 : 0);
    metrics.set("rig_gateway_unacked", label, this.#term?.unacked ?? 0);
    metrics.set("rig_gateway_lag_seconds", label, (this.#term?.lagMs ?? 0) / 1000);
  }

  /** Asks for the lease until it is granted; `null` when told to stop before. */
  async #acquire(signal: AbortSignal): Promise<{ grant: LeaseGrant; askedAt: number } | null> {
    const { bridge, gatewayId, now, random } = this.#parts;
    for (let failures = 0; !signal.aborted; ) {
      const askedAt = now();
      const answer = await bridge.lease({ gateway: gatewayId, shard: this.#shard });
      switch (answer.status) {
        case "granted":
          return { grant: answer.grant, askedAt };
        case "held":
          failures = 0;
          this.#standBy(answer.holder);
          await sleep(STANDBY_POLL_MS, signal);
          break;
        case "unauthorized":
        case "rejected":
          this.#report(answer);
          await sleep(SLOW_RETRY_MS, signal);
          break;
        case "unavailable":
          failures += 1;
          this.#report(answer);
          await sleep(boundedMs(answer.retryAfterMs ?? backoffMs(failures, random)), signal);
          break;
        default:
          answer satisfies never;
      }
    }
    return null;
  }

  #standBy(holder: string): void {
    if (this.#waiting.state !== "standby") this.#logger.log("info", "lease.standby", { holder });
    this.#waiting = { state: "standby", problem: null, holder };
  }

  #report({ status, message }: { status: string; message: string }): void {
    this.#logger.log(status === "unavailable" ? "warn" : "error", `worker.${status}`, { message });
    const problem = { cause: "worker", says: `Worker ${status}: ${message}` } as const;
    this.#waiting =
      this.#waiting.state === "standby" ? { ...this.#waiting, problem } : { state: "starting", problem };
  }

  async #serve(
    { grant, askedAt }: { grant: LeaseGrant; askedAt: number },
    signal: AbortSignal,
  ): Promise<void> {
    this.#logger.log("info", "lease.granted", { epoch: grant.epoch, resume: grant.resume !== null });
    const term = new Term(this.#parts, this.#shard, grant);
    this.#term = term;
    const drain = () => void term.drain(AbortSignal.timeout(DRAIN_MS));
    if (signal.aborted) drain();
    else {
      signal.addEventListener("abort", drain, { once: true });
      await term.start(askedAt);
    }
    const end = await term.ended;
    signal.removeEventListener("abort", drain);
    this.#term = null;
    this.#waiting = { state: "starting", problem: { cause: "no-lease", says: "no lease" } };
    if (typeof end === "object") {
      // Another gateway may have what this one lacks.
      await term.release();
      const cause = end.isTokenRefused ? "token-refused" : "fatal";
      this.#waiting = { state: "failed", problem: { cause, says: end.fatal } };
      this.#logger.log("error", "gateway.fatal", { message: end.fatal });
      return;
    }
    this.#logger.log(end === "stopped" ? "info" : "warn", "lease.ended", { why: end });
    await sleep(STANDBY_POLL_MS, signal);
  }
}
