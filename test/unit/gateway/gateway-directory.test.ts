/** What a gateway makes of `GET /gateway/bot`, over real sockets and under a clock that the test holds. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { BotTokenError, GatewayDirectory } from "../../../gateway/gateway-directory.ts";
import { lookupWaitMs, readGatewayInfo } from "../../../shared/gateway/lookup.ts";
import type { Logger } from "../../../shared/log.ts";

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

const json = { "Content-Type": "application/json" };
const page = "<!doctype html><title>Access denied</title> error code: 1015";
const session_start_limit = { total: 1000, remaining: 999, reset_after: 86_400_000, max_concurrency: 1 };
const told = { url: "wss://gateway.discord.gg", shards: 2, session_start_limit };
const found = (change: object = {}): Answer => ({
  status: 200,
  headers: json,
  body: JSON.stringify({ ...told, ...change }),
});

/** A directory whose Discord answers these, one after the other, and the last of them for ever. */
async function directory(...answers: Answer[]) {
  const clock = { now: 1_000 };
  const waits: number[] = [];
  const problems: (string | undefined)[] = [];
  const logged: { level: string; event: string; fields: object }[] = [];
  let requests = 0;
  const server = createServer((_, response) => {
    const { status, headers, body } = answers[Math.min(requests, answers.length - 1)] ?? found();
    requests += 1;
    response.writeHead(status, headers);
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const logger: Logger = {
    log: (level, event, fields = {}) => void logged.push({ level, event, fields }),
    with: () => logger,
  };
  const made: GatewayDirectory = new GatewayDirectory({
    apiBaseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    botToken: "token",
    logger,
    now: () => clock.now,
    random: () => 1,
    signal: new AbortController().signal,
    sleep: async (ms) => {
      waits.push(ms);
      problems.push(made.problem?.cause);
      clock.now += ms;
    },
  });
  return { directory: made, clock, waits, problems, logged, requests: () => requests };
}

describe("GET /gateway/bot", () => {
  it.each<[string, Answer, number]>([
    ["a page", { status: 429, headers: { "Retry-After": "60" }, body: page }, 60_000],
    ["no body", { status: 429, headers: { "Retry-After": "60" }, body: "" }, 60_000],
    ["an hour in a page", { status: 429, headers: { "Retry-After": "3600" }, body: page }, 3_600_000],
    ["a page without Retry-After", { status: 429, body: page }, 60_000],
    [
      "Discord's JSON",
      { status: 429, headers: json, body: '{"message":"limited","retry_after":7.5,"global":false}' },
      7_500,
    ],
  ])("that is limited with %s is asked again once that is over, and not before", async (_, limited, ms) => {
    const { directory: asked, waits, problems, logged, requests } = await directory(limited, found());
    expect(await asked.botInfo()).toMatchObject({ url: told.url, shards: 2 });
    expect(waits).toEqual([ms]);
    expect(requests()).toBe(2);
    expect(problems).toEqual(["retry-after"]);
    expect(logged).toMatchObject([
      { event: "discord.unavailable", fields: { message: expect.stringContaining("rate limited (429)") } },
    ]);
    expect(asked.problem).toBeNull();
  });

  it.each([401, 403])(
    "that the network answers with %i and a page is asked again with patience",
    async (status) => {
      const refused = Array<Answer>(12).fill({
        status,
        headers: { "Content-Type": "text/html" },
        body: page,
      });
      const { directory: asked, waits, problems } = await directory(...refused, found());
      expect(await asked.botInfo()).toMatchObject({ url: told.url });
      expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((s) => s * 1000));
      expect(new Set(problems)).toEqual(new Set(["network-refusal"]));
    },
  );

  it("that Discord itself answers with 401 stops the shard, and is not asked again", async () => {
    const refused = { status: 401, headers: json, body: '{"message":"401: Unauthorized","code":0}' };
    const { directory: asked, waits, requests, clock } = await directory(refused);
    await expect(asked.botInfo()).rejects.toThrow(BotTokenError);
    clock.now += 60_000;
    await expect(asked.botInfo()).rejects.toThrow(BotTokenError);
    expect([waits, requests()]).toEqual([[], 1]);
  });

  it("that finds nobody is asked every ten seconds at the latest", async () => {
    const away = Array<Answer>(8).fill({ status: 503, body: page });
    const { directory: asked, waits, problems } = await directory(...away, found());
    await asked.botInfo();
    expect(waits).toEqual([1, 2, 4, 8, 10, 10, 10, 10].map((s) => s * 1000));
    expect(new Set(problems)).toEqual(new Set(["discord-away"]));
  });

  it("is one request, however many shards ask and however long the answer takes", async () => {
    const limited = { status: 429, headers: { "Retry-After": "60" }, body: page };
    const { directory: asked, clock, requests } = await directory(limited, found());
    const first = asked.botInfo();
    clock.now += 30_000;
    await Promise.all([first, asked.botInfo(), asked.botInfo()]);
    expect(requests()).toBe(2);
  });

  it("needs its address only, and says what it could not read", async () => {
    const { directory: asked, logged } = await directory(
      found({ shards: "2", session_start_limit: { ...session_start_limit, total: null } }),
    );
    expect(await asked.botInfo()).toMatchObject({ url: told.url, shards: null });
    expect(logged).toMatchObject([
      {
        level: "warn",
        event: "discord.partly_read",
        fields: { fields: "session_start_limit.total, shards" },
      },
    ]);
  });

  it.each([undefined, null, 7, {}, [], "text"])("whose limits are %j counts on little", (limit) => {
    const info = readGatewayInfo({ ...told, session_start_limit: limit });
    expect(info?.limit).toMatchObject({ max_concurrency: 1, remaining: 1_000 });
    expect(info?.unread).toHaveLength(4);
  });

  it("without an address is no answer", () => {
    for (const url of [undefined, null, 7, "text", "https://discord.com"])
      expect(readGatewayInfo({ ...told, url })).toBeNull();
  });
});

describe("the session starts of a day", () => {
  it("are told of before they are used up: at half, a fifth, a twentieth, and when there are none", async () => {
    const limit = { ...session_start_limit, total: 20, remaining: 12 };
    const { directory: asked, logged } = await directory(found({ session_start_limit: limit }));
    await asked.botInfo();
    expect(logged).toEqual([]);
    const told = Array.from({ length: 12 }, () => {
      const before = logged.length;
      asked.reserveIdentify(0);
      return logged.slice(before).map(({ level, event }) => `${level} ${event}`)[0] ?? "-";
    });
    const warned = "warn identify.budget_low";
    expect(told).toEqual([
      "-",
      warned,
      "-",
      "-",
      "-",
      "-",
      "-",
      warned,
      "-",
      "-",
      warned,
      "error identify.budget_low",
    ]);
    expect(asked.remainingIdentifies).toBe(0);
  });

  it("are told of at the start where few are left", async () => {
    const limit = { ...session_start_limit, remaining: 30 };
    const { directory: asked, logged } = await directory(found({ session_start_limit: limit }));
    await asked.botInfo();
    expect(logged).toEqual([
      {
        level: "warn",
        event: "identify.budget_low",
        fields: { remaining: 30, total: 1000, resetInSeconds: 86_400 },
      },
    ]);
  });
});

it("a wait is jittered over its upper half, and what Discord asks for is not", () => {
  expect(lookupWaitMs({ kind: "away", status: 503 }, 4, () => 0)).toBe(4_000);
  expect(lookupWaitMs({ kind: "network", status: 403 }, 99, () => 0)).toBe(150_000);
  expect(lookupWaitMs({ kind: "limited", status: 429, retryAfterMs: 60_000 }, 1, () => 0)).toBe(60_000);
});
