import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AgentHub } from "../../durable-objects/agent-hub/agent-hub.ts";
import type { SpendView } from "../../shared/usage/spend.ts";
import { answerOf, Chat, modelRequests, request } from "./support.ts";

/** The summary of a turn without tools is its second step. */
const SUMMARY_STEP = 1;

const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;
const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 10_000, interval: 50 });

let month = 0;

beforeEach(() => {
  month++;
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2050, month, 1, 12) });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function spentToday(agent: string): Promise<SpendView["day"]> {
  const { day } = await (await request(`/agents/${agent}/spend`)).json<SpendView>();
  return day;
}

/** Asks as many questions as it takes until the oldest no longer fit; `sixth` is a part of the sixth. */
async function outgrow(chat: Chat, word: string, sixth = ""): Promise<void> {
  for (let n = 1; n <= 11; n++) {
    const turn = await chat.ask(`${word} question ${n}. [[say answer ${n}]] ${n === 6 ? sixth : ""}`);
    expect(turn.state).toBe("done");
  }
}

async function summariesOf(word: string): Promise<unknown[]> {
  const requests = await modelRequests(word);
  return requests.filter(({ body }) => JSON.stringify(body).includes("You keep the memory"));
}

describe("the call for a summary", { timeout: 40_000 }, () => {
  it("is reserved, and counted with the calls of the answers", async () => {
    const reserve = vi.spyOn(AgentHub.prototype, "reserve");
    const [chat, word] = [new Chat("thrifty"), marker()];
    await outgrow(chat, word);
    await eventually(async () => expect((await spentToday("thrifty")).calls).toBe(12));
    expect(await spentToday("thrifty")).toMatchObject({ assumedUsd: 0, unpricedCalls: 0 });
    expect(reserve.mock.calls.filter(([{ step }]) => step === SUMMARY_STEP)).toHaveLength(1);
  });

  it("is not made when the ceiling stands against it, nor asked for again before the next turn", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const reserve = AgentHub.prototype.reserve;
    const refusing = vi.spyOn(AgentHub.prototype, "reserve").mockImplementation(async function (
      this: AgentHub,
      asking,
      finished = [],
    ) {
      if (asking.step !== SUMMARY_STEP) return reserve.call(this, asking, finished);
      await this.settle(finished);
      return { period: "day", ceilingUsd: 1, spentUsd: 1, because: "reserved", resetsAt: 0 };
    });
    const [chat, word] = [new Chat("thrifty"), marker()];
    await outgrow(chat, word);
    await eventually(() => expect(warned.mock.calls.flat().join()).toContain("summary.skipped"));
    const asked = refusing.mock.calls.length;
    await eventually(async () => expect((await spentToday("thrifty")).calls).toBe(11));
    vi.setSystemTime(Date.now() + 31_000);
    expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
    const jobs = await runInDurableObject(chat.stub, (_, { storage }) =>
      storage.sql.exec("SELECT kind FROM jobs").toArray(),
    );
    expect(jobs).not.toContainEqual({ kind: "watchdog" });
    expect(refusing).toHaveBeenCalledTimes(asked);
    expect(await summariesOf(word)).toEqual([]);
    refusing.mockRestore();
    expect((await chat.ask(`${word} more [[say more]]`)).state).toBe("done");
    await eventually(async () => expect(await summariesOf(word)).toHaveLength(1));
    await eventually(async () => expect((await spentToday("thrifty")).calls).toBe(13));
  });

  it("is counted when it died with its instance, and when its turn is forgotten before it ends", async () => {
    const [chat, word] = [new Chat("tester"), marker()];
    await outgrow(chat, word, "[[chunks 30]] [[slow 50]] [[say the slow summary]]");
    await eventually(async () => expect(await summariesOf(word)).toHaveLength(1));
    await abortAllDurableObjects();
    vi.setSystemTime(Date.now() + 31_000);
    expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
    await eventually(async () => expect(await summariesOf(word)).toHaveLength(2));
    await runInDurableObject(chat.stub, (session: { reset(): void }) => session.reset());
    await eventually(async () =>
      expect(await spentToday("tester")).toMatchObject({ calls: 13, unpricedCalls: 2 }),
    );
  });
});

describe("a call whose stream breaks off and is begun anew", { timeout: 40_000 }, () => {
  it("is reserved and counted again", async () => {
    const reserve = vi.spyOn(AgentHub.prototype, "reserve");
    const [chat, word] = [new Chat("thrifty"), marker()];
    const turn = await chat.ask(`${word} [[cut once]] [[chunks 5]] [[say whole in the end]]`);
    expect(answerOf(turn)).toBe("whole in the end");
    expect(reserve.mock.calls.map(([{ attempt }]) => attempt)).toEqual([1, 2]);
    await eventually(async () =>
      expect(await spentToday("thrifty")).toMatchObject({ calls: 2, unpricedCalls: 1 }),
    );
  });

  it("is not begun anew when that would exceed the ceiling", async () => {
    const [chat, word] = [new Chat("thrifty"), marker()];
    const turn = await chat.ask(`${word} [[cut]] [[chunks 5]] [[say never]]`);
    expect(turn.state).toBe("failed");
    expect(turn.notice).toMatch(/spending limit of \$0\.016 for today is reached/);
    expect(await modelRequests(word)).toHaveLength(2);
    expect((await spentToday("thrifty")).usd).toBeLessThan(0.016 + 0.012);
  });
});
