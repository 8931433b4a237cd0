import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AgentHub, LEASE_MS } from "../../durable-objects/agent-hub/agent-hub.ts";
import { openDatabase } from "../../durable-objects/agent-hub/database.ts";
import { Ledger } from "../../durable-objects/agent-hub/ledger.ts";
import type { SpendRequest } from "../../durable-objects/contracts.ts";
import type { ProviderView } from "../../shared/chat/protocol.ts";
import { chatConversation } from "../../shared/session/name.ts";
import type { CallId, FinishedCall } from "../../shared/usage/call.ts";
import type { SpendView } from "../../shared/usage/spend.ts";
import { answerOf, Chat, modelRequests, request } from "./support.ts";

const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;
const NOON = Date.UTC(2031, 4, 10, 12);

/** Costs two millionths of a dollar per input token. */
const MODEL = "claude-sonnet-5-5";
const tokens = (inputTokens: number) => ({
  inputTokens,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
});

/** A hub that no other test knows. */
const newHub = () => env.AGENT_HUB.getByName(`hub-${crypto.randomUUID()}`);

const newCall = (): CallId => ({ turn: crypto.randomUUID(), step: 0, attempt: 1 });

const asking = (call: CallId, budget: SpendRequest["budget"], usd = 1): SpendRequest => ({
  ...call,
  usd,
  budget,
});

/** A call that cost `usd`, or nobody knows what. */
const over = (call: CallId, usd: number | null): FinishedCall => ({
  ...call,
  conversation: "chat:x",
  provider: "anthropic",
  model: MODEL,
  usage: usd === null ? null : tokens(usd * 500_000),
  at: Date.now(),
});

const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 20_000, interval: 50 });

/** A new month for agents whose hub all tests of this file share. */
let month = 0;
function nextMonth(): number {
  month++;
  const start = Date.UTC(2040, month, 1, 12);
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  return start;
}

/** The first answer of each provider loads its SDK, which takes seconds here. */
beforeAll(async () => {
  for (const provider of ["openai-api", "anthropic"]) {
    await switchTo("switcher", provider);
    await new Chat("switcher", `warm-up-${provider}`).send("[[say warm]]");
    await new Chat("switcher", `warm-up-${provider}`).settled(20_000);
  }
}, 45_000);

// On a busy machine a call's way from session to hub takes its time.
vi.setConfig({ testTimeout: 20_000 });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a hub", () => {
  it("counts a call once, however often and in whatever company it is reported", async () => {
    const hub = newHub();
    const [one, two] = [over(newCall(), 0.25), over(newCall(), 0.5)];
    await hub.settle([one]);
    await hub.settle([one, two, two]);
    await evictDurableObject(hub);
    await hub.settle([two, one]);
    expect(await hub.spent()).toMatchObject({ day: { usd: 0.75, calls: 2 }, month: { usd: 0.75, calls: 2 } });
  });

  it("adds up exactly what binary fractions do not", async () => {
    const hub = newHub();
    const calls = Array.from({ length: 30 }, () => over(newCall(), 0.1));
    await hub.settle(calls);
    expect((await hub.spent()).day.usd).toBe(3);
  });

  it("allows one more call below the ceiling, and none at it", async () => {
    const hub = newHub();
    const budget = { dailyUsd: 2 };
    expect(await hub.reserve(asking(newCall(), budget, 1.5))).toBeNull();
    const last = newCall();
    expect(await hub.reserve(asking(last, budget, 1.5))).toBeNull();
    expect(await hub.reserve(asking(newCall(), budget, 0.01))).toMatchObject({
      because: "reserved",
      period: "day",
      ceilingUsd: 2,
      spentUsd: 0,
    });
    await hub.settle([over(last, 0.25)]);
    expect(await hub.reserve(asking(newCall(), budget, 0.1))).toBeNull();
  });

  it("gives a call that asks again its own reservation, not a second one", async () => {
    const hub = newHub();
    const budget = { dailyUsd: 1.5 };
    const call = newCall();
    for (let time = 0; time < 3; time++) expect(await hub.reserve(asking(call, budget))).toBeNull();
    expect(await hub.reserve(asking(newCall(), budget))).toBeNull();
    expect(await hub.reserve(asking(newCall(), budget))).toMatchObject({ because: "reserved" });
    await hub.release(call);
    expect(await hub.reserve(asking(newCall(), budget))).toBeNull();
  });

  it("keeps reservation and spending over its own death between the two", async () => {
    const hub = newHub();
    const budget = { dailyUsd: 1 };
    const call = newCall();
    expect(await hub.reserve(asking(call, budget))).toBeNull();
    await abortAllDurableObjects();
    expect(await newStub(hub).reserve(asking(newCall(), budget))).toMatchObject({ because: "reserved" });
    await abortAllDurableObjects();
    await newStub(hub).settle([over(call, 0.5)]);
    await abortAllDurableObjects();
    expect((await newStub(hub).spent()).day.usd).toBe(0.5);
    expect(await newStub(hub).reserve(asking(newCall(), budget))).toBeNull();
  });

  it("lets go of a reservation that nobody settles, and still counts the call when it ends later", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const hub = newHub();
    const budget = { dailyUsd: 1 };
    const call = newCall();
    await hub.reserve(asking(call, budget));
    vi.setSystemTime(NOON + LEASE_MS - 1);
    expect(await hub.reserve(asking(newCall(), budget))).toMatchObject({ because: "reserved" });
    vi.setSystemTime(NOON + LEASE_MS);
    expect(await hub.reserve(asking(newCall(), budget, 0.1))).toBeNull();
    await hub.settle([over(call, null)]);
    expect((await hub.spent()).day).toMatchObject({ usd: 1, assumedUsd: 1, unpricedCalls: 1 });
  });

  it("asks the ceiling anew of a call whose reservation is over, for others may have taken its place", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const hub = newHub();
    const budget = { dailyUsd: 1 };
    const call = newCall();
    expect(await hub.reserve(asking(call, budget))).toBeNull();
    vi.setSystemTime(NOON + LEASE_MS);
    expect(await hub.reserve(asking(newCall(), budget))).toBeNull();
    expect(await hub.reserve(asking(call, budget))).toMatchObject({ because: "reserved" });
  });

  it("forgets no single call that D1 has not got, however old it is", async () => {
    const hub = newHub();
    const call = over(newCall(), 1);
    const [unwritten, written] = await runInDurableObject(hub, (_, { storage }) => {
      const ledger = new Ledger(storage, openDatabase(storage));
      ledger.settle([call]);
      ledger.forget(call.at + 1);
      const kept = ledger.unwritten("agent", 10);
      ledger.markWritten(kept);
      ledger.forget(call.at + 1);
      // It is known no longer, so it counts again.
      ledger.settle([call]);
      return [kept.length, ledger.spent(call.at).day.calls];
    });
    expect([unwritten, written]).toEqual([1, 2]);
  });

  it("takes a call of unknown usage for all that was set aside, and one of unknown price for a dear one", async () => {
    const hub = newHub();
    const [silent, unlisted] = [newCall(), newCall()];
    await hub.reserve(asking(silent, { dailyUsd: 100 }, 0.75));
    await hub.reserve(asking(unlisted, { dailyUsd: 100 }, 30));
    await hub.settle([over(silent, null), { ...over(unlisted, 0), model: "my-own", usage: tokens(100_000) }]);
    expect((await hub.spent()).day).toMatchObject({
      usd: 1.75,
      assumedUsd: 1.75,
      calls: 2,
      unpricedCalls: 2,
    });
  });

  it("assumes nothing about a call for which nothing was set aside", async () => {
    const hub = newHub();
    await hub.settle([over(newCall(), null), { ...over(newCall(), null), model: "demo" }]);
    expect((await hub.spent()).day).toMatchObject({ usd: 0, assumedUsd: 0, calls: 2, unpricedCalls: 1 });
  });

  it("begins each day and each month anew, in UTC", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2031, 4, 30, 23, 59, 59, 999) });
    const hub = newHub();
    const budget = { dailyUsd: 1, monthlyUsd: 1.5 };
    const late = over(newCall(), 1);
    await hub.settle([late]);
    const midnight = Date.UTC(2031, 4, 31);
    expect(await hub.reserve(asking(newCall(), budget))).toMatchObject({ period: "day", resetsAt: midnight });
    vi.setSystemTime(midnight);
    expect(await hub.spent()).toMatchObject({ day: { usd: 0 }, month: { usd: 1 } });
    const call = newCall();
    expect(await hub.reserve(asking(call, budget))).toBeNull();
    // It was over before midnight, whenever the hub hears of it.
    await hub.settle([{ ...over(call, 0.5), at: midnight - 1 }]);
    expect(await hub.spent()).toMatchObject({ day: { usd: 0 }, month: { usd: 1.5 } });
    const june = Date.UTC(2031, 5, 1);
    expect(await hub.reserve(asking(newCall(), budget))).toMatchObject({ period: "month", resetsAt: june });
    vi.setSystemTime(june);
    expect(await hub.spent()).toMatchObject({ day: { usd: 0, calls: 0 }, month: { usd: 0, calls: 0 } });
    expect(await hub.reserve(asking(newCall(), budget))).toBeNull();
  });

  it("tells the operator of a reached ceiling once, even when it dies, and anew on the next day", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const said = () => logged.mock.calls.flat().filter((line) => String(line).includes("budget.exhausted"));
    const hub = newHub();
    const budget = { dailyUsd: 1 };
    await hub.settle([over(newCall(), 1)]);
    for (let time = 0; time < 3; time++) await hub.reserve(asking(newCall(), budget));
    await evictDurableObject(hub);
    await hub.reserve(asking(newCall(), budget));
    expect(said()).toHaveLength(1);
    vi.setSystemTime(NOON + 86_400_000);
    await hub.settle([over(newCall(), 1)]);
    await hub.reserve(asking(newCall(), budget));
    expect(said()).toHaveLength(2);
  });
});

describe("a ceiling", () => {
  it("of less than two calls lets two of twenty conversations at once ask the model, and tells the others why", async () => {
    nextMonth();
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const word = marker();
    const chats = Array.from({ length: 20 }, () => new Chat("thrifty"));
    await Promise.all(chats.map((chat) => chat.send(`${word} [[hang]]`)));
    const refused = await vi.waitFor(
      async () => {
        const turns = (await Promise.all(chats.map((chat) => chat.turns()))).flat();
        const failed = turns.filter(({ state }) => state === "failed");
        expect(failed).toHaveLength(18);
        return failed;
      },
      { timeout: 20_000, interval: 50 },
    );
    for (const { notice, costUsd } of refused) {
      expect(notice).toMatch(/Thrifty's spending limit of \$0\.016 for today is taken up by answers/);
      expect(notice).toContain("It resets at 00:00 UTC (in about 12 hours).");
      expect(costUsd).toBeNull();
    }
    await eventually(async () => expect(await modelRequests(word)).toHaveLength(2));

    // What was stopped may have cost what it was allowed to: now the ceiling is reached.
    await Promise.all(chats.map((chat) => chat.stop()));
    await eventually(async () => expect((await spendOf("thrifty")).day.unpricedCalls).toBe(2));
    const turn = await new Chat("thrifty").ask(`${word} hello`);
    expect(turn).toMatchObject({ state: "failed" });
    expect(turn.notice).toMatch(/is reached, so the model was not asked/);
    await new Chat("thrifty").ask(`${word} hello`);
    expect(await modelRequests(word)).toHaveLength(2);
    const errors = logged.mock.calls.flat().map((line) => JSON.parse(String(line)) as { event: string });
    expect(errors.map(({ event }) => event)).toEqual(["budget.exhausted"]);
  });

  it("is no obstacle to answers that cost little, and to none on the next day", async () => {
    const start = nextMonth();
    const chat = new Chat("thrifty");
    for (const n of [1, 2, 3, 4])
      expect(await chat.ask(`[[say answer ${n}]]`)).toMatchObject({ state: "done" });
    await eventually(async () => expect((await spendOf("thrifty")).day.calls).toBe(4));
    const { day, month } = await spendOf("thrifty");
    const costs = (await chat.turns()).map(({ costUsd }) => costUsd ?? Number.NaN);
    expect(day.usd).toBeCloseTo(
      costs.reduce((sum, cost) => sum + cost),
      9,
    );
    expect(day).toMatchObject({ ceilingUsd: 0.016, assumedUsd: 0 });
    expect(month).toMatchObject({ ceilingUsd: 0.04, usd: day.usd });
    vi.setSystemTime(start + 86_400_000);
    expect((await spendOf("thrifty")).day.usd).toBe(0);
  });

  it("does not count a call that the API turned down", async () => {
    nextMonth();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const chat = new Chat("thrifty");
    for (let time = 0; time < 4; time++) expect((await chat.ask("[[status 400]]")).state).toBe("failed");
    expect((await chat.ask("[[say fine]]")).state).toBe("done");
    await eventually(async () => expect((await spendOf("thrifty")).day.calls).toBe(5));
    expect((await spendOf("thrifty")).day.assumedUsd).toBe(0);
  });

  it("counts a call that died with its instance, and the one that was made in its place", async () => {
    nextMonth();
    const chat = new Chat("thrifty");
    const word = marker();
    await chat.send(`${word} [[chunks 30]] [[slow 20]] [[say cut in the middle and begun again]]`);
    await chat.until(([first]) => (first ? answerOf(first) !== "" : false));
    await abortAllDurableObjects();
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "done" });
    await eventually(async () => expect((await spendOf("thrifty")).day.calls).toBe(2));
    const { day } = await spendOf("thrifty");
    expect(day.unpricedCalls).toBe(1);
    expect(day.assumedUsd).toBeGreaterThan(0.01);
    expect(day.usd).toBeGreaterThan(day.assumedUsd);
  });

  it("that is being checked can be stopped, and the model is not asked", async () => {
    nextMonth();
    const asked = vi.spyOn(AgentHub.prototype, "reserve").mockReturnValue(new Promise(() => {}));
    const released = vi.spyOn(AgentHub.prototype, "release");
    const chat = new Chat("thrifty");
    const word = marker();
    await chat.send(`${word} hello`);
    await eventually(() => expect(asked).toHaveBeenCalledTimes(1));
    expect(await chat.stop()).toBe(true);
    await eventually(() => expect(released).toHaveBeenCalledTimes(1));
    expect(await chat.settled()).toMatchObject([{ state: "cancelled", costUsd: null }]);
    expect(await modelRequests(word)).toHaveLength(0);
    asked.mockRestore();
    expect((await chat.ask("[[say next]]")).state).toBe("done");
  });

  it("that cannot be checked stands, and the user is told the truth", async () => {
    nextMonth();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = vi.spyOn(AgentHub.prototype, "reserve").mockRejectedValue(new Error("hub away"));
    const word = marker();
    const turn = await new Chat("thrifty").ask(`${word} hello`);
    expect(broken).toHaveBeenCalledTimes(2);
    expect(turn).toMatchObject({ state: "failed" });
    expect(turn.notice).toMatch(/cannot be checked right now/);
    expect(await modelRequests(word)).toHaveLength(0);
    broken.mockRestore();
    expect((await new Chat("thrifty").ask(`${word} hello`)).state).toBe("done");
  });
});

describe("an agent without a ceiling", () => {
  it("asks the hub for nothing before it answers", async () => {
    const reserve = vi.spyOn(AgentHub.prototype, "reserve");
    const provider = vi.spyOn(AgentHub.prototype, "chosen");
    expect((await new Chat().ask("[[say free]]")).state).toBe("done");
    expect(reserve).not.toHaveBeenCalled();
    expect(provider).not.toHaveBeenCalled();
  });

  it("answers while the hub is away, which hears of the call later", async () => {
    const chat = new Chat();
    const conversation = chatConversation(chat.id);
    const heard = () =>
      runInDurableObject(env.AGENT_HUB.getByName("tester"), (_, { storage }) =>
        storage.sql.exec("select conversation from calls where conversation = ?", conversation).toArray(),
      );
    const settle = AgentHub.prototype.settle;
    let refused = 0;
    // Others report late, too; theirs are none of this test's.
    vi.spyOn(AgentHub.prototype, "settle").mockImplementation(async function (this: AgentHub, calls) {
      if (calls.every((call) => call.conversation !== conversation)) return settle.call(this, calls);
      refused += 1;
      throw new Error("hub away");
    });
    expect((await chat.ask("[[say here anyway]]")).state).toBe("done");
    await eventually(() => expect(refused).toBe(2));
    expect(await heard()).toEqual([]);
    vi.restoreAllMocks();
    await abortAllDurableObjects();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_000 });
    expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
    await eventually(async () => expect(await heard()).toEqual([{ conversation }]));
  });
});

describe("the active provider", () => {
  it("is the character's own until a person switches, and the choice outlives the hub", async () => {
    expect(await providerOf("switcher")).toMatchObject({
      active: "anthropic",
      providers: [
        { name: "anthropic", ready: true },
        { name: "openai-api", ready: true },
        { name: "claude-cli", ready: false, note: expect.stringContaining("runner") },
      ],
    });
    expect((await new Chat("switcher").ask("[[say first]]")).provider).toBe("anthropic");
    const response = await switchTo("switcher", "OpenAI");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ active: "openai-api" });
    await evictDurableObject(env.AGENT_HUB.getByName("switcher"));
    expect((await providerOf("switcher")).active).toBe("openai-api");
    expect((await new Chat("switcher").ask("[[say second]]")).provider).toBe("openai-api");
    const agent = await (await request("/agents/switcher")).json<{ provider: ProviderView }>();
    expect(agent.provider.name).toBe("openai-api");
    const { agents } = await (await request("/agents")).json<{
      agents: { id: string; provider: ProviderView }[];
    }>();
    expect(agents.find(({ id }) => id === "switcher")?.provider.name).toBe("openai-api");
    await switchTo("switcher", "anthropic");
  });

  it("changes within seconds in a conversation that is under way", async () => {
    const chat = new Chat("switcher");
    expect((await chat.ask("[[say before]]")).provider).toBe("anthropic");
    await switchTo("switcher", "openai-api");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_000 });
    expect((await chat.ask("[[say after]]")).provider).toBe("openai-api");
    await switchTo("switcher", "anthropic");
  });

  it("is told to a page that connects", async () => {
    const chat = new Chat("switcher");
    await chat.ask("[[say before]]");
    await switchTo("switcher", "openai-api");
    const page = await chat.connect();
    const hello = await page.next((frame) => frame.type === "hello");
    expect(hello.provider.name).toBe("openai-api");
    await switchTo("switcher", "anthropic");
    page.send({ type: "sync" });
    await vi.waitFor(() => {
      const hellos = page.frames.filter((frame) => frame.type === "hello");
      expect(hellos.map(({ provider }) => provider.name)).toEqual(["openai-api", "anthropic"]);
    });
    page.socket.close();
  });

  it("is not replaced when it fails", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const word = marker();
    const turn = await new Chat("switcher").ask(`${word} [[status 401]]`);
    expect(turn).toMatchObject({ state: "failed", provider: "anthropic" });
    const paths = (await modelRequests(word)).map(({ path }) => path);
    expect(paths).toEqual(["/v1/messages"]);
    expect((await providerOf("switcher")).active).toBe("anthropic");
  });

  it("of a turn that has begun stays, whatever kills the instance and whoever switches", async () => {
    const chat = new Chat("switcher");
    const word = marker();
    await chat.send(`${word} [[tool get_echo_id {"id":"1"}]] [[chunks 30]] [[slow 20]]`);
    await eventually(async () => expect(await modelRequests(word)).toHaveLength(2));
    await switchTo("switcher", "openai-api");
    await abortAllDurableObjects();
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "done", provider: "anthropic" });
    await switchTo("switcher", "anthropic");
  });

  it.each([
    [
      "switcher",
      { provider: "claude" },
      409,
      "provider_not_ready",
      /runner.*anthropic \(ready\), openai-api \(ready\), claude-cli \(not ready\)/,
    ],
    [
      "switcher",
      { provider: "gemini" },
      422,
      "unknown_provider",
      /provider: found "gemini".*anthropic \(ready\)/,
    ],
    ["switcher", { provider: "demo" }, 422, "unknown_provider", /openai-api \(ready\)/],
    ["tester", { provider: "openai" }, 422, "unknown_provider", /: anthropic \(ready\)\./],
    ["switcher", { provider: "" }, 400, "invalid_body", /^provider: /],
    ["switcher", { provider: 7 }, 400, "invalid_body", /^provider: /],
    ["switcher", {}, 400, "invalid_body", /^provider: /],
    ["nobody", { provider: "anthropic" }, 404, "unknown_agent", /nobody/],
  ])("of %s cannot become %j: %i", async (agent, body, status, code, message) => {
    const response = await put(agent, body);
    expect(response.status).toBe(status);
    const { error } = await response.json<{ error: { code: string; message: string } }>();
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

/** A stub that knows nothing of the death of the object it leads to. */
function newStub(hub: DurableObjectStub<AgentHub>): DurableObjectStub<AgentHub> {
  return env.AGENT_HUB.get(hub.id);
}

async function spendOf(agent: string): Promise<SpendView> {
  return (await request(`/agents/${agent}/spend`)).json();
}

async function providerOf(agent: string): Promise<{ active: string; providers: ProviderView[] }> {
  return (await request(`/agents/${agent}/provider`)).json();
}

function switchTo(agent: string, provider: string): Promise<Response> {
  return put(agent, { provider });
}

function put(agent: string, body: unknown): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  return request(`/agents/${agent}/provider`, { method: "PUT", body: JSON.stringify(body), headers });
}
