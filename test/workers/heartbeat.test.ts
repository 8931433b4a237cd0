import {
  createScheduledController,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Heartbeat } from "../../shared/heartbeat/payload.ts";
import type { FinishedCall } from "../../shared/usage/call.ts";
import worker from "../../workers/index.ts";
import { anonymous, Chat, request, toolRequests } from "./support.ts";

const HALF_MINUTE = 30_000;
/** Later than whatever other tests of this file have planned. */
let noon = Date.UTC(2031, 0, 1, 12);

const hub = (agent: string) => env.AGENT_HUB.getByName(agent);

function setClock(now: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now });
}

/** What came to the address of a heartbeat, oldest first. */
async function received(agentId: string): Promise<Heartbeat[]> {
  return (await toolRequests(agentId)).map(({ body }) => JSON.parse(String(body)) as Heartbeat);
}

/** Drives the alarm at the agent's next heartbeat. @returns that heartbeat. */
async function nextBeat(): Promise<Heartbeat> {
  noon += 2 * HALF_MINUTE;
  setClock(noon);
  const before = (await received("pulse-e")).length;
  await hub("pulse").tick();
  await runDurableObjectAlarm(hub("pulse"));
  const [beat, ...others] = (await received("pulse-e")).slice(before);
  expect(others).toEqual([]);
  if (!beat) throw new Error("no heartbeat came");
  return beat;
}

const conditionOf = (conditions: { name: string }[], name: string) =>
  conditions.find((condition) => condition.name === name);

const call = (fields: Partial<FinishedCall>): FinishedCall => ({
  ...{ turn: crypto.randomUUID(), step: 0, attempt: 1, conversation: "chat:x" },
  ...{ provider: "anthropic", model: "claude-sonnet-5-5", usage: null, at: noon },
  ...fields,
});

/** The first answer loads the provider's SDK, which takes seconds here. */
beforeAll(async () => {
  await new Chat("pulse-at-home", "warm-up").send("[[say warm]]");
  await new Chat("pulse-at-home", "warm-up").settled(40_000);
  setClock(noon);
}, 45_000);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a heartbeat", () => {
  it("goes out every interval, however often the trigger fires, and after an eviction", async () => {
    const beat = await nextBeat();
    expect(beat).toMatchObject({
      ...{ type: "HEARTBEAT", agentId: "pulse-e", status: "idle", currentIssue: null, currentRepo: null },
      ...{ activeProvider: "anthropic", availableProviders: ["anthropic"], intervalSeconds: 30 },
    });
    const count = (await received("pulse-e")).length;
    await Promise.all([hub("pulse").tick(), hub("pulse").tick()]);
    await runDurableObjectAlarm(hub("pulse"));
    setClock(noon + HALF_MINUTE - 1);
    await evictDurableObject(hub("pulse"));
    await runDurableObjectAlarm(hub("pulse"));
    expect(await received("pulse-e")).toHaveLength(count);
    noon += HALF_MINUTE;
    setClock(noon);
    expect(await runDurableObjectAlarm(hub("pulse"))).toBe(true);
    expect(await received("pulse-e")).toHaveLength(count + 1);
  });

  it("says what is set up and what is not", async () => {
    const { providers, integrations } = await nextBeat();
    expect(conditionOf(providers, "openai-api")).toMatchObject({
      ...{ status: "not_configured", active: false },
      details: expect.stringContaining("OPENAI_API_KEY"),
    });
    expect(integrations.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "conductor healthy",
      "discord degraded",
      "mcp:files skipped",
      "webhooks unknown",
      "github unknown",
      "runner not_configured",
    ]);
  });

  it("carries the conductor's token to no stranger", async () => {
    await nextBeat();
    const [toStranger] = await toolRequests("pulse-e");
    expect(toStranger).toMatchObject({ method: "POST", target: "/api/events" });
    expect(toStranger?.headers).not.toHaveProperty("authorization");
  });

  it("shows a provider as degraded from its failed call to its next good one", async () => {
    await hub("pulse").settle([call({ at: noon - 9 })]);
    expect(conditionOf((await nextBeat()).providers, "anthropic")).toMatchObject({ status: "healthy" });
    const failed = call({ at: noon, error: "rate_limited" });
    await hub("pulse").settle([failed, failed]);
    const details = expect.stringContaining(`last error rate_limited at ${new Date(noon).toISOString()}`);
    expect(conditionOf((await nextBeat()).providers, "anthropic")).toMatchObject({
      status: "degraded",
      details,
    });
    await hub("pulse").settle([call({ at: noon + 1 }), failed]);
    expect(conditionOf((await nextBeat()).providers, "anthropic")).toMatchObject({
      status: "healthy",
      details,
    });
  });

  it("hears of a turn's failed call", async () => {
    vi.useRealTimers();
    const { state } = await new Chat("pulse-at-home").ask("[[status 400]]");
    expect(state).toBe("failed");
    const shown = async () => {
      noon += 60_000;
      setClock(noon);
      await hub("pulse-at-home").tick();
      await runDurableObjectAlarm(hub("pulse-at-home"));
      vi.useRealTimers();
      const agents = await (await request("/api/agents")).json<Heartbeat[]>();
      return agents.find(({ agentId }) => agentId === "pulse-at-home");
    };
    await vi.waitFor(
      async () =>
        expect(await shown()).toMatchObject({
          status: expect.any(String),
          providers: [{ name: "anthropic", details: expect.stringContaining("last error bad_request") }],
        }),
      { timeout: 20_000, interval: 100 },
    );
  });

  it("knows who holds the gateway's lease, and since when nobody does", async () => {
    const link = env.GATEWAY_LINK.getByName("pulse/0");
    setClock(noon + 2 * HALF_MINUTE);
    await link.lease({ gateway: "pod-1", shard: [0, 1], signedAt: noon / 1000 });
    expect(conditionOf((await nextBeat()).integrations, "discord")).toEqual({
      ...{ name: "discord", status: "healthy", details: "1 shard connected by pod-1" },
    });
    const expired = new Date(noon + 10_000).toISOString();
    expect(conditionOf((await nextBeat()).integrations, "discord")).toEqual({
      ...{ name: "discord", status: "degraded", details: `shard 0: no gateway since ${expired}` },
    });
  });

  it("tells when a webhook delivered last", async () => {
    setClock(noon);
    const body = JSON.stringify({ action: "opened" });
    const response = await anonymous("/agents/pulse/webhook/deploys", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-Hub-Signature-256": `sha256=${createHmac("sha256", "pulse-secret").update(body).digest("hex")}`,
      },
      body,
    });
    expect(response.status).toBe(202);
    const details = expect.stringMatching(/^deploys: last delivery 2031-01-01/);
    await vi.waitFor(async () =>
      expect(conditionOf((await nextBeat()).integrations, "webhooks")).toMatchObject({
        status: "healthy",
        details,
      }),
    );
  });

  it("leaves the ledger its alarm", async () => {
    const finished = call({
      usage: { inputTokens: 7, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    });
    await hub("pulse").settle([finished]);
    await nextBeat();
    const written = await env.DB.prepare("SELECT turn FROM usage WHERE turn = ?").bind(finished.turn).all();
    expect(written.results).toHaveLength(1);
  });

  it("that its conductor does not take is told once, and tried on", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    for (let beat = 0; beat < 3; beat++) {
      noon += 60_000;
      setClock(noon);
      await hub("pulse-unheard").tick();
      await runDurableObjectAlarm(hub("pulse-unheard"));
    }
    const sent = await toolRequests("unheard-e");
    expect(sent).toHaveLength(3);
    expect(sent[0]?.headers).toMatchObject({ authorization: "Bearer conductor-token" });
    const told = warned.mock.calls.filter(([line]) => String(line).includes("heartbeat.failed"));
    expect(told).toHaveLength(1);
    expect((await received("unheard-e")).at(-1)?.integrations[0]).toMatchObject({
      ...{ name: "conductor", status: "degraded", details: expect.stringContaining("was answered 500") },
    });
  });

  it("wakes nobody who has none", async () => {
    setClock(noon);
    // Other files share the runtime: whatever they left "tester" to do is not the trigger's doing.
    await runInDurableObject(hub("tester"), (_, { storage }) => storage.deleteAlarm());
    await worker.scheduled(createScheduledController({ scheduledTime: noon }), env);
    expect(await runDurableObjectAlarm(hub("tester"))).toBe(false);
    expect(await runDurableObjectAlarm(hub("pulse-at-home"))).toBe(true);
  });
});
