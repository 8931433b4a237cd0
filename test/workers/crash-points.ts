/**
 * Stages deaths of a session at an exact write of its journal, with nothing built into the product for it.
 *
 * Every method of {@link SessionStore} that is not known to read is taken for a write, so that a new one is a new crash
 * point. At its planned death an instance is cut off: that write (or everything after it) never reaches its storage, as
 * little as anything else it tries. What it has sent to models and tools by then stays sent. The test then kills it for good.
 *
 * Reports of finished calls are written by these same methods; what the hub has confirmed is deleted beside the turns, and
 * whatever is told twice counts once (agent-hub.test.ts).
 */
import { InboxStore } from "../../durable-objects/channel-session/engine/inbox-store.ts";
import { SessionStore } from "../../durable-objects/channel-session/engine/store.ts";

/** A place to die at. `write`: `<method> <nth call of it>` or `write <n>`, counted from 1 in each instance. */
export interface CrashPoint {
  write: string;
  /** Whether this write itself is still stored. */
  side: "before" | "after";
}

/** Methods that change nothing, or are none of a turn's. */
const READS = ["constructor", "heldState", "purge"];

/** The writes of a turn. */
export const WRITES = [InboxStore.prototype, SessionStore.prototype]
  .flatMap((store) => Object.getOwnPropertyNames(store))
  .filter((name) => !READS.includes(name));

/** What happened to one conversation. */
export interface Fate {
  /** Where its first instance dies, its second, and so on. */
  deaths: readonly CrashPoint[];
  /** Writes of each instance so far, as {@link CrashPoint.write} names them. */
  lives: string[][];
  /** Instances that were cut off, or overtaken. */
  died: number;
  /**
   * Has another instance go on at the planned death, at once, while this one lives and goes on too. Instances are cut off where
   * there is none.
   */
  overtake?: () => void;
  /** What became of each write by an overtaken instance of the turn that it had: `<write>: <name of the error, or stored>`. */
  late: string[];
}

/** One instance. */
interface Life {
  fate: Fate;
  /** Its planned death, if any. */
  death: CrashPoint | undefined;
  writes: string[];
  isCutOff: boolean;
  /** The turn that it worked on when it was overtaken. */
  lost?: unknown;
}

class CutOff extends Error {
  override readonly name = "CutOff";
}

const fates = new Map<string, Fate>();
const lives = new WeakMap<SessionStore, Life>();

/** Plans the deaths of the conversation whose first message has the id `firstMessage`. */
export function planFate(firstMessage: string, deaths: readonly CrashPoint[]): Fate {
  const fate: Fate = { deaths, lives: [], died: 0, late: [] };
  fates.set(`chat:${firstMessage}`, fate);
  return fate;
}

/** Puts the crash points in place, for all sessions from here on. @returns what takes them away again */
export function installCrashPoints(): () => void {
  const undo: (() => void)[] = [];
  const methods = SessionStore.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of WRITES) {
    const write = methods[name];
    if (!write) throw new Error(`SessionStore has no ${name}`);
    methods[name] = function (this: SessionStore, ...args: unknown[]) {
      const life = lifeOf(this, args[0]);
      return life ? reach(life, name, args[0], () => write.apply(this, args)) : write.apply(this, args);
    };
    undo.push(() => {
      methods[name] = write;
    });
  }
  return () => {
    for (const takeBack of undo) takeBack();
  };
}

function lifeOf(store: SessionStore, argument: unknown): Life | undefined {
  const known = lives.get(store);
  if (known) return known;
  const first =
    store.recentMessages({ limit: 1_000, since: 0 })[0]?.eventId ??
    (argument as { id?: string } | undefined)?.id;
  const fate = fates.get(first ?? "");
  if (!fate) return undefined;
  const writes: string[] = [];
  const life: Life = { fate, death: fate.deaths[fate.lives.length], writes, isCutOff: false };
  fate.lives.push(writes);
  lives.set(store, life);
  return life;
}

function reach(life: Life, method: string, turn: unknown, write: () => unknown): unknown {
  if (life.isCutOff) throw new CutOff();
  const earlier = life.writes.filter((name) => name.startsWith(`${method} `)).length;
  const name = `${method} ${earlier + 1}`;
  life.writes.push(name);
  const isHere = life.death?.write === name || life.death?.write === `write ${life.writes.length}`;
  if (isHere && life.death?.side === "before") end(life, turn);
  const result = life.lost !== undefined && turn === life.lost ? writeLate(life, name, write) : write();
  if (isHere && life.death?.side === "after") end(life, method === "takeTurn" ? result : turn);
  return result;
}

function writeLate({ fate }: Life, name: string, write: () => unknown): unknown {
  try {
    const result = write();
    fate.late.push(`${name}: stored`);
    return result;
  } catch (error) {
    fate.late.push(`${name}: ${error instanceof Error ? error.name : String(error)}`);
    throw error;
  }
}

/** Whether a write's first argument is a turn that its instance works on. */
function isHeld(turn: unknown): boolean {
  return typeof turn === "object" && turn !== null && "generation" in turn;
}

function end(life: Life, turn: unknown): void {
  const { fate, death } = life;
  fate.died += 1;
  if (fate.overtake) {
    if (isHeld(turn)) life.lost = turn;
    fate.overtake();
    return;
  }
  life.isCutOff = true;
  throw new CutOff(`dies ${death?.side} ${death?.write}`);
}
