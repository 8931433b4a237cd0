/** Carries out what the plan says goes wrong. Faults that last may overlap, as misfortunes do. */
import { setTimeout as delay } from "node:timers/promises";
import type { DiscordStage } from "../../support/discord-stage.ts";
import type { GatewayProcess } from "../../support/gateway-process.ts";
import type { Fault, Plan } from "./plan.ts";

export class FaultRunner implements AsyncDisposable {
  readonly #stage: DiscordStage;
  readonly #counts = new Map<Fault["kind"], number>();
  #gateways: GatewayProcess[] = [];
  #started = 0;

  constructor(stage: DiscordStage) {
    this.#stage = stage;
  }

  startGateway(): GatewayProcess {
    this.#started += 1;
    const gateway = this.#stage.startGateway(`gateway-${this.#started}`);
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Resolves when the last fault is over and everything works again. */
  async run(faults: Plan["faults"], start: number): Promise<void> {
    const lasting: Promise<void>[] = [];
    for (const { at, fault } of faults) {
      await delay(Math.max(0, start + at - performance.now()));
      this.#counts.set(fault.kind, (this.#counts.get(fault.kind) ?? 0) + 1);
      lasting.push(this.#happen(fault));
    }
    await Promise.all(lasting);
    this.#stage.discord.faults.clear();
  }

  /** What happened how often. */
  summary(): string {
    return [...this.#counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
  }

  async #happen(fault: Fault): Promise<void> {
    const { discord, proxy, worker } = this.#stage;
    switch (fault.kind) {
      case "gateway-kill":
        return this.#replaceGateways(fault.downFor);
      case "worker-kill":
        return worker.kill();
      case "socket-drop":
        return discord.faults.dropSockets();
      case "session-lost":
        return discord.faults.invalidateSessions({ resumable: false });
      case "session-expired":
        await this.#killGateways();
        discord.faults.expireSessions();
        await delay(fault.downFor);
        this.startGateway();
        return;
      case "worker-unreachable":
        proxy.faults.unreachable = true;
        await delay(fault.for);
        proxy.faults.unreachable = false;
        return;
      case "rest-trouble":
        discord.faults.rest({ name: "rest-trouble: 500", kind: "status", status: 500, share: 0.2 });
        discord.faults.rest({ name: "rest-trouble: 429", kind: "rate-limit", retryAfterMs: 700, share: 0.1 });
        discord.faults.rest({ name: "rest-trouble: answer lost", kind: "lose-response", share: 0.2 });
        await delay(fault.for);
        discord.faults.clear();
        return;
      case "batch-trouble":
        Object.assign(proxy.faults, { replay: 0.5, loseAnswer: 0.3 });
        await delay(fault.for);
        Object.assign(proxy.faults, { replay: 0, loseAnswer: 0 });
        return;
      case "second-gateway": {
        const second = this.startGateway();
        await delay(fault.for);
        this.#gateways = this.#gateways.filter((gateway) => gateway !== second);
        await second.terminate();
        if (this.#gateways.length === 0) this.startGateway();
        return;
      }
      default:
        return fault satisfies never;
    }
  }

  async #replaceGateways(downFor: number): Promise<void> {
    await this.#killGateways();
    await delay(downFor);
    if (this.#gateways.length === 0) this.startGateway();
  }

  async #killGateways(): Promise<void> {
    const victims = this.#gateways;
    this.#gateways = [];
    await Promise.all(victims.map((gateway) => gateway.kill()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#killGateways();
  }
}
