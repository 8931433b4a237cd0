import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { UsageSum } from "../../d1/usage.ts";
import type { FinishedCall } from "../../shared/usage/call.ts";
import { anonymous, Chat, request } from "./support.ts";

const NOON = Date.UTC(2031, 4, 10, 12);
const DAY = 86_400_000;

/** Names an agent that no other test knows. */
const newAgent = () => `agent-${crypto.randomUUID()}`;

/** A call of 1,000 tokens in and 100 out. */
const over = (call: Partial<FinishedCall> = {}): FinishedCall => ({
  turn: crypto.randomUUID(),
  step: 0,
  attempt: 1,
  conversation: "chat:x",
  provider: "anthropic",
  model: "claude-sonnet-5-5",
  usage: { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 10, cacheWriteTokens: 20 },
  at: NOON,
  ...call,
});

const hubOf = (agent: string) => env.AGENT_HUB.getByName(agent);

async function usageOf(query: string): Promise<UsageSum[]> {
  const response = await request(`/usage?${query}`);
  expect(response.status).toBe(200);
  return (await response.json<{ usage: UsageSum[] }>()).usage;
}

const ledgerOf = (agent: string) => usageOf(`agent=${agent}&from=2031-01-01&to=2031-12-31&by=agent`);

// On a busy machine a call's way from session to hub takes its time.
vi.setConfig({ testTimeout: 20_000 });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the ledger", () => {
  it("gets each call of a turn, with its tokens and its price", async () => {
    const [before] = await usageOf("agent=tester&by=model");
    const turn = await new Chat().ask('[[tool get_echo_id {"id":"1"}]]');
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(hubOf("tester"));
        const [now] = await usageOf("agent=tester&by=model");
        expect(now?.calls).toBe((before?.calls ?? 0) + 2);
        expect(now?.usd).toBeCloseTo((before?.usd ?? 0) + (turn.costUsd ?? Number.NaN), 9);
        expect(now?.outputTokens).toBe(
          (before?.outputTokens ?? 0) + (turn.usage?.outputTokens ?? Number.NaN),
        );
      },
      { timeout: 20_000 },
    );
    const row = await env.DB.prepare("SELECT * FROM usage WHERE turn = ? ORDER BY step").bind(turn.id).all();
    expect(row.results).toMatchObject([
      { agent: "tester", step: 0, attempt: 1, provider: "anthropic", model: turn.model },
      { agent: "tester", step: 2, attempt: 1, provider: "anthropic", model: turn.model },
    ]);
  });

  it("loses no call while D1 fails, and has each once when it is back", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const agent = newAgent();
    const hub = hubOf(agent);
    const calls = Array.from({ length: 120 }, () => over());
    await env.DB.exec("ALTER TABLE usage RENAME TO away");
    try {
      await hub.settle(calls.slice(0, 70));
      expect(await runDurableObjectAlarm(hub)).toBe(true);
      await abortAllDurableObjects();
      await hubOf(agent).settle(calls.slice(60));
      expect(await runDurableObjectAlarm(hubOf(agent))).toBe(true);
    } finally {
      await env.DB.exec("ALTER TABLE away RENAME TO usage");
    }
    expect(warned.mock.calls.flat().join()).toContain("usage.unwritten");
    expect(await ledgerOf(agent)).toEqual([]);
    expect(await runDurableObjectAlarm(hubOf(agent))).toBe(true);
    expect(await ledgerOf(agent)).toMatchObject([{ agent, calls: 120, inputTokens: 120_000, usd: 0.36612 }]);
    expect(await runDurableObjectAlarm(hubOf(agent))).toBe(false);
  });

  it("has a call once that the hub wrote and did not live to remember", async () => {
    const agent = newAgent();
    const call = over();
    await env.DB.prepare(
      "INSERT INTO usage (turn, step, attempt, agent, conversation, provider, model, input_tokens, usd, at) VALUES (?, 0, 1, ?, 'chat:x', 'anthropic', 'm', 7, 0.5, ?)",
    )
      .bind(call.turn, agent, NOON)
      .run();
    await hubOf(agent).settle([call]);
    await runDurableObjectAlarm(hubOf(agent));
    expect(await ledgerOf(agent)).toMatchObject([{ calls: 1, inputTokens: 7, usd: 0.5 }]);
  });

  it("forgets no call by itself, though the hub does after a while", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const agent = newAgent();
    await hubOf(agent).settle([over()]);
    await runDurableObjectAlarm(hubOf(agent));
    vi.setSystemTime(NOON + 8 * DAY);
    await hubOf(agent).settle([over({ at: NOON + 8 * DAY })]);
    await runDurableObjectAlarm(hubOf(agent));
    expect(await ledgerOf(agent)).toMatchObject([{ calls: 2 }]);
    expect((await hubOf(agent).spent()).month.calls).toBe(2);
  });
});

describe("sums of usage", () => {
  const agent = newAgent();
  const fill = async () => {
    await hubOf(agent).settle([
      over(),
      over({ at: NOON + DAY }),
      over({ at: NOON + DAY, model: "gpt-4o", usage: null }),
      over({ at: NOON + DAY, model: "my-own" }),
    ]);
    await runDurableObjectAlarm(hubOf(agent));
  };
  const range = `agent=${agent}&from=2031-05-01&to=2031-05-31`;

  it("are by agent, model and day, in the order that was asked for", async () => {
    await fill();
    expect(await usageOf(range)).toEqual([
      { agent, model: "claude-sonnet-5-5", day: "2031-05-10", ...sums(1, 1) },
      { agent, model: "claude-sonnet-5-5", day: "2031-05-11", ...sums(1, 1) },
      { agent, model: "gpt-4o", day: "2031-05-11", ...sums(0, 0, 1) },
      { agent, model: "my-own", day: "2031-05-11", ...sums(1, 0, 1) },
    ]);
    expect(await usageOf(`${range}&by=day`)).toEqual([
      { day: "2031-05-10", ...sums(1, 1) },
      { day: "2031-05-11", ...sums(2, 1, 2) },
    ]);
    expect(Object.keys((await usageOf(`${range}&by=day,agent`))[0] ?? {}).slice(0, 2)).toEqual([
      "day",
      "agent",
    ]);
  });

  it("are limited to a model and to days, the last one included", async () => {
    expect(await usageOf(`${range}&by=agent&model=my-own`)).toEqual([{ agent, ...sums(1, 0, 1) }]);
    expect(await usageOf(`agent=${agent}&from=2031-05-10&to=2031-05-10&by=agent`)).toEqual([
      { agent, ...sums(1, 1) },
    ]);
    expect(await usageOf(`agent=${agent}&from=2031-05-12&to=2031-05-31`)).toEqual([]);
  });

  it("reach back thirty days when nobody says how far, and are also served as /api/usage", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON + 30 * DAY });
    const response = await request(`/api/usage?agent=${agent}&by=day`);
    expect(await response.json()).toEqual({
      from: "2031-05-11",
      to: "2031-06-09",
      by: ["day"],
      usage: [{ day: "2031-05-11", ...sums(2, 1, 2) }],
    });
  });

  it.each([
    ["agent=Dev%20E", /^agent: expected a kebab-case id/],
    ["agent=", /^agent: /],
    ["model=", /^model: /],
    ["from=yesterday", /^from: expected a day \(UTC\)/],
    ["from=2031-02-30", /^from: /],
    ["to=2031-05-10T00:00:00Z", /^to: /],
    ["from=2031-05-11&to=2031-05-10", /^from: .*not after/],
    ["by=week", /^by: expected a list of agent, model, day/],
    ["by=agent,", /^by: /],
    ["by=", /^by: /],
    ["day=2031-05-10", /^day: expected only agent, model, from, to, by/],
    ["agent=a&agent=b", /^agent: expected it once/],
  ])("are refused for ?%s, and the answer names the field", async (query, message) => {
    const response = await request(`/usage?${query}`);
    expect(response.status).toBe(400);
    const { error } = await response.json<{ error: { code: string; message: string } }>();
    expect(error.code).toBe("invalid_query");
    expect(error.message).toMatch(message);
  });

  it.each(["/usage", "/api/usage", "/agents/tester/spend", "/agents/tester/provider"])(
    "and what else is about money is for the operator only: %s",
    async (path) => {
      expect((await anonymous(path)).status).toBe(401);
    },
  );
});

/** Sums over calls like {@link over}. */
function sums(known: number, priced: number, unpriced = 0): Omit<UsageSum, "agent" | "model" | "day"> {
  return {
    calls: priced + unpriced,
    inputTokens: 1000 * known,
    outputTokens: 100 * known,
    cacheReadTokens: 10 * known,
    cacheWriteTokens: 20 * known,
    usd: Math.round(priced * 0.003051 * 1e9) / 1e9,
    unpricedCalls: unpriced,
  };
}
