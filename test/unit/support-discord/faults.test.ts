import { expect, it } from "vitest";
import { startSetting } from "./setting.ts";

it("fails on command: a status, a 429, a cut before and a cut after the deed", async () => {
  const { discord, world, channel, call, messagesPath } = await startSetting({ rateLimits: false });
  const post = (content: string) => call("POST", messagesPath, { content });
  discord.faults.rest({
    kind: "status",
    status: 503,
    times: 1,
    matching: { method: "POST", path: "/messages" },
  });
  expect((await call("GET", "/users/@me")).status).toBe(200);
  expect((await post("503")).status).toBe(503);
  discord.faults.rest({ kind: "rate-limit", retryAfterMs: 250, scope: "shared", times: 1 });
  expect(await post("429")).toMatchObject({ status: 429, body: { retry_after: 0.25, global: false } });
  discord.faults.rest({ kind: "cut", times: 1 });
  await expect(post("cut")).rejects.toThrow();
  discord.faults.rest({ kind: "lose-response", times: 1 });
  await expect(post("lost")).rejects.toThrow();
  expect((await post("fine")).status).toBe(200);
  expect(world.messages(channel.id).map(({ content }) => content)).toEqual(["lost", "fine"]);
  expect(discord.tally.rest.rateLimited).toEqual({ earned: 0, injected: 1, shared: 1 });
  expect(discord.requests.map(({ status, fault }) => status ?? fault)).toEqual([
    200,
    503,
    429,
    "cut",
    "lose-response",
    200,
  ]);
});

it("meets the same share of requests with the same seed", async () => {
  const run = async (seed: number) => {
    const { discord, call } = await startSetting({ seed, rateLimits: false });
    discord.faults.rest({ kind: "status", status: 500, share: 0.3 });
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1) statuses.push((await call("GET", "/users/@me")).status);
    return statuses;
  };
  const [one, again, other] = [await run(7), await run(7), await run(8)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one.filter((status) => status === 500).length).toBeGreaterThan(4);
  expect(one.filter((status) => status === 200).length).toBeGreaterThan(15);
});

it("takes the time that it is told to take before it answers", async () => {
  const slept: number[] = [];
  const { discord, call } = await startSetting({ sleep: async (ms) => slept.push(ms) });
  discord.faults.restLatency(80);
  await call("GET", "/users/@me");
  discord.faults.clear();
  await call("GET", "/users/@me");
  expect(slept).toEqual([80]);
});

it("meets the requests that are meant: by method, by a part or a pattern of the path, by what stands in the body", async () => {
  const { discord, world, channel, mia, call, messagesPath } = await startSetting({ rateLimits: false });
  const { id } = world.say(channel.id, mia.id, "?");
  const statuses = async () => {
    const reply = { content: "x", message_reference: { message_id: id } };
    const made = [
      await call("GET", messagesPath),
      await call("POST", messagesPath, { content: "x" }),
      await call("POST", messagesPath, reply),
      await call("GET", `${messagesPath}/${id}`),
    ];
    return made.map(({ status }) => status);
  };
  const meeting = async (matching: { method?: string; path?: string; pattern?: string; body?: string }) => {
    discord.faults.rest({ kind: "status", status: 500, matching });
    const seen = await statuses();
    discord.faults.clear();
    return seen;
  };
  expect(await meeting({ method: "POST" })).toEqual([200, 500, 500, 200]);
  expect(await meeting({ path: `/messages/${id}` })).toEqual([200, 200, 200, 500]);
  expect(await meeting({ pattern: "/channels/\\d+/messages$" })).toEqual([500, 500, 500, 200]);
  expect(await meeting({ body: "message_reference" })).toEqual([200, 200, 500, 200]);
  expect(await statuses()).toEqual([200, 200, 200, 200]);
});

it("refuses with Discord's codes, and with pages of the network, and tells them apart as Discord does", async () => {
  const { discord, send, call, messagesPath } = await startSetting({ rateLimits: false });
  const message = "Message was blocked by automatic moderation";
  discord.faults.rest({ kind: "status", status: 400, code: 200000, message, times: 1 });
  const refused = await call("POST", messagesPath, { content: "x" });
  expect(refused).toMatchObject({ status: 400, body: { code: 200000, message } });
  expect(refused.headers.get("via")).toBe("1.1 google");
  discord.faults.rest({
    kind: "answer",
    status: 403,
    headers: { "content-type": "text/html" },
    body: "<title>Attention Required! | Cloudflare</title>",
    times: 1,
  });
  const page = await send("GET", messagesPath);
  expect([page.status, page.headers.get("content-type"), page.headers.get("via")]).toEqual([
    403,
    "text/html",
    null,
  ]);
  expect(await page.text()).toBe("<title>Attention Required! | Cloudflare</title>");
  expect((await call("GET", messagesPath)).headers.get("via")).toBe("1.1 google");
  // Neither is the client's fault.
  expect(discord.tally.rest).toMatchObject({ forbidden: 0, effects: { status: 1, answer: 1 } });
});

it("bans an address: every request until the time is over, which Retry-After alone tells", async () => {
  let now = 1_800_000_000_000;
  const { discord, send, messagesPath } = await startSetting({ now: () => now });
  discord.faults.rest({ kind: "ban", forMs: [60_000, 60_000], times: 1, matching: { path: "/messages" } });
  const read = async (path: string) => {
    const { status, headers } = await send("GET", path);
    return [status, headers.get("retry-after"), headers.get("x-ratelimit-scope"), headers.get("via")];
  };
  expect(await read(messagesPath)).toEqual([429, "60", null, null]);
  now += 20_500;
  expect(await read(messagesPath)).toEqual([429, "40", null, null]);
  expect(await read("/users/@me")).toEqual([200, null, null, "1.1 google"]);
  now += 39_500;
  expect((await send("GET", messagesPath)).status).toBe(200);
  expect(discord.tally.rest).toMatchObject({
    rateLimited: { earned: 0, injected: 2, shared: 0 },
    limitedBy: { user: 0, address: 2 },
  });
});

it("spoils what is answered: nothing of it, a part of it, or a connection that breaks in the middle", async () => {
  const { discord, world, channel, send, messagesPath } = await startSetting({ rateLimits: false });
  const post = (content: string) => send("POST", messagesPath, { content });
  discord.faults.rest({ kind: "truncate", keep: 0, times: 1 });
  const empty = await post("empty");
  expect([empty.status, await empty.text()]).toEqual([200, ""]);
  discord.faults.rest({ kind: "truncate", keep: 0.5, times: 1 });
  const half = await (await post("half")).text();
  expect(half).toMatch(/^\{"id":"\d+"/);
  expect(() => JSON.parse(half)).toThrow(SyntaxError);
  discord.faults.rest({ kind: "truncate", keep: 0.5, isCut: true, times: 1 });
  const broken = await post("broken");
  expect(broken.status).toBe(200);
  await expect(broken.text()).rejects.toThrow("terminated");
  expect(JSON.parse(await (await post("whole")).text())).toMatchObject({ content: "whole" });
  // All of it was done.
  expect(world.messages(channel.id).map(({ content }) => content)).toEqual([
    "empty",
    "half",
    "broken",
    "whole",
  ]);
});

it("counts faults by the effect that they had: what there is nothing of cannot be truncated", async () => {
  const { discord, call, channel } = await startSetting({ rateLimits: false });
  discord.faults.rest({ kind: "truncate", keep: 0, times: 1, name: "nothing left" });
  await call("POST", `/channels/${channel.id}/typing`);
  await call("GET", "/channels/1");
  expect(discord.tally.rest.effects).toEqual({});
  expect(discord.requests.map(({ fault }) => fault)).toEqual([null, null]);
  await call("GET", `/channels/${channel.id}`);
  expect(discord.tally.rest.effects).toEqual({ "nothing left": 1 });
});
