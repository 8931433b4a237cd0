import type { Command, CommandReply } from "../../shared/commands/command.ts";
import type { Logger } from "../../shared/log.ts";
import { findAgent, findAgentIfAny } from "../agent/find-agent.ts";
import type { Env } from "../env.ts";
import type { FactReader } from "./agent/fact-reader.ts";
import { loadAgentParts } from "./agent/load-agent.ts";
import type { ProviderReader } from "./agent/provider-reader.ts";
import { turnMemory } from "./agent/turn-memory.ts";
import { countDecided } from "./engine/approvals.ts";
import { DEFAULT_DISPATCH, type Dispatch } from "./engine/batch.ts";
import { LiveText } from "./engine/live-text.ts";
import type { OpenTurn } from "./engine/open-turn.ts";
import { runTurn } from "./engine/run-turn.ts";
import type { SessionStore } from "./engine/store.ts";
import { isOpen } from "./engine/transitions.ts";
import type { AgentParts, SpendingGate, TurnContext } from "./engine/turn-context.ts";
import type { BegunTurn, Delivery, OutboxItem } from "./engine/turn-state.ts";
import type { JobTable } from "./parts/jobs/job-table.ts";
import type { JobHandler, Part } from "./parts/part.ts";
import type { SummaryStore } from "./parts/summary/summary-store.ts";
import type { ShownTurn, Surface } from "./surfaces/surface.ts";
import { BESIDE_TURN_MS, lookAgainAfter, tryAgainAfter, watchAfter } from "./watchdog.ts";

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

/** Works on one turn after the other, and sees to it that another instance does if this one dies. */
export class TurnWorker implements Part {
  readonly #rooms: TurnRooms;
  readonly #jobs: JobTable;
  readonly #log: Logger;
  readonly #parts: () => readonly Part[];
  readonly jobs: { watchdog: JobHandler };
  #running: TurnWork | undefined;
  /** When what is not this turn was last gone on with, in Unix milliseconds. */
  #resumedAt = 0;

  /** @param parts what else happens after each turn, and may be busy. */
  constructor(rooms: TurnRooms, jobs: JobTable, parts: () => readonly Part[], log: Logger) {
    this.#rooms = rooms;
    this.#jobs = jobs;
    this.#parts = parts;
    this.#log = log;
    this.jobs = { watchdog: (now) => this.#watch(now) };
  }

  /** The turn that this instance works on. */
  get turnId(): string | undefined {
    return this.#running?.turn.id;
  }

  /** The text that is being written for a turn, if this instance works on it. */
  live(turnId: string): LiveText | undefined {
    return this.turnId === turnId ? this.#running?.live : undefined;
  }

  recover(): void {
    this.#resumedAt = Date.now();
    this.showOthers();
    this.wake();
  }

  /** Starts on the next turn unless one is running. */
  wake(): void {
    if (this.#running) return;
    const { store, surfaces } = this.#rooms;
    const turn = store.takeTurn(this.dispatch(), Date.now());
    if (!turn) return;
    const { id, generation, message } = turn;
    const log = this.#log.with({ turn: id, generation, trace: message.eventId });
    for (const { eventId } of turn.messages.slice(0, -1)) log.log("info", "turn.joined", { trace: eventId });
    const work = new TurnWork(turn, this.#rooms, log);
    this.#running = work;
    work.show();
    this.#jobs.scheduleBy("watchdog", Date.now() + watchAfter(this.#interruptionsOf(turn)));
    for (const { turnId } of turn.messages) surfaces.changed?.(turnId);
    const over = this.#work(work).then((isOver) => this.#letGo(turn, isOver));
    void over.catch((error: unknown) => this.#log.log("error", "next.broke", { cause: causeOf(error) }));
  }

  /** Ends what runs: its journal has been taken from it. */
  stop(reason: string): void {
    this.#running?.stop(reason);
    if (!this.#running) this.wake();
  }

  /** Brings what is shown of turns that nobody works on to what it should be, now or when the watchdog rings. */
  showOthers(): void {
    const { surfaces } = this.#rooms;
    surfaces.resume?.();
    if (surfaces.isPending) this.#jobs.scheduleBy("watchdog", Date.now() + lookAgainAfter(0));
  }

  /** How waiting messages become turns; for an agent that is gone, as by default. */
  dispatch(): Dispatch {
    return findAgentIfAny(this.#rooms.agentId)?.character ?? DEFAULT_DISPATCH;
  }

  /** @returns whether the turn is over, or waits for people; `false` leaves it to the watchdog. */
  async #work(work: TurnWork): Promise<boolean> {
    const { turn, log } = work;
    try {
      await runTurn(turn, work);
      const { state, generation } = this.#rooms.store.turn(turn.id) ?? {};
      if (state && state !== "parked" && isOpen(state) && generation !== turn.generation) {
        log.log("warn", "turn.overtaken", { by: generation });
        return false;
      }
      this.showOthers();
      log.log("info", state === "parked" ? "turn.parked" : "turn.over", { state });
      return true;
    } catch (error) {
      if (work.signal.aborted) return true;
      log.log("error", "turn.broke", { cause: causeOf(error) });
      return false;
    } finally {
      work.end();
    }
  }

  #letGo(turn: OpenTurn, isOver: boolean): void {
    this.#running = undefined;
    for (const { turnId } of turn.messages.slice(0, -1)) this.#rooms.surfaces.changed?.(turnId);
    // A turn that broke stays open and is tried again by the watchdog, not at once: what broke it may pass.
    if (isOver) this.wake();
    else this.#jobs.putOff("watchdog", Date.now() + tryAgainAfter(this.#interruptionsOf(turn)));
    for (const part of this.#parts()) part.afterTurn?.(turn, isOver);
  }

  /** How often a turn was taken up because something had gone wrong; a decision is nothing of the kind. */
  #interruptionsOf({ id, generation }: OpenTurn): number {
    return generation === 1 ? 0 : generation - 1 - countDecided(this.#rooms.store.steps(id));
  }

  #watch(now: number): void {
    // What breaks the next turn must not silence the watchdog.
    let pause: number | undefined = lookAgainAfter(Number.POSITIVE_INFINITY);
    try {
      pause = this.#goOn(now);
    } finally {
      if (pause === undefined) this.#jobs.unschedule("watchdog");
      else this.#jobs.putOff("watchdog", now + pause);
    }
  }

  /** @returns milliseconds until the watchdog rings again; `undefined` when there is nothing that it has to see to. */
  #goOn(now: number): number | undefined {
    const { surfaces } = this.#rooms;
    if (!this.#running || now - this.#resumedAt >= BESIDE_TURN_MS) this.#resumeOthers(now);
    this.wake();
    if (this.#running) return watchAfter(this.#interruptionsOf(this.#running.turn));
    const isBusy = surfaces.isPending || this.#parts().some(({ isBusy }) => isBusy);
    return isBusy ? lookAgainAfter(now - (this.#jobs.plannedAt("watchdog") ?? now)) : undefined;
  }

  #resumeOthers(now: number): void {
    this.#resumedAt = now;
    this.#rooms.surfaces.resume?.();
    for (const part of this.#parts()) part.resume?.();
  }
}

/** The work of one instance on one turn: what the turn runs in, what it shows, and how it is stopped. */
class TurnWork implements TurnContext {
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

function causeOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
