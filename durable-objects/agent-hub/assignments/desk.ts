/** One agent's desk: at most one assignment lies on it. */
import {
  assignmentConversation,
  assignmentEvent,
  assignmentEventId,
} from "../../../shared/assignment/assignment.ts";
import type { Agent } from "../../../shared/character/registry.ts";
import { type SecretReader, secretReader } from "../../../shared/character/secrets.ts";
import type { AssignmentsSection } from "../../../shared/character/sections/assignments.ts";
import type { Logger } from "../../../shared/log.ts";
import { sessionName } from "../../../shared/session/name.ts";
import { postedTarget } from "../../../shared/session/posted-target.ts";
import { conductorOf, rigAgentId } from "../../agent/conductor-of.ts";
import { findAgentIfAny } from "../../agent/find-agent.ts";
import { connectRedis } from "../../clients/redis.ts";
import type { Env } from "../../env.ts";
import { ConductorSource } from "./conductor-source.ts";
import { RedisSource } from "./redis-source.ts";
import type { AssignmentSource, Claimed, WorkEnd } from "./source.ts";

/** Most assignments that are finished and taken one after another without a pause until the next tick. */
const MAX_ROUNDS = 20;
/** How often the same attempt may be given anew before something must be wrong with whoever gives it. */
const MAX_AGAIN = 5;

/** What lies on the desk; stored as it is. */
export interface DeskEntry extends Claimed {
  source: AssignmentsSection["source"];
  /** The turn that answers its event, once the session has it. */
  turn: string | null;
}

/** The storage of the one entry. */
export interface DeskStore {
  read(): DeskEntry | null;
  write(entry: DeskEntry | null): void;
}

export interface DeskParts {
  env: Env;
  agentId: string;
  store: DeskStore;
  log: Logger;
}

/**
 * Takes an agent's assignments one after another. The entry is stored before its session hears of it, under an id by which
 * the session knows it, and goes only when its source has heard of the end: whoever dies in between goes on from there.
 */
export class AssignmentDesk {
  readonly #parts: DeskParts;
  /** Its client is made once. */
  readonly #sources = new Map<AssignmentsSection["source"], AssignmentSource>();
  #isWorking = false;
  /** Somebody has woken the desk while it was busy: what it has looked at may be old. */
  #isWokenAgain = false;
  /** What was logged last, so that an outage is told once. */
  #trouble: string | null = null;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** What the agent works on. */
  current(): DeskEntry | null {
    return this.#parts.store.read();
  }

  /** Does what there is to do. What goes wrong is logged, and tried again when it is woken the next time; it never throws. */
  async wake(): Promise<void> {
    this.#isWokenAgain = this.#isWorking;
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      let rounds = 0;
      do {
        this.#isWokenAgain = false;
        while (rounds++ < MAX_ROUNDS && (await this.#round()));
      } while (this.#isWokenAgain && rounds < MAX_ROUNDS);
      this.#trouble = null;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      const trace = this.current()?.eventId;
      if (cause !== this.#trouble) this.#parts.log.log("warn", "assignments.trouble", { trace, cause });
      this.#trouble = cause;
    } finally {
      this.#isWorking = false;
    }
  }

  /** @returns whether there may be more to do. */
  async #round(): Promise<boolean> {
    const agent = findAgentIfAny(this.#parts.agentId);
    if (!agent) return false;
    const entry = this.current() ?? (await this.#take(agent));
    return entry !== null && this.#goOn(agent, entry);
  }

  async #take(agent: Agent): Promise<DeskEntry | null> {
    const section = agent.character.assignments;
    if (!section) return null;
    const assignment = await (await this.#source(agent, section)).next();
    if (!assignment) return null;
    for (let again = 0; again < MAX_AGAIN; again++) {
      const eventId = assignmentEventId(assignment, again);
      if (isOver((await this.#session({ assignment }).turnOf(eventId))?.state)) continue;
      const entry: DeskEntry = { source: section.source, eventId, assignment, turn: null };
      this.#parts.store.write(entry);
      this.#parts.log.log("info", "assignment.taken", { trace: eventId });
      return entry;
    }
    throw new Error(`${assignmentEventId(assignment)} was worked on ${MAX_AGAIN} times and is given again`);
  }

  async #goOn(agent: Agent, entry: DeskEntry): Promise<boolean> {
    const source = await this.#source(agent, { source: entry.source });
    const { log, store } = this.#parts;
    if (entry.turn === null) {
      const refusal = await source.begin(entry);
      if (refusal !== null) {
        log.log("warn", "assignment.refused", { trace: entry.eventId, cause: refusal });
        await this.#clear(source, entry, undefined);
        // Whoever gives what may not be begun would give it again.
        return false;
      }
      const target = postedTarget(
        agent.character.assignments ?? {},
        { section: "assignments" },
        this.#secret(),
      );
      const event = assignmentEvent(entry.eventId, entry.assignment, target);
      const receipt = await this.#session(entry).accept(event);
      if (receipt.status === "busy") return false;
      store.write({ ...entry, turn: receipt.turn });
    }
    const state = (await this.#session(entry).turnOf(entry.eventId))?.state;
    if (state === undefined || isOver(state)) {
      log.log(state === "done" ? "info" : "warn", "assignment.over", { trace: entry.eventId, state });
      await this.#clear(source, entry, state);
      return true;
    }
    await source.keep(entry);
    return false;
  }

  async #clear(source: AssignmentSource, entry: DeskEntry, end: WorkEnd): Promise<void> {
    await source.finish(entry, end);
    this.#parts.store.write(null);
  }

  async #source(agent: Agent, { source }: Pick<AssignmentsSection, "source">): Promise<AssignmentSource> {
    const known = this.#sources.get(source);
    if (known) return known;
    const made = await this.#connect(agent, source);
    this.#sources.set(source, made);
    return made;
  }

  async #connect(agent: Agent, source: DeskEntry["source"]): Promise<AssignmentSource> {
    switch (source) {
      case "conductor":
        return this.#conductor(agent);
      case "redis":
        return this.#redis(agent);
      default:
        return source satisfies never;
    }
  }

  #conductor(agent: Agent): ConductorSource {
    return new ConductorSource(conductorOf(agent, this.#parts.env), rigAgentId(agent, this.#secret()));
  }

  async #redis(agent: Agent): Promise<RedisSource> {
    const secret = this.#secret();
    return new RedisSource({
      redis: await connectRedis(agent.id, secret),
      agentId: rigAgentId(agent, secret),
      consumer: `rig-edge:${agent.id}`,
      reclaimAfterMs: (agent.character.assignments?.reclaimAfterSeconds ?? 0) * 1000,
      // The conductor that filled the stream; this Worker's own knows nothing of it.
      reports: secret("CONDUCTOR_BASE_URL") === undefined ? null : this.#conductor(agent),
    });
  }

  #secret(): SecretReader {
    return secretReader({ ...this.#parts.env }, this.#parts.agentId);
  }

  #session({ assignment }: Pick<Claimed, "assignment">) {
    const conversation = assignmentConversation(assignment);
    const { env, agentId } = this.#parts;
    return env.CHANNEL_SESSION.getByName(sessionName({ agent: agentId, conversation }));
  }
}

function isOver(state: WorkEnd): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
