import { abortAllDurableObjects, createScheduledController, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { AgentHub } from "../../durable-objects/agent-hub/agent-hub.ts";
import type { CronRun } from "../../shared/cron/run.ts";
import worker from "../../workers/index.ts";
import { webhookId } from "../support/cron-secrets.ts";
import { remoteDiscord } from "../support/discord/remote.ts";
import { DiscordRoom, discord } from "./discord-room.ts";
import { anonymous, postJson, request, toolRequests } from "./support.ts";

/** The Discord that these agents' webhooks belong to. */
const hooks = remoteDiscord(env.WEBHOOKS_URL);

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Nine o'clock in Oslo, when all jobs of these agents are due. */
const NINE = Date.parse("2030-01-07T08:00:00Z");

/** The schedule of an agent with one job. */
function schedule(agent: string) {
  return env.CRON_SCHEDULE.getByName(agent);
}

async function runs(agent: string, job = "default"): Promise<CronRun[]> {
  const response = await request(`/agents/${agent}/cron/${job}/runs`);
  expect(response.status).toBe(200);
  return (await response.json<{ runs: CronRun[] }>()).runs;
}

/** Waits until no run goes on. */
async function settled(agent: string, count = 1): Promise<CronRun[]> {
  return vi.waitFor(
    async () => {
      const all = await runs(agent);
      if (all.length < count || all.some(({ finishedAt }) => finishedAt === null))
        throw new Error(`not yet: ${JSON.stringify(all)}`);
      return all;
    },
    { timeout: 20_000, interval: 20 },
  );
}

/** Deploys an agent: its jobs are seen for the first time some time before nine. */
async function deployed(agent: string): Promise<string> {
  await schedule(agent).tick(NINE - 30 * MINUTE);
  expect(await runs(agent)).toEqual([]);
  return agent;
}

/** Ticks until the day after a run is over. */
async function tickAndSettle(agent: string, at: number, count: number): Promise<CronRun[]> {
  await schedule(agent).tick(at);
  return settled(agent, count);
}

describe("a tick", () => {
  it("makes one run, however often the trigger fires, with output, cost and duration on record", async () => {
    const agent = await deployed("cron-once");
    await Promise.all(Array.from({ length: 20 }, () => schedule(agent).tick(NINE)));
    await schedule(agent).tick(NINE);
    const [run, ...others] = await settled(agent);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      ...{ id: "default:2030-01-07T08:00:00.000Z", trigger: "schedule", scheduledAt: NINE },
      ...{ state: "succeeded", output: "good morning", quiet: false, conversation: "cron:default" },
      ...{ costUsd: expect.any(Number), durationMs: expect.any(Number) },
    });
    expect(run?.costUsd).toBeGreaterThan(0);
    const session = env.CHANNEL_SESSION.getByName(`${agent}/cron:default`);
    expect(await session.turnOf(`cron:${run?.id}`)).toMatchObject({
      text: expect.stringContaining("due Monday, 7 January 2030 at 09:00 Europe/Oslo"),
    });
    await schedule(agent).tick(NINE + MINUTE);
    expect(await runs(agent)).toHaveLength(1);
  });

  it("runs nothing from before the first deploy, and what was missed since then once", async () => {
    const agent = "cron-deadline";
    await schedule(agent).tick(NINE + MINUTE);
    expect(await runs(agent)).toEqual([]);
    await tickAndSettle(agent, NINE + 3 * DAY + 5 * MINUTE, 1);
    expect(await runs(agent)).toMatchObject([{ scheduledAt: NINE + 3 * DAY, output: "late" }]);
    await schedule(agent).tick(NINE + 4 * DAY + 11 * MINUTE);
    await schedule(agent).tick(NINE + 4 * DAY + 12 * MINUTE);
    expect(await runs(agent)).toHaveLength(1);
  });

  it("keeps as much of the history as the job says", async () => {
    const agent = await deployed("cron-limits");
    for (const day of [0, 1, 2, 3]) await tickAndSettle(agent, NINE + day * DAY, Math.min(day + 1, 2));
    const kept = await runs(agent);
    expect(kept.map(({ scheduledAt }) => scheduledAt)).toEqual([NINE + 3 * DAY, NINE + 2 * DAY]);
  });
});

describe("a run that is due while the one before goes on", () => {
  const stop = async (agent: string, conversation = "cron:default") =>
    env.CHANNEL_SESSION.getByName(`${agent}/${conversation}`).stop();

  it("waits for it (Forbid)", async () => {
    const agent = await deployed("cron-forbid");
    await schedule(agent).tick(NINE);
    await schedule(agent).tick(NINE + DAY);
    expect(await runs(agent)).toMatchObject([{ scheduledAt: NINE, state: "running" }]);
    expect(await stop(agent)).toBe(true);
    await settled(agent);
    await schedule(agent).tick(NINE + DAY + MINUTE);
    expect(await runs(agent)).toMatchObject([
      { scheduledAt: NINE + DAY, state: "running" },
      { scheduledAt: NINE, state: "cancelled" },
    ]);
    await stop(agent);
  });

  it("runs beside it, in a conversation of its own (Allow)", async () => {
    const agent = await deployed("cron-allow");
    await schedule(agent).tick(NINE);
    await schedule(agent).tick(NINE + DAY);
    const both = await runs(agent);
    expect(both.map(({ state }) => state)).toEqual(["running", "running"]);
    expect(new Set(both.map(({ conversation }) => conversation)).size).toBe(2);
    for (const { conversation } of both) expect(await stop(agent, conversation)).toBe(true);
  });

  it("takes its place (Replace)", async () => {
    const agent = await deployed("cron-replace");
    await schedule(agent).tick(NINE);
    await schedule(agent).tick(NINE + DAY);
    expect(await runs(agent)).toMatchObject([
      { scheduledAt: NINE + DAY, state: "running" },
      { scheduledAt: NINE, state: "replaced" },
    ]);
    const session = env.CHANNEL_SESSION.getByName(`${agent}/cron:default`);
    const [second, first] = await runs(agent);
    expect(await session.turnOf(`cron:${first?.id}`)).toMatchObject({ state: "cancelled" });
    await vi.waitFor(async () =>
      expect(await session.turnOf(`cron:${second?.id}`)).toMatchObject({ state: "running" }),
    );
    await session.stop();
  });
});

describe("a run whose objects die", () => {
  it("is finished once, by what the alarm and the next tick find", async () => {
    const agent = await deployed("cron-crash");
    for (const day of [0, 1, 2]) {
      const at = NINE + day * DAY;
      const ticking = schedule(agent).tick(at);
      if (day === 0) await abortAllDurableObjects();
      await ticking.catch(() => {});
      if (day === 1) await abortAllDurableObjects();
      await schedule(agent).tick(at + MINUTE);
      await vi.waitFor(
        async () => {
          await runDurableObjectAlarm(schedule(agent));
          const [run] = await runs(agent);
          expect(run).toMatchObject({ scheduledAt: at, state: "succeeded", output: "survived all of this" });
        },
        { timeout: 15_000, interval: 100 },
      );
    }
    const session = env.CHANNEL_SESSION.getByName(`${agent}/cron:default`);
    expect(await runs(agent)).toHaveLength(3);
    expect(await session.turnOf(`cron:default:${new Date(NINE).toISOString()}`)).toMatchObject({
      state: "done",
    });
  });
});

describe("what a run says", () => {
  /** Requests to an agent's webhook. */
  async function posts(agent: Parameters<typeof webhookId>[0]) {
    const { requests } = await hooks.report();
    return requests.filter(({ path }) => path.startsWith(`/webhooks/${webhookId(agent)}/`));
  }

  const contentOf = ({ body }: { body: unknown }) => (body as { content: string }).content;

  it("goes to its Discord webhook in parts that fit, and pings nobody", async () => {
    const agent = await deployed("cron-webhook");
    const [run] = await tickAndSettle(agent, NINE, 1);
    expect(run).toMatchObject({ state: "succeeded" });
    const parts = await posts("cron-webhook");
    expect(parts).toHaveLength(3);
    expect(parts.map(contentOf).join(" ")).toBe(run?.output);
    for (const { query, headers, body, status } of parts) {
      expect({ query, status }).toEqual({ query: { wait: "true" }, status: 200 });
      expect(body).toMatchObject({ allowed_mentions: { parse: [] } });
      expect(headers).not.toHaveProperty("authorization");
    }
  });

  it("goes to a thread of the webhook's channel", async () => {
    const agent = await deployed("cron-thread");
    await tickAndSettle(agent, NINE, 1);
    expect(await posts("cron-thread")).toMatchObject([
      { query: { wait: "true", thread_id: "1088510058284990999" }, body: { content: "in a thread" } },
    ]);
  });

  it("is kept when there is nothing to say", async () => {
    const agent = await deployed("cron-quiet");
    const [run] = await tickAndSettle(agent, NINE, 1);
    expect(run).toMatchObject({ state: "succeeded", quiet: true, output: "[quiet]" });
    expect(await posts("cron-quiet")).toEqual([]);
  });

  it("comes through limits and failures, by DISCORD_WEBHOOK_URL where no other place is named", async () => {
    const agent = await deployed("cron-trouble");
    const matching = { path: `/webhooks/${webhookId("cron-trouble")}` };
    await hooks.faults.rest({ kind: "rate-limit", retryAfterMs: 200, times: 1, matching });
    await hooks.faults.rest({ kind: "status", status: 502, times: 1, matching });
    const [run] = await tickAndSettle(agent, NINE, 1);
    const all = await posts("cron-trouble");
    expect(all.map(({ status }) => status)).toEqual([429, 502, 200, 200, 200]);
    const delivered = all.filter(({ status }) => status === 200);
    expect(delivered.map(contentOf).join(" ")).toBe(run?.output);
  });

  it("is not said again as far as it is known to be there, when the instance dies in the middle", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const agent = await deployed("cron-killed");
    const matching = { path: `/webhooks/${webhookId("cron-killed")}` };
    // Two parts arrive; the third may come in a minute, which is too long for one try.
    await hooks.faults.rest({ kind: "rate-limit", retryAfterMs: 60_000, after: 2, times: 1, matching });
    await schedule(agent).tick(NINE);
    await vi.waitFor(
      async () => expect((await posts("cron-killed")).map(({ status }) => status)).toEqual([200, 200, 429]),
      { timeout: 20_000 },
    );
    await abortAllDurableObjects();
    await schedule(agent).tick(NINE + MINUTE);
    const [run] = await settled(agent);
    const delivered = (await posts("cron-killed")).filter(({ status }) => status === 200);
    expect(delivered).toHaveLength(4);
    expect(delivered.map(contentOf).join(" ")).toBe(run?.output);
  });

  it("is said once to what takes it and answers something else than Discord", async () => {
    const [run] = await tickAndSettle(await deployed("cron-elsewhere"), NINE, 1);
    expect(run).toMatchObject({ state: "succeeded" });
    expect(await toolRequests("to something like Discord")).toHaveLength(1);
  });

  it("is on record when nobody takes it, without the webhook's token", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const [gone] = await tickAndSettle(await deployed("cron-gone"), NINE, 1);
    expect(gone).toMatchObject({ state: "failed", output: expect.stringContaining("Unknown Webhook") });
    expect(JSON.stringify(gone)).not.toContain("gone-webhook-token");
    const [unset] = await tickAndSettle(await deployed("cron-unset"), NINE, 1);
    expect(unset).toMatchObject({
      state: "failed",
      output: expect.stringContaining("NO_HOOK_URL is not set"),
    });
  });

  it("goes to a channel at once or not at all, and replies to nobody", async () => {
    const room = await DiscordRoom.open();
    const session = env.CHANNEL_SESSION.getByName("talker/cron:test");
    const target = { kind: "discord", channelId: room.channelId } as const;
    const ask = async (id: string, text: string) => {
      const event = { id: `test:${id}`, author: { id: "cron", name: "Schedule" }, text, target };
      await session.accept({ ...event, mayBeQuiet: true });
      await vi.waitFor(async () => expect(await session.turnOf(event.id)).toMatchObject({ state: "done" }), {
        timeout: 20_000,
      });
    };
    await ask("1", "[[slow 40]] [[chunks 30]] [[say [quiet]]]");
    await ask("2", "[[slow 40]] [[chunks 30]] [[say this is worth telling, and takes a while to say]]");
    const { requests } = await discord.report();
    const made = requests.filter(({ path }) => path.includes(room.channelId));
    expect(made.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST /channels/${room.channelId}/messages`,
    ]);
    expect(made[0]?.body).not.toHaveProperty("message_reference");
    expect(made[0]?.body).toMatchObject({
      content: "this is worth telling, and takes a while to say",
      allowed_mentions: { parse: [] },
    });
  });

  it("breaks no rule of Discord's", async () => {
    expect((await hooks.report()).violations).toEqual([]);
  });
});

describe("a run by hand", () => {
  const path = "/agents/cron-by-hand/run";

  it("answers with what the job said, and is in its history", async () => {
    const response = await postJson(path, { job: "second", id: "r1" });
    expect(response.status).toBe(200);
    const run = await response.json<CronRun>();
    expect(run).toMatchObject({
      ...{
        id: "second:manual:r1",
        job: "second",
        trigger: "manual",
        state: "succeeded",
        output: "the second",
      },
    });
    expect(await runs("cron-by-hand", "second")).toEqual([run]);
    expect(await (await request(`/agents/cron-by-hand/runs/${run.id}`)).json()).toEqual(run);
    expect(await (await postJson(path, { job: "second", id: "r1" })).json()).toEqual(run);
    expect(await runs("cron-by-hand", "second")).toHaveLength(1);
  });

  it("may ask something else, of a job or of none", async () => {
    const job = await (await postJson(path, { job: "first", prompt: "[[say other]]" })).json();
    expect(job).toMatchObject({ job: "first", output: "other" });
    const none = await (await postJson(path, { prompt: "[[say just this]]" })).json();
    expect(none).toMatchObject({ job: null, output: "just this" });
  });

  it("tells what is wrong with it", async () => {
    const errorOf = async (response: Promise<Response>) => {
      const { status } = await response;
      return [status, (await (await response).json<{ error: { message: string } }>()).error.message];
    };
    expect(await errorOf(postJson(path, { job: "third" }))).toEqual([
      404,
      'job: found "third", expected one of first, second.',
    ]);
    expect(await errorOf(postJson(path, {}))).toEqual([400, "job: expected one of first, second."]);
    expect(await errorOf(postJson("/agents/tester/run", {}))).toEqual([400, "prompt: expected a text."]);
    expect(await errorOf(postJson(path, { prompt: " " }))).toEqual([400, "prompt: expected some text"]);
    expect(await errorOf(request("/agents/cron-by-hand/runs/none"))).toEqual([
      404,
      'run: found "none", expected one that the history still tells of.',
    ]);
    expect((await anonymous(path, { method: "POST" })).status).toBe(401);
    expect((await anonymous("/agents/cron-by-hand/cron")).status).toBe(401);
  });

  it("is told of in the list of jobs", async () => {
    const { jobs } = await (await request("/agents/cron-once/cron")).json<{ jobs: unknown[] }>();
    expect(jobs).toMatchObject([
      {
        id: "default",
        schedule: "0 9 * * *",
        timezone: "Europe/Oslo",
        concurrencyPolicy: "Forbid",
        suspend: false,
      },
    ]);
    const [{ nextRunAt }] = jobs as [{ nextRunAt: number }];
    expect(new Date(nextRunAt).toISOString()).toMatch(/T0[78]:00:00\.000Z$/);
  });
});

describe("the Worker's trigger", () => {
  it("reaches every agent that has a schedule by way of the Worker", async () => {
    const scheduledTime = new Date(NINE - 30 * MINUTE);
    // Their heartbeats would reach the server of a test that counts them.
    vi.spyOn(AgentHub.prototype, "tick").mockResolvedValue();
    await worker.scheduled(createScheduledController({ cron: "* * * * *", scheduledTime }), env);
    // A job that this tick is the first one for would not look back.
    await schedule("cron-failed").tick(NINE + 10 * MINUTE);
    const [run] = await settled("cron-failed");
    expect(run).toMatchObject({ state: "failed", output: expect.stringMatching(/\w/) });
  });
});
