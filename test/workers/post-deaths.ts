/** Instances that die at their record of what they have posted in Discord. */
import { expect, vi } from "vitest";
import { PostStore } from "../../durable-objects/channel-session/surfaces/discord/post-store.ts";

export interface Death {
  /** Counted from 1. */
  write: number;
  side: "before" | "after";
}

export interface Deaths {
  plan(death: Death | null): void;
  readonly isDead: boolean;
  readonly writes: number;
}

/** Cuts an instance off at a write of its record of posts: nothing that it tries to write of them later is stored. */
export function installDeaths(): Deaths {
  let planned: Death | null = null;
  let [writes, isDead] = [0, false];
  for (const method of [
    "beginCreate",
    "beginAgain",
    "beginEdit",
    "confirm",
    "lose",
    "move",
    "remove",
  ] as const) {
    const write = PostStore.prototype[method] as (...args: unknown[]) => void;
    vi.spyOn(PostStore.prototype, method).mockImplementation(function (this: PostStore, ...args: unknown[]) {
      if (isDead) throw new Error("is dead");
      writes += 1;
      const isHere = planned?.write === writes;
      if (!isHere || planned?.side === "after") write.apply(this, args);
      if (!isHere) return;
      isDead = true;
      throw new Error("dies here");
    });
  }
  return {
    plan: (death) => {
      planned = death;
      [writes, isDead] = [0, false];
    },
    get isDead() {
      return isDead;
    },
    get writes() {
      return writes;
    },
  };
}

/** An answer as it stands in Discord in the end, and the writes that its instance made before it died, or ended. */
interface Ended<T> {
  parts: T;
  writes: number;
}

/**
 * Lets an instance die before and after each write of its record: what stands in Discord in the end is what stands there
 * undisturbed.
 *
 * @param answer lets it answer and die as planned, and come back
 * @param leastWrites an undisturbed one makes, or the places to die at are not those that are meant
 * @returns what stands there
 */
export async function expectSameWhereverItDies<T>(
  answer: (death: Death | null) => Promise<Ended<T>>,
  leastWrites: number,
): Promise<T> {
  const undisturbed = await answer(null);
  expect(undisturbed.writes).toBeGreaterThanOrEqual(leastWrites);
  for (let write = 1; write <= undisturbed.writes; write++)
    for (const side of ["before", "after"] as const) {
      const { parts } = await answer({ write, side });
      expect(parts, `dies ${side} write ${write}`).toEqual(undisturbed.parts);
    }
  return undisturbed.parts;
}
