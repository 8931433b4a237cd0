import { describe, expect, it, onTestFinished } from "vitest";
import { type BudgetNews, InvalidRequests, MAX_INVALID } from "../../../shared/discord/invalid-requests.ts";
import { DiscordRest, type DiscordRestOptions } from "../../../shared/discord/rest.ts";
import type { RestAnswer } from "../../../shared/discord/rest-answer.ts";
import { restLog } from "../../../shared/discord/rest-events.ts";
import type { LogFields, Logger } from "../../../shared/log.ts";
import { FAKE_TOKEN, startFakeDiscord } from "../../support/discord/fake-discord.ts";
import type { RestFault } from "../../support/discord/rest/fault.ts";

const TRACE = "discord:1088510058284990888";

/** What was logged, by level and name. */
function recorder() {
  const lines: [string, LogFields][] = [];
  const logger = (common: LogFields): Logger => ({
    log: (level, event, fields) => void lines.push([`${level} ${event}`, { ...common, ...fields }]),
    with: (fields) => logger({ ...common, ...fields }),
  });
  return { log: logger({}), lines };
}

/** A bot's client, whose waits take no time, and the Discord that it talks to. */
async function setting(options: Partial<DiscordRestOptions> = {}) {
  const startedAt = Date.now();
  let slept = 0;
  const now = () => startedAt + slept;
  const discord = await startFakeDiscord({ now });
  onTestFinished(() => discord.close());
  const guild = discord.world.createGuild("Home");
  const channel = discord.world.createChannel(guild.id, "general");
  const { log, lines } = recorder();
  const rest = new DiscordRest({
    ...{ baseUrl: discord.restUrl, token: FAKE_TOKEN, fetch, random: () => 0.5 },
    now,
    sleep: async (ms) => {
      slept += ms;
    },
    observe: restLog(log),
    ...options,
  });
  const typing = () =>
    rest.with({ trace: TRACE }).request({ method: "POST", path: `/channels/${channel.id}/typing` });
  return { discord, rest, typing, lines, channel };
}

const route = { method: "POST", route: "/channels/:id/typing", trace: TRACE };

describe("a client of Discord's REST API tells", () => {
  it.each<[string, RestFault, LogFields]>([
    [
      "a 429 of the route",
      { kind: "rate-limit", retryAfterMs: 50, scope: "user" },
      { for: "rate-limit", scope: "user", status: 429, ms: expect.any(Number) },
    ],
    [
      "a 429 that is shared",
      { kind: "rate-limit", retryAfterMs: 50, scope: "shared" },
      { for: "rate-limit", scope: "shared", status: 429, ms: expect.any(Number) },
    ],
    [
      "a 429 of the bot",
      { kind: "rate-limit", retryAfterMs: 50, global: true, scope: "global" },
      { for: "rate-limit", scope: "global", status: 429, ms: expect.any(Number) },
    ],
    ["a 503", { kind: "status", status: 503 }, { for: "backoff", attempt: 1, status: 503, ms: 375 }],
    ["an answer that is lost", { kind: "cut" }, { for: "backoff", attempt: 1, ms: 375 }],
  ])("what it waits for after %s, once, with the trace of whoever asked", async (_, fault, fields) => {
    const { discord, typing, lines } = await setting();
    discord.faults.rest({ ...fault, times: 1 });
    await typing();
    expect(lines).toEqual([["debug discord.waits", { ...route, ...fields }]]);
  });

  it("that it waits for the bot's turn, and for whom it asks", async () => {
    const asked: (string | undefined)[] = [];
    const permit: DiscordRestOptions["permit"] = async (_, trace) => {
      asked.push(trace);
      return 40;
    };
    const { typing, lines } = await setting({ permit });
    await typing();
    expect(lines).toEqual([["debug discord.waits", { ...route, for: "permit", ms: 40 }]]);
    expect(asked).toEqual([TRACE]);
  });

  it("that it waits for a limit before it meets it, and for requests that were asked for before", async () => {
    const { discord, rest, channel, lines } = await setting();
    const post = (trace: string, content: string) =>
      rest
        .with({ trace })
        .request({ method: "POST", path: `/channels/${channel.id}/messages`, body: { content } });
    const traces = Array.from({ length: 7 }, (_, n) => `discord:${n}`);
    await Promise.all(traces.map((trace) => post(trace, trace)));
    expect(discord.tally.rest.rateLimited.earned).toBe(0);
    const waits = lines.filter(([, { for: cause }]) => cause === "rate-limit");
    expect(waits).toEqual([
      [
        "debug discord.waits",
        expect.objectContaining({ trace: "discord:5", scope: "user", route: "/channels/:id/messages" }),
      ],
    ]);
    expect(waits[0]?.[1]).not.toHaveProperty("status");
    const behind = lines.filter(([, { for: cause }]) => cause === "queue").map(([, { trace }]) => trace);
    expect(behind).toEqual(traces.slice(1));
  });

  it("nothing where nothing is waited for", async () => {
    const { typing, lines } = await setting();
    await typing();
    expect(lines).toEqual([]);
  });

  it("that Discord refuses many of its requests, once for a hundred", async () => {
    const { discord, typing, lines } = await setting();
    discord.faults.rest({ kind: "status", status: 403 });
    for (let n = 0; n < 120; n++) await typing().catch(() => {});
    expect(lines).toEqual([["warn discord.refused_often", { ...route, refused: 100, max: MAX_INVALID }]]);
  });

  it("that somebody must act when Discord refuses the token", async () => {
    const { typing, lines, discord } = await setting({ token: "another" });
    await typing().catch(() => {});
    await typing().catch(() => {});
    expect(lines).toEqual([["error discord.stopped", { ...route, because: "token_refused", ms: 60_000 }]]);
    expect(discord.tally.rest.unauthorized).toBe(1);
  });

  it("neither a token of its own nor the bot's", async () => {
    const { discord, rest, lines } = await setting();
    discord.faults.rest({ kind: "status", status: 503, times: 2 });
    const token = "aW50ZXJhY3Rpb24";
    for (const path of [`/webhooks/1/${token}`, `/interactions/1/${token}/callback`])
      await rest.request({ method: "POST", path, body: {} }).catch(() => {});
    expect(lines).toHaveLength(2);
    const text = JSON.stringify(lines);
    expect(text).not.toContain(token);
    expect(text).not.toContain(FAKE_TOKEN);
  });
});

describe("the budget of refused requests", () => {
  const refused: RestAnswer = {
    kind: "refused",
    refusal: { status: 403, code: 50_013, message: "No.", fields: [] },
  };
  const note = (budget: InvalidRequests, times: number, now: number): BudgetNews[] =>
    Array.from({ length: times }, () => budget.note(refused, { usedBotToken: true }, now)).flatMap(
      (news) => news ?? [],
    );

  it("is told as it is used up, and when nothing is sent any more", () => {
    expect(note(new InvalidRequests(), 2 * MAX_INVALID, 0)).toEqual([
      ...[100, 250, 500, 750].map((count) => ({ type: "invalid", refused: count })),
      { type: "stop", because: "too_many_invalid", ms: 600_000 },
    ]);
  });

  it("is told anew when it was used up, has recovered, and is used up again", () => {
    const budget = new InvalidRequests();
    note(budget, 300, 0);
    expect(note(budget, 300, 600_000)).toEqual([
      { type: "invalid", refused: 100 },
      { type: "invalid", refused: 250 },
    ]);
  });

  it("is not told again and again while the count moves about a threshold", () => {
    const budget = new InvalidRequests();
    const told = Array.from({ length: 300 }, (_, n) => note(budget, 1, n * 6_000));
    expect(told.flat()).toEqual([{ type: "invalid", refused: 100 }]);
  });
});
