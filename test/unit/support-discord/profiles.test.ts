import * as fc from "fast-check";
import { expect, it } from "vitest";
import { profileNamed } from "../../support/discord/rest/profiles/index.ts";
import { effectsOf, type Profile } from "../../support/discord/rest/profiles/profile.ts";
import { startSetting } from "./setting.ts";

type Limited = { message: string; retry_after?: number; global?: boolean };

/** A Discord of this profile with a clock that stands. */
async function startWith(name: string) {
  const clock = { now: 1_800_000_000_000 };
  const setting = await startSetting({ profile: profileNamed(name), now: () => clock.now });
  const { world, mia, call } = setting;
  /** A thread from a new message. */
  const startThread = (channelId = setting.channel.id) => {
    const { id } = world.say(channelId, mia.id, "?");
    return call<Limited>("POST", `/channels/${channelId}/messages/${id}/threads`, { name: "T" });
  };
  /** Lets the windows of the usual limits pass; those of minutes stay. */
  const breathe = () => {
    clock.now += 10_000;
  };
  return { ...setting, clock, startThread, breathe };
}

it("is kind by default, and names its profile", async () => {
  const { discord } = await startSetting();
  expect(discord.profile.name).toBe("kind");
  expect(effectsOf(discord.profile)).toEqual([]);
});

it("shared-threads: after ten threads in a channel there is none for 200 to 280 s, and no header foretells it", async () => {
  const { discord, world, guild, clock, startThread, breathe } = await startWith("shared-threads");
  for (let made = 0; made < 10; made += 1) {
    expect((await startThread()).status).toBe(201);
  }
  breathe();
  const refused = await startThread();
  expect(refused).toMatchObject({
    status: 429,
    body: { message: "The resource is being rate limited.", global: false },
  });
  const { headers, body } = refused;
  const retryAfter = body.retry_after ?? 0;
  expect(retryAfter).toBeGreaterThanOrEqual(200);
  expect(retryAfter).toBeLessThanOrEqual(280);
  // As in Discord's example, the route's bucket has plenty left.
  expect(Object.fromEntries(headers)).toMatchObject({
    "retry-after": String(Math.ceil(retryAfter)),
    "x-ratelimit-scope": "shared",
    "x-ratelimit-limit": "10",
    "x-ratelimit-remaining": "9",
    "x-ratelimit-bucket": "threads",
  });
  const elsewhere = world.createChannel(guild.id, "elsewhere");
  expect((await startThread(elsewhere.id)).status).toBe(201);
  clock.now += retryAfter * 1000 - 1;
  expect((await startThread()).body.retry_after).toBeCloseTo(0.001, 3);
  clock.now += 1;
  expect((await startThread()).status).toBe(201);
  expect(discord.tally.rest).toMatchObject({
    rateLimited: { earned: 2, injected: 0, shared: 2 },
    limitedBy: { user: 0, shared: 2 },
    effects: { "threads of a channel": 1 },
  });
});

it("shared-threads: fifty threads in a guild are all, whichever the channels; other guilds do not mind", async () => {
  const { discord, world, guild, startThread, breathe } = await startWith("shared-threads");
  const channels = Array.from({ length: 6 }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
  for (let made = 0; made < 50; made += 1) {
    expect((await startThread(channels[made % 6])).status).toBe(201);
  }
  breathe();
  const fresh = world.createChannel(guild.id, "fresh");
  const refused = await startThread(fresh.id);
  expect(refused).toMatchObject({ status: 429, body: { global: false } });
  expect(refused.body.retry_after).toBeGreaterThanOrEqual(200);
  const other = world.createGuild("Other");
  expect((await startThread(world.createChannel(other.id, "there").id)).status).toBe(201);
  expect(discord.tally.rest.effects).toMatchObject({ "threads of a guild": 1 });
});

it("busy-channel: writing, editing and deleting have five requests in 5 s together, and one bucket says so", async () => {
  const { discord, world, guild, clock, call, messagesPath } = await startWith("busy-channel");
  const { body, headers } = await call<{ id: string }>("POST", messagesPath, { content: "1" });
  const path = `${messagesPath}/${body.id}`;
  const answers = [
    await call("PATCH", path, { content: "2" }),
    await call("POST", messagesPath, { content: "3" }),
    await call("DELETE", path),
    await call("POST", messagesPath, { content: "5" }),
  ];
  const told = [{ headers }, ...answers].map((answer) => answer.headers.get("x-ratelimit-remaining"));
  expect(told).toEqual(["4", "3", "2", "1", "0"]);
  const buckets = answers.map((answer) => answer.headers.get("x-ratelimit-bucket"));
  expect(new Set(buckets).size).toBe(1);
  clock.now += 1_250;
  const refused = await call("POST", messagesPath, { content: "6" });
  expect(refused).toMatchObject({ status: 429, body: { retry_after: 3.75, global: false } });
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    "retry-after": "4",
    "x-ratelimit-limit": "5",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": "1800000005.000",
    "x-ratelimit-reset-after": "3.750",
    "x-ratelimit-scope": "user",
  });
  const elsewhere = world.createChannel(guild.id, "elsewhere");
  expect((await call("POST", `/channels/${elsewhere.id}/messages`, { content: "7" })).status).toBe(200);
  clock.now += 3_750;
  expect((await call("POST", messagesPath, { content: "8" })).status).toBe(200);
  expect(discord.tally.rest).toMatchObject({
    limitedBy: { user: 1 },
    effects: { "messages of a channel": 1 },
  });
});

it("no-headers: limits hold, and neither they nor what is left is told by a header, nor always by the body", async () => {
  const { discord, clock, call, messagesPath } = await startWith("no-headers");
  const untold = (headers: Headers) =>
    [...headers.keys()].filter((name) => name === "retry-after" || name.startsWith("x-ratelimit"));
  for (let sent = 0; sent < 5; sent += 1) {
    const { status, headers } = await call("POST", messagesPath, { content: "x" });
    expect([status, untold(headers)]).toEqual([200, []]);
  }
  const bodies: Limited[] = [];
  for (let sent = 0; sent < 20; sent += 1) {
    const { status, headers, body } = await call<Limited>("POST", messagesPath, { content: "x" });
    expect([status, untold(headers)]).toEqual([429, []]);
    bodies.push(body);
  }
  const silent = bodies.filter(({ retry_after }) => retry_after === undefined);
  expect(silent.length).toBeGreaterThan(0);
  expect(silent.length).toBeLessThan(bodies.length);
  expect(bodies.find(({ retry_after }) => retry_after !== undefined)).toMatchObject({ retry_after: 5 });
  clock.now += 5_000;
  expect((await call("POST", messagesPath, { content: "x" })).status).toBe(200);
  expect(discord.tally.rest).toMatchObject({
    limitedBy: { user: 20 },
    effects: { "429 without headers": 20, "429 without retry_after": silent.length },
  });
});

it("edge: meets each of its faults in a run of some hundred requests, and lets most through", async () => {
  const { discord, clock, send } = await startWith("edge");
  const seen: string[] = [];
  for (let made = 0; made < 1_000; made += 1) {
    clock.now += 50;
    seen.push(
      await send("GET", "/users/@me")
        .then(shapeOf)
        .catch(() => "no answer"),
    );
  }
  expect(new Set(seen)).toEqual(
    new Set([
      "fine",
      ...["403 text/html", "403 application/json", "403 ", "408 text/html"],
      ...["500 application/json", "502 text/html", "503 text/plain", "520 text/html", "524 text/html"],
      ...["429 text/plain", "no answer", "2xx without a body", "2xx in part"],
    ]),
  );
  const fine = seen.filter((shape) => shape === "fine");
  expect(fine.length).toBeGreaterThan(600);
  const { effects, forbidden } = discord.tally.rest;
  expect(effectsOf(discord.profile).filter((name) => !effects[name])).toEqual([]);
  // What the network refuses, the client has not earned.
  expect(forbidden).toBe(0);
});

it("edge: the same seed meets the same requests", async () => {
  const run = async (seed: number) => {
    const { discord, send } = await startSetting({
      seed,
      profile: profileNamed("edge"),
      now: () => 1_800_000_000_000,
    });
    for (let made = 0; made < 60; made += 1) {
      await send("GET", "/users/@me")
        .then((response) => response.text())
        .catch(() => {});
    }
    return discord.requests.map(({ fault }) => fault);
  };
  const [one, again, other] = [await run(5), await run(5), await run(6)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
});

it("slow: takes 300 ms for each answer", async () => {
  const slept: number[] = [];
  const { discord, call } = await startSetting({
    profile: profileNamed("slow"),
    sleep: async (ms) => slept.push(ms),
  });
  await call("GET", "/users/@me");
  await call("GET", "/users/@me");
  expect(slept).toEqual([300, 300]);
  expect(discord.tally.rest.effects).toEqual({ latency: 2 });
});

it("combines profiles by name, and says which there are when it knows none of this name", async () => {
  const { name, latencyMs, faults, sharedLimits } = profileNamed("shared-threads+slow+edge");
  expect([name, latencyMs]).toEqual(["shared-threads+slow+edge", 300]);
  expect([faults, sharedLimits]).toEqual([
    profileNamed("edge").faults,
    profileNamed("shared-threads").sharedLimits,
  ]);
  expect(() => profileNamed("edge+gentle")).toThrow(
    'There is no profile "gentle"; expected kind, shared-threads, busy-channel, no-headers, edge, slow',
  );
});

it("changes its profile on command, and goes back with the end of all faults", async () => {
  const { discord, call, messagesPath } = await startSetting({ profile: profileNamed("busy-channel") });
  discord.faults.profile("no-headers");
  expect(discord.profile.name).toBe("no-headers");
  const post = () => call("POST", messagesPath, { content: "x" });
  expect((await post()).headers.get("x-ratelimit-bucket")).toBeNull();
  discord.faults.clear();
  expect(discord.profile.name).toBe("busy-channel");
  expect((await post()).headers.get("x-ratelimit-bucket")).toBe("messages of a channel");
});

it("draws how long a channel's threads rest anew each time, always between 200 and 280 s", async () => {
  const rests = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
      const profile: Profile = {
        ...profileNamed("shared-threads"),
        sharedLimits: (profileNamed("shared-threads").sharedLimits ?? []).map((limit) => ({
          ...limit,
          requests: 0,
        })),
      };
      const { channel, call } = await startSetting({ seed, profile });
      const { body } = await call<Limited>("POST", `/channels/${channel.id}/threads`, {
        name: "T",
        type: 11,
      });
      const seconds = body.retry_after ?? 0;
      rests.add(seconds);
      return seconds >= 200 && seconds <= 280;
    }),
    { numRuns: 20 },
  );
  expect(rests.size).toBeGreaterThan(10);
});

/** An answer in a few words. @throws when it breaks in the middle */
async function shapeOf(response: Response): Promise<string> {
  const text = await response.text();
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (!response.ok) return `${response.status} ${type}`;
  if (text === "") return "2xx without a body";
  try {
    JSON.parse(text);
    return "fine";
  } catch {
    return "2xx in part";
  }
}
