import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SIGNATURE_HEADER, TIMESTAMP_HEADER, verifyInteraction } from "../../shared/interaction/signature.ts";
import { sessionName } from "../../shared/session/name.ts";
import worker from "../../workers/index.ts";
import { interactionOf, slash, text } from "../support/interaction-payloads.ts";
import vectors from "../support/wycheproof/ed25519_test.json" with { type: "json" };
import { ORIGIN } from "./support.ts";

/** A key pair as Discord has one for each application. */
interface Application {
  publicKey: string;
  sign(message: string): Promise<string>;
}

const toHex = (bytes: ArrayBuffer) =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

async function newApplication(): Promise<Application> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const publicKey = toHex((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const sign = async (message: string) =>
    toHex(await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(message)));
  return { publicKey, sign };
}

let own: Application;
let other: Application;
beforeAll(async () => {
  [own, other] = await Promise.all([newApplication(), newApplication()]);
});
afterEach(() => {
  vi.useRealTimers();
});

interface Sending {
  application?: Application;
  agent?: string;
  /** When it is signed, in Unix milliseconds. */
  at?: number;
  bindings?: object;
}

interface Sent {
  agent: string;
  body: string | undefined;
  headers: Record<string, string>;
}

/** A request as Discord makes it. */
async function signed(
  body: string,
  { application = own, agent = "attendant", at = Date.now() }: Sending = {},
): Promise<Sent> {
  const timestamp = String(Math.floor(at / 1000));
  const headers = {
    [SIGNATURE_HEADER]: await application.sign(timestamp + body),
    [TIMESTAMP_HEADER]: timestamp,
  };
  return { agent, body, headers };
}

async function deliver({ agent, body, headers }: Sent, bindings: object = {}): Promise<Response> {
  const init = { method: "POST", headers, ...(body !== undefined && { body }) };
  const request = new Request(`${ORIGIN}/agents/${agent}/interactions`, init);
  return (await worker.fetch(request, {
    ...env,
    DISCORD_PUBLIC_KEY: own.publicKey,
    ...bindings,
  })) as Response;
}

async function send(interaction: unknown, { bindings, ...sending }: Sending = {}): Promise<Response> {
  const body = typeof interaction === "string" ? interaction : JSON.stringify(interaction);
  return deliver(await signed(body, sending), bindings);
}

const errorOf = async (response: Response) =>
  (await response.json<{ error: { code: string; message: string } }>()).error;

/** What a conversation has taken in. */
async function inbox(conversation: string, agent = "attendant"): Promise<string[]> {
  const session = env.CHANNEL_SESSION.getByName(sessionName({ agent, conversation }));
  return ((await session.history()) as { text: string }[]).map(({ text }) => text);
}

const ask = (prompt: string) => slash("ask", [text("prompt", prompt)], { channel: newChannel() });
let channels = 610_000_000_000_001_000n;
const newChannel = () => ({ id: String(channels++), type: 0 });
const channelOf = (interaction: { channel_id?: string }) => interaction.channel_id ?? "";

describe("a signature", () => {
  const groups = vectors.testGroups.flatMap(({ publicKey, tests }) =>
    tests.map((test) => ({ ...test, key: publicKey.pk })),
  );
  const bytesOf = (hex: string) =>
    Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

  it("is taken for good exactly where it is, by all published vectors", async () => {
    const { isSignedByAny } = await import("../../shared/interaction/signature.ts");
    const taken = await Promise.all(
      groups.map(({ key, msg, sig }) =>
        isSignedByAny([key], { signature: sig, timestamp: "", body: bytesOf(msg) }),
      ),
    );
    const wrong = groups.filter(({ result }, at) => taken[at] !== (result === "valid"));
    expect(wrong).toEqual([]);
    expect(taken.filter(Boolean)).toHaveLength(88);
    expect(taken).toHaveLength(151);
  });

  it("is taken for good at the door exactly where it is, by those vectors that a request can be", async () => {
    // A message of digits only is the time of a request without a body.
    const requests = groups.filter(({ msg }) => /^(3\d)+$/.test(msg));
    expect(requests).toHaveLength(24);
    for (const { key, msg, sig, result } of requests) {
      const timestamp = new TextDecoder().decode(bytesOf(msg));
      vi.useFakeTimers({ toFake: ["Date"], now: Number(timestamp) * 1_000 });
      const headers = { [SIGNATURE_HEADER]: sig, [TIMESTAMP_HEADER]: timestamp };
      const response = await deliver(
        { agent: "attendant", body: undefined, headers },
        { DISCORD_PUBLIC_KEY: key },
      );
      const { code } = await errorOf(response);
      if (result === "valid") expect([response.status, code]).toEqual([400, "invalid_json"]);
      else
        expect([response.status, code]).toEqual([
          401,
          expect.stringMatching(/^signature_(forged|malformed)$/),
        ]);
    }
  });

  it("is good for five minutes to either side, and not a second longer", async () => {
    const now = 1_795_300_000_500;
    const outcome = async (ageSeconds: number) => {
      const { headers, body = "" } = await signed("{}", { at: now - ageSeconds * 1_000 });
      return verifyInteraction(
        { headers: new Headers(headers), body: new TextEncoder().encode(body) },
        { publicKeys: [own.publicKey], now },
      );
    };
    for (const age of [-300, 0, 300]) expect(await outcome(age)).toEqual({ ok: true });
    for (const age of [-301, 301]) expect(await outcome(age)).toMatchObject({ ok: false, reason: "stale" });
  });
});

describe("Discord's door", () => {
  it("answers a ping", async () => {
    const response = await send(interactionOf(1));
    expect([response.status, await response.json()]).toEqual([200, { type: 1 }]);
  });

  it("stores a question before it says that it will answer", async () => {
    const interaction = ask("Are you there?");
    const response = await send(interaction);
    expect([response.status, await response.json()]).toEqual([200, { type: 5 }]);
    expect(await inbox(channelOf(interaction))).toEqual(["Are you there?"]);
  });

  it("stores a command in a conversation of its own, for whoever gave it alone", async () => {
    const interaction = slash("status");
    const response = await send(interaction);
    expect(await response.json()).toEqual({ type: 5, data: { flags: 64 } });
    expect(await inbox(`interaction:${interaction.id}`)).toEqual(["/status"]);
  });

  it("stores an interaction once, however often it comes", async () => {
    const interaction = ask("Once?");
    const request = await signed(JSON.stringify(interaction));
    const answers = await Promise.all([request, request, request].map((each) => deliver(each)));
    const later = await send(interaction, { at: Date.now() - 5_000 });
    for (const answer of [...answers, later]) expect(await answer.json()).toEqual({ type: 5 });
    expect(await inbox(channelOf(interaction))).toEqual(["Once?"]);
  });

  it("says in private what cannot be done", async () => {
    const said = async (interaction: object) => {
      const response = await send(interaction);
      expect(response.status).toBe(200);
      return response.json<{
        type: number;
        data: { content: string; flags: number; allowed_mentions: object };
      }>();
    };
    const stale = await said(interactionOf(3, { custom_id: "0:old", component_type: 2 }));
    expect(stale).toEqual({
      type: 4,
      data: {
        content: expect.stringContaining("earlier version"),
        flags: 64,
        allowed_mentions: { parse: [] },
      },
    });
    expect((await said(slash("forgotten"))).data.content).toContain("/forgotten");
    expect((await said(interactionOf(17))).data.content).toContain("type 17");
    expect((await said(slash("use", [text("provider", "demo")]))).data.content).toContain(
      "manages this server",
    );
  });

  it("says that too much waits, and stores nothing then", async () => {
    const channel = newChannel();
    const busyAsk = (n: number) => slash("ask", [text("prompt", `[[hang]] ${n}`)], { channel });
    const types: number[] = [];
    for (let n = 0; n < 4; n++) types.push((await (await send(busyAsk(n))).json<{ type: number }>()).type);
    expect(types).toEqual([5, 5, 5, 4]);
    expect(await inbox(channel.id)).toHaveLength(3);
    const session = env.CHANNEL_SESSION.getByName(
      sessionName({ agent: "attendant", conversation: channel.id }),
    );
    await session.reset();
  });

  it("tries a session twice, and says so when it cannot be reached at all", async () => {
    /** The first calls find the session restarting. */
    const failing = (times: number) => {
      let left = times;
      const getByName = (name: string) => {
        const session = env.CHANNEL_SESSION.getByName(name);
        const accept: typeof session.accept = (event) => {
          if (left-- > 0) throw new Error("the session restarts");
          return session.accept(event);
        };
        return { accept };
      };
      return { CHANNEL_SESSION: { getByName } };
    };
    const interaction = ask("Twice?");
    const lost = await send(interaction, { bindings: failing(2) });
    expect(await lost.json()).toMatchObject({
      ...{ type: 4, data: { content: expect.stringContaining("Try again"), flags: 64 } },
    });
    expect(await inbox(channelOf(interaction))).toEqual([]);
    expect(await (await send(interaction, { bindings: failing(1) })).json()).toEqual({ type: 5 });
    expect(await inbox(channelOf(interaction))).toEqual(["Twice?"]);
  });

  it("takes several keys while one is replaced, and an agent's own in place of the shared ones", async () => {
    const third = await newApplication();
    const status = async (application: Application, bindings: object) =>
      (await send(interactionOf(1), { application, bindings })).status;
    for (const separator of [" ", ",", ", ", "\n"]) {
      const rotating = { DISCORD_PUBLIC_KEY: own.publicKey + separator + other.publicKey.toUpperCase() };
      expect(await status(own, rotating)).toBe(200);
      expect(await status(other, rotating)).toBe(200);
      expect(await status(third, rotating)).toBe(401);
    }
    const separate = { ATTENDANT__DISCORD_PUBLIC_KEY: other.publicKey };
    expect(await status(other, separate)).toBe(200);
    expect(await status(own, separate)).toBe(401);
  });

  it("stays shut for everybody when no key is configured, or what is configured is none", async () => {
    for (const DISCORD_PUBLIC_KEY of ["", " ", "not-a-key", own.publicKey.slice(1), `${own.publicKey} x`]) {
      const response = await send(interactionOf(1), { bindings: { DISCORD_PUBLIC_KEY } });
      expect(response.status).toBe(503);
      expect(await errorOf(response)).toEqual({
        code: "public_key_missing",
        message: expect.stringMatching(
          /64 hexadecimal digits.* in ATTENDANT__DISCORD_PUBLIC_KEY or DISCORD_PUBLIC_KEY/,
        ),
      });
    }
    // 64 digits, but no point of the curve that a signature could fit.
    const response = await send(interactionOf(1), { bindings: { DISCORD_PUBLIC_KEY: "f".repeat(64) } });
    expect(response.status).toBe(401);
  });

  it("takes what another application sends for nothing, even where it has the same key", async () => {
    const DISCORD_APPLICATION_ID = "800000000000000002";
    const interaction = ask("For somebody else?");
    for (const sent of [interaction, interactionOf(1)]) {
      const response = await send(sent, { bindings: { DISCORD_APPLICATION_ID } });
      expect(response.status).toBe(401);
      expect((await errorOf(response)).code).toBe("wrong_application");
    }
    expect(await inbox(channelOf(interaction))).toEqual([]);
    const right = { DISCORD_APPLICATION_ID: interaction.application_id };
    expect((await send(interaction, { bindings: right })).status).toBe(200);
  });

  it("takes what was sent to another agent for nothing", async () => {
    const interaction = ask("For whom?");
    const request = await signed(JSON.stringify(interaction));
    const bindings = { TALKER__DISCORD_PUBLIC_KEY: other.publicKey };
    expect((await deliver({ ...request, agent: "talker" }, bindings)).status).toBe(401);
    expect(await inbox(channelOf(interaction), "talker")).toEqual([]);
  });

  it("tells only those who can sign whether there is such an agent", async () => {
    expect((await send(interactionOf(1), { agent: "nobody", application: other })).status).toBe(401);
    const response = await send(interactionOf(1), { agent: "nobody" });
    expect([response.status, (await errorOf(response)).code]).toEqual([404, "unknown_agent"]);
  });

  it("is no way around the admin's door", async () => {
    const { headers, body } = await signed("{}");
    for (const path of ["/agents/attendant/interactions/", "/agents/attendant", "/agents/attendant/chats"]) {
      const request = new Request(ORIGIN + path, { method: "POST", headers, ...(body && { body }) });
      expect((await worker.fetch(request, env)).status).toBe(401);
    }
  });

  it.each<[string, string, string, RegExp]>([
    ["no JSON", "{", "invalid_json", /not valid JSON/],
    ["no object", "[]", "invalid_interaction", /^interaction: /],
    ["nothing", "", "invalid_json", /not valid JSON/],
    [
      "an id that is none",
      JSON.stringify({ ...slash("ask"), id: "x" }),
      "invalid_interaction",
      /^id: expected a snowflake/,
    ],
    [
      "an option that is none",
      JSON.stringify(slash("ask", [{ name: "prompt", type: 3 }])),
      "invalid_interaction",
      /^data\.options\.prompt: expected a text/,
    ],
  ])("refuses %s, naming the field", async (_, body, code, message) => {
    const response = await send(body);
    expect([response.status, await errorOf(response)]).toEqual([
      400,
      { code, message: expect.stringMatching(message) },
    ]);
  });

  it("refuses what is no text", async () => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const body = new Uint8Array([0xff, 0xfe]);
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
    const key = toHex((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
    const message = new Uint8Array([...new TextEncoder().encode(timestamp), ...body]);
    const signature = toHex(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
    const headers = { [SIGNATURE_HEADER]: signature, [TIMESTAMP_HEADER]: timestamp };
    const request = new Request(`${ORIGIN}/agents/attendant/interactions`, { method: "POST", headers, body });
    const response = await worker.fetch(request, { ...env, DISCORD_PUBLIC_KEY: key });
    expect([response.status, (await errorOf(response as Response)).code]).toEqual([400, "invalid_utf8"]);
  });

  it("refuses what is too large, and what is no POST", async () => {
    const response = await send(" ".repeat(1024 * 1024 + 1));
    expect([response.status, (await errorOf(response)).code]).toEqual([413, "body_too_large"]);
    const get = new Request(`${ORIGIN}/agents/attendant/interactions`);
    expect((await worker.fetch(get, { ...env, DISCORD_PUBLIC_KEY: own.publicKey })).status).toBe(401);
  });
});

describe("a thousand requests that Discord has not signed for this agent just now", () => {
  it("are all turned away without an error of ours, and leave nothing behind", async () => {
    const interaction = ask("Let me in!");
    const honest = await signed(JSON.stringify(interaction));
    const attack = fc.record({
      kind: fc.constantFrom(
        "forged",
        "stale",
        "early",
        "changed",
        "truncated",
        "garbage",
        "headers",
        "unsigned",
        "elsewhere",
      ),
      number: fc.nat({ max: 100_000 }),
      text: fc.string({ maxLength: 60 }),
    });
    type Attack = typeof attack extends fc.Arbitrary<infer T> ? T : never;
    const make = async ({ kind, number, text }: Attack): Promise<Sent> => {
      const { body = "", headers } = honest;
      switch (kind) {
        case "forged":
          return signed(body, { application: other });
        case "stale":
          return signed(body, { at: Date.now() - 301_000 - number * 1_000 });
        case "early":
          return signed(body, { at: Date.now() + 303_000 + number * 1_000 });
        case "changed":
          return { ...honest, body: `${body} ` };
        case "truncated":
          return { ...honest, body: body.slice(0, number % body.length) };
        case "garbage":
          return { ...honest, body: `${text}!` };
        case "headers": {
          const name = number % 2 ? SIGNATURE_HEADER : TIMESTAMP_HEADER;
          return { ...honest, headers: { ...headers, [name]: encodeURIComponent(text).slice(0, 128) } };
        }
        case "unsigned": {
          const { [number % 2 ? SIGNATURE_HEADER : TIMESTAMP_HEADER]: _, ...rest } = headers;
          return { ...honest, headers: rest };
        }
        case "elsewhere":
          return { ...honest, agent: number % 2 ? "talker" : "nobody" };
        default:
          return kind satisfies never;
      }
    };
    const keys = { NOBODY__DISCORD_PUBLIC_KEY: other.publicKey, TALKER__DISCORD_PUBLIC_KEY: other.publicKey };
    const attacks = fc.sample(attack, { seed: 6, numRuns: 1_000 });
    const statuses = new Map<number, number>();
    for (let from = 0; from < attacks.length; from += 100) {
      const responses = attacks.slice(from, from + 100).map(async (each) => deliver(await make(each), keys));
      for (const { status } of await Promise.all(responses))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 401: 1_000 });
    expect(await inbox(channelOf(interaction))).toEqual([]);
    // The same question is answered when it comes as it should: nothing else kept it out.
    expect((await deliver(honest)).status).toBe(200);
    expect(await inbox(channelOf(interaction))).toEqual(["Let me in!"]);
  });
});
