import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LinkState } from "../../durable-objects/gateway-link/link-state.ts";
import { linkName } from "../../shared/bridge/link-name.ts";
import { MAX_BATCH_BYTES, MAX_BRIDGE_BODY } from "../../shared/bridge/protocol.ts";
import { signRequest, TIMESTAMP_HEADER } from "../../shared/bridge/signature.ts";
import { STORM, sizeOf } from "../support/storm.ts";
import { anonymous, ORIGIN, request } from "./support.ts";

const SECRET = env.BRIDGE_SECRET;
type Door = "lease" | "events" | "release";

/** A shard that no other test knows. */
let shards = 2_000;
const newShard = (): [number, number] => [shards++, 4096];

interface Signing {
  secret?: string;
  now?: number;
  agent?: string;
  /** Where it is sent, when that is not where it was signed for. */
  sentTo?: string;
}

/** A request as a gateway makes it. */
async function bridgeRequest(
  door: Door,
  body: unknown,
  { secret = SECRET, now = Date.now(), agent = "attendant", sentTo }: Signing = {},
) {
  const path = `/agents/${agent}/gateway/${door}`;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = await signRequest({ method: "POST", path, body: text }, { secret, now });
  return {
    path: sentTo ?? path,
    init: { method: "POST", body: text, headers: { ...headers } as Record<string, string> },
  };
}

async function send(door: Door, body: unknown, signing?: Signing): Promise<Response> {
  const { path, init } = await bridgeRequest(door, body, signing);
  return anonymous(path, init);
}

const leaseOf = (shard: readonly number[], gateway = "g1") => ({ gateway, shard });
const batchOf = (shard: readonly number[], change: object = {}) => ({
  ...{ gateway: "g1", epoch: 1, shard, session: { id: "s1", resumeUrl: "wss://resume.example" } },
  ...{ events: [{ s: 1, t: "MESSAGE_CREATE", d: {} }], ...change },
});

const errorOf = async (response: Response) =>
  (await response.json<{ error: { code: string; message: string } }>()).error;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the gateways of an agent", () => {
  it("are told to the admin alone, by shard", async () => {
    const path = "/agents/picky/gateway";
    const look = async () => (await request(path)).json();
    expect(await look()).toEqual({ shards: [{ gateway: null, heardUntil: null }] });
    const before = Date.now();
    expect((await send("lease", leaseOf([0, 1], "g7"), { agent: "picky" })).status).toBe(200);
    const { shards } = await (await request(path)).json<{ shards: { heardUntil: number }[] }>();
    expect(shards).toEqual([{ gateway: "g7", heardUntil: expect.any(Number) }]);
    expect(shards[0]?.heardUntil).toBeGreaterThan(before);
    expect((await anonymous(path)).status).toBe(401);
    expect((await request("/agents/nobody/gateway")).status).toBe(404);
  });
});

describe("the gateway's doors", () => {
  it("give a lease, take events, and take the lease back", async () => {
    const shard = newShard();
    const granted = await send("lease", leaseOf(shard));
    expect(granted.status).toBe(200);
    expect(await granted.json()).toMatchObject({ epoch: 1, ttlSeconds: 10, resume: null });
    const acked = await send("events", batchOf(shard));
    expect(acked.status).toBe(200);
    expect(await acked.json()).toEqual({ acked: 1, ttlSeconds: 10 });
    const refused = await send("lease", leaseOf(shard, "g2"));
    expect(refused.status).toBe(409);
    expect(await refused.json()).toEqual({ holder: "g1", retryAfterSeconds: 10 });
    const released = await send("release", { ...leaseOf(shard), epoch: 1 });
    expect(released.status).toBe(200);
    expect(await released.json()).toEqual({});
    const fenced = await send("events", batchOf(shard));
    expect(fenced.status).toBe(409);
    expect(await fenced.json()).toMatchObject({ error: "fenced" });
  });

  it("take two secrets while one is replaced, and an agent's own in place of the shared one", async () => {
    const { default: worker } = await import("../../workers/index.ts");
    const status = async (bindings: object, secret: string) => {
      const { path, init } = await bridgeRequest("lease", leaseOf(newShard()), { secret });
      return (await worker.fetch(new Request(ORIGIN + path, init), { ...env, ...bindings })).status;
    };
    const rotating = { BRIDGE_SECRET: "new", BRIDGE_SECRET_PREVIOUS: "old" };
    expect(await status(rotating, "new")).toBe(200);
    expect(await status(rotating, "old")).toBe(200);
    expect(await status(rotating, "older")).toBe(401);
    expect(await status({ ATTENDANT__BRIDGE_SECRET: "own" }, "own")).toBe(200);
    expect(await status({ ATTENDANT__BRIDGE_SECRET: "own" }, SECRET)).toBe(401);
  });

  it("stay shut for everybody when no secret is configured", async () => {
    const { default: worker } = await import("../../workers/index.ts");
    const { path, init } = await bridgeRequest("lease", leaseOf(newShard()));
    const response = await worker.fetch(new Request(ORIGIN + path, init), { ...env, BRIDGE_SECRET: "" });
    expect(response.status).toBe(503);
    expect((await errorOf(response as Response)).code).toBe("bridge_secret_missing");
  });

  it("tell only those who can sign whether there is such an agent", async () => {
    const unsigned = await anonymous("/agents/nobody/gateway/lease", { method: "POST", body: "{}" });
    expect(unsigned.status).toBe(401);
    const signed = await send("lease", leaseOf(newShard()), { agent: "nobody" });
    expect(signed.status).toBe(404);
    expect((await errorOf(signed)).code).toBe("unknown_agent");
  });

  it("are no way around the admin's door", async () => {
    const { init } = await bridgeRequest("lease", leaseOf(newShard()));
    for (const path of [
      "/agents/attendant",
      "/agents/attendant/gateway",
      "/agents/attendant/gateway/other",
    ]) {
      expect((await anonymous(path, init)).status).toBe(401);
    }
  });

  it.each<[string, Door, unknown, RegExp]>([
    ["no JSON", "lease", "{", /not valid JSON/],
    ["no object", "lease", [], /^body: /],
    ["no gateway", "lease", { shard: [0, 1] }, /^gateway: /],
    [
      "a gateway that is none",
      "lease",
      { gateway: "a b", shard: [0, 1] },
      /^gateway: expected 1 to 100 letters/,
    ],
    ["a shard that is none", "lease", { gateway: "g", shard: 1 }, /^shard: expected \[index, count\]/],
    [
      "a shard beyond its count",
      "lease",
      { gateway: "g", shard: [1, 1] },
      /^shard: expected an index below the count/,
    ],
    ["no epoch", "release", { gateway: "g", shard: [0, 1] }, /^epoch: /],
    ["no session", "events", batchOf([0, 1], { session: undefined }), /^session: /],
    [
      "an event without a sequence",
      "events",
      batchOf([0, 1], { events: [{ t: "READY", d: {} }] }),
      /^events\.0\.s: /,
    ],
    [
      "too many events",
      "events",
      batchOf([0, 1], { events: Array.from({ length: 101 }, (_, n) => ({ s: n + 1, t: "X", d: 0 })) }),
      /^events: expected at most 100/,
    ],
  ])("refuse %s, naming the field", async (_, door, body, message) => {
    const response = await send(door, body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).message).toMatch(message);
  });

  it.each([
    ["counted from 0", { s: 0, t: "READY", d: {} }],
    ["without data", { s: 1, t: "MESSAGE_CREATE" }],
    ["whose name makes no sense", { s: 1, t: 7, d: {} }],
    ["with a name that nobody has heard of", { s: 1, t: "X".repeat(500), d: {} }],
  ])("take and pass over an event %s: the gateway would send it for ever", async (_, event) => {
    const shard = newShard();
    await send("lease", leaseOf(shard));
    const response = await send("events", batchOf(shard, { events: [event, { s: 2, t: "X", d: 0 }] }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ acked: 2 });
  });

  it("refuse what is too large: a batch of several events, and any request", async () => {
    const large = { s: 1, t: "X", d: "x".repeat(MAX_BATCH_BYTES) };
    const shard = newShard();
    await send("lease", leaseOf(shard));
    expect((await send("events", batchOf(shard, { events: [large, { s: 2, t: "X", d: 0 }] }))).status).toBe(
      413,
    );
    expect((await send("events", batchOf(shard, { events: [large] }))).status).toBe(200);
    expect((await send("events", " ".repeat(MAX_BRIDGE_BODY + 1))).status).toBe(413);
  });

  it("are not moved by requests that somebody has recorded and sends again", async () => {
    const shard = newShard();
    const start = Date.now();
    const record = async (door: Door, body: unknown, now: number) => {
      const request = await bridgeRequest(door, body, { now });
      return () => anonymous(request.path, request.init);
    };
    const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: start + ms });
    const [lease, events, release] = [
      await record("lease", leaseOf(shard), start),
      await record("events", batchOf(shard), start + 1_000),
      await record("release", { ...leaseOf(shard), epoch: 1 }, start + 2_000),
    ];
    at(0);
    expect((await lease()).status).toBe(200);
    at(1_000);
    expect((await events()).status).toBe(200);
    at(2_000);
    expect((await release()).status).toBe(200);
    at(5_000);
    for (const replay of [lease, events, release]) expect((await replay()).status).toBe(409);
    expect((await send("lease", leaseOf(shard, "g2"))).status).toBe(200);
    for (const replay of [lease, events, release]) expect((await replay()).status).toBe(409);
    expect((await send("events", batchOf(shard, { gateway: "g2", epoch: 2 }))).status).toBe(200);
  });
});

/** Requests that are not a gateway's. */
const ATTACKS = sizeOf({ full: 10_000, small: 1_000 });
const TOO_LARGE = 10;

describe(`${ATTACKS} requests that are not a gateway's`, () => {
  it("are all turned away without an error of ours, and leave nothing behind", {
    ...STORM,
    timeout: 120_000,
  }, async () => {
    const shard = newShard();
    const holder = await send("lease", leaseOf(shard));
    expect(holder.status).toBe(200);
    const link = env.GATEWAY_LINK.getByName(linkName({ agent: "attendant", shard: shard[0] }));
    const stored = () =>
      runInDurableObject(link, (_, { storage }) =>
        ["link", "guilds", "channels", "routed", "held"].map((table) =>
          storage.sql.exec(`select * from ${table}`).toArray(),
        ),
      );
    const before = await stored();
    const write = vi.spyOn(LinkState.prototype, "setLease");
    const door = fc.constantFrom<Door>("lease", "events", "release");
    const bodies = {
      lease: leaseOf(shard),
      events: batchOf(shard),
      release: { ...leaseOf(shard), epoch: 1 },
    };
    const attack = fc.record({
      door,
      kind: fc.constantFrom(
        "forged",
        "stale",
        "early",
        "changed",
        "truncated",
        "garbage",
        "headers",
        "elsewhere",
        "unsigned",
      ),
      number: fc.nat({ max: 100_000 }),
      text: fc.string({ maxLength: 60 }),
    });
    type Attack = typeof attack extends fc.Arbitrary<infer T> ? T : never;
    const make = async ({ door, kind, number, text }: Attack) => {
      const honest = await bridgeRequest(door, bodies[door], kind === "forged" ? { secret: `x${text}` } : {});
      const { init } = honest;
      switch (kind) {
        case "forged":
          return honest;
        case "stale":
          return bridgeRequest(door, bodies[door], { now: Date.now() - 301_000 - number * 1_000 });
        case "early":
          return bridgeRequest(door, bodies[door], { now: Date.now() + 302_000 + number * 1_000 });
        case "changed":
          return { ...honest, init: { ...init, body: `${init.body} ` } };
        case "truncated":
          return { ...honest, init: { ...init, body: init.body.slice(0, number % init.body.length) } };
        case "garbage":
          return { ...honest, init: { ...init, body: `${text}!` } };
        case "headers": {
          const names = [TIMESTAMP_HEADER, "X-Rig-Signature"];
          const value = encodeURIComponent(text).slice(0, 80);
          return {
            ...honest,
            init: { ...init, headers: { ...init.headers, [names[number % 2] ?? ""]: value } },
          };
        }
        case "elsewhere":
          return { ...honest, path: honest.path.replace("attendant", number % 2 ? "tester" : "nobody") };
        case "unsigned":
          return { ...honest, init: { ...init, headers: {} } };
        default:
          return kind satisfies never;
      }
    };
    const attacks = fc.sample(attack, { seed: 4, numRuns: ATTACKS - TOO_LARGE });
    const large = "x".repeat(MAX_BRIDGE_BODY + 1);
    const statuses = new Map<number, number>();
    const fire = async ({ path, init }: { path: string; init: RequestInit }) => {
      const response = await anonymous(path, init);
      await response.body?.cancel();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    };
    for (let from = 0; from < attacks.length; from += 100) {
      await Promise.all(attacks.slice(from, from + 100).map(async (each) => fire(await make(each))));
    }
    for (let n = 0; n < TOO_LARGE; n++)
      await fire(await bridgeRequest("events", large, { secret: "forged" }));
    expect(Object.fromEntries(statuses)).toEqual({ 401: ATTACKS - TOO_LARGE, 413: TOO_LARGE });
    expect(write).not.toHaveBeenCalled();
    expect(await stored()).toEqual(before);
  });
});
