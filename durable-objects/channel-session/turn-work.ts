import type { Command, CommandReply } from "../../shared/commands/command.ts";
import type { Logger } from "../../shared/log.ts";
import { findAgent, findAgentIfAny } from "../agent/find-agent.ts";
import type { Env } from "../env.ts";
import type { FactReader } from "./agent/fact-reader.ts";
import { loadAgentParts } from "./agent/load-agent.ts";
import type { ProviderReader } from "./agent/provider-reader.ts";
import { turnMemory } from "./agent/turn-memory.ts";
import { LiveText } from "./engine/live-text.ts";
import type { OpenTurn } from "./engine/open-turn.ts";
import type { SessionStore } from "./engine/store.ts";
import type { AgentParts, SpendingGate, TurnHost } from "./engine/turn-host.ts";
import type { BegunTurn, Delivery, OutboxItem } from "./engine/turn-state.ts";
import type { SummaryStore } from "./parts/summary/summary-store.ts";
import type { ShownTurn, Surface } from "./surfaces/surface.ts";

/** The rooms of a session that its turns use. */
export interface TurnRooms {
  env: Env;
  agentId: string;
  store: SessionStore;
  facts: FactReader;
  providers: ProviderReader;
  summaries: SummaryStore;
  spending: SpendingGate;
  surfaces: Surface;
}

/** The work of one instance on one turn: what the turn runs in, what it shows, and how it is stopped. */
export class TurnWork implements TurnHost {
  readonly turn: OpenTurn;
  readonly log: Logger;
  readonly live: LiveText;
  readonly #rooms: TurnRooms;
  readonly #controller = new AbortController();
  #shown: ShownTurn | undefined;

  constructor(turn: OpenTurn, rooms: TurnRooms, log: Logger) {
    this.turn = turn;
    this.#rooms = rooms;
    this.log = log;
    this.live = new LiveText({
      grew: (offset, text) => this.#shown?.grew(offset, text),
      changed: () => this.changed(),
    });
  }

  get store(): SessionStore {
    return this.#rooms.store;
  }

  get spending(): SpendingGate {
    return this.#rooms.spending;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get agentName(): string {
    const { agentId } = this.#rooms;
    return findAgentIfAny(agentId)?.character.name ?? agentId;
  }

  now(): number {
    return Date.now();
  }

  /** Shows the turn from here on. */
  show(): void {
    this.#shown = this.#rooms.surfaces.begin(begunTurn(this.turn));
  }

  changed(): void {
    this.#shown?.changed();
  }

  /** Shows no more of it. */
  end(): void {
    this.#shown?.end();
  }

  stop(reason: string): void {
    this.#controller.abort(new DOMException(reason, "AbortError"));
  }

  async agent(): Promise<AgentParts> {
    const { env, agentId, facts, providers, store } = this.#rooms;
    const { log } = this;
    const agent = findAgent(agentId);
    log.log("debug", "turn.agent", { revision: agent.revision });
    const user = this.turn.message.event.author.id;
    const memory = turnMemory({ agent, user, d1: env.DB, facts, log, now: Date.now });
    const begunWith = store.begunWith(this.turn);
    const provider = () => providers.read(agent, { now: Date.now(), begunWith }, log);
    return loadAgentParts(agent, env, { memory, provider });
  }

  async runCommand(command: Command): Promise<CommandReply> {
    // Rarely needed, so it is loaded when it is.
    const { runCommand } = await import("./parts/commands/run-command.ts");
    const { env, agentId } = this.#rooms;
    const { event, receivedAt: askedAt } = this.turn.message;
    const { log, now } = this;
    return runCommand(command, { env, agent: findAgent(agentId), event, askedAt, now, log });
  }

  summary(): string | undefined {
    return this.#rooms.summaries.current()?.text;
  }

  async deliver(item: OutboxItem): Promise<Delivery> {
    this.changed();
    if (!this.#shown) throw new Error(`turn ${item.turnId} is not shown`);
    return this.#shown.deliver(item);
  }
}

function begunTurn({ id, generation, messages }: OpenTurn): BegunTurn {
  return { id, generation, events: messages.map(({ event }) => event) };
}
