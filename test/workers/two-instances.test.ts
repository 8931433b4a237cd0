import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { type CrashPoint, installCrashPoints } from "./crash-points.ts";
import type { Chat } from "./support.ts";
import { describeDeaths, expectOneCompleteAnswer, PATIENCE, sentByTools, Victim } from "./victim.ts";

/** Every write of a conversation that is not disturbed. */
let writes: string[] = [];

beforeAll(async () => {
  const takeAway = installCrashPoints();
  const undisturbed = new Victim([]);
  await undisturbed.begin();
  const isOver = (turns: TurnView[]) => turns.length === 2 && turns.every(({ finishedAt }) => finishedAt);
  await undisturbed.chat.until(isOver, PATIENCE);
  writes = undisturbed.fate.lives[0] ?? [];
  return takeAway;
}, 3 * PATIENCE);

/** Another instance over the same storage that goes on, as after any event, when the first comes to its planned death. */
async function letOvertake({ chat, fate }: Victim): Promise<void> {
  const other = await runInDurableObject(chat.stub, (_, state) => new ChannelSession(state, env));
  fate.overtake = () => void other.history();
}

/** How often a turn of the conversation was taken, at most. */
function generationsOf(chat: Chat): Promise<number> {
  return runInDurableObject(chat.stub, (_, { storage: { sql } }) =>
    Number(sql.exec("SELECT max(generation) AS most FROM turns").one().most),
  );
}

describe("a session of which an old instance lives while a new one has taken up its turn", () => {
  it("at any write answers each message once, whole and in order, and stores nothing more of the old one", {
    timeout: 60_000,
  }, async () => {
    const all = writes.flatMap((write) =>
      (["before", "after"] as const).map((side): CrashPoint => ({ write, side })),
    );
    const victims = all.map((point) => new Victim([point]));
    for (const victim of victims) await letOvertake(victim);
    await Promise.all(victims.map((victim) => victim.begin()));
    for (const { chat, deaths } of victims) {
      const isOver = (turns: TurnView[]) => turns.length === 2 && turns.every(({ finishedAt }) => finishedAt);
      await vi.waitFor(async () => expect(isOver(await chat.turns()), describeDeaths(deaths)).toBe(true), {
        timeout: PATIENCE,
      });
    }
    const requests = await sentByTools();
    for (const victim of victims) {
      const { fate, deaths } = victim;
      const story = describeDeaths(deaths);
      expect(fate.died, story).toBe(1);
      await expectOneCompleteAnswer(victim, requests);
      expect(
        fate.late.filter((write) => !write.endsWith(": FencedError")),
        story,
      ).toEqual([]);
    }
    for (const { chat, deaths } of victims)
      expect(
        await generationsOf(chat),
        `${describeDeaths(deaths)}: it leaves the turn alone`,
      ).toBeLessThanOrEqual(3);
    const wroteNoMore = victims.filter(({ fate }) => fate.late.length === 0);
    const points = wroteNoMore.flatMap(({ deaths }) => deaths.map(({ side, write }) => `${side} ${write}`));
    // Who has the answer asks whether the turn is still its own before it says anything, and finds that it is not.
    expect(points.filter((point) => !/ (accept|takeTurn) /.test(point)).sort()).toEqual(
      [1, 2].flatMap((turn) => [`after answer ${turn}`, `after finish ${turn}`]).sort(),
    );
  });
});
