import { describe, expect, it } from "vitest";
import { initialState, nextTimer, step } from "../../../shared/gateway/session.ts";
import type { GatewayInput, GatewayOutput, GatewaySettings } from "../../../shared/gateway/state.ts";

const settings: GatewaySettings = {
  token: "bot-token",
  intents: 37377,
  shard: [1, 4],
  properties: { os: "linux", browser: "rig-edge", device: "rig-edge" },
  forward: new Set(["READY", "MESSAGE_CREATE"]),
  maxEvents: 4,
  maxBytes: 10_000,
};
const resumeUrl = "wss://gateway-eu.discord.gg";
const hello = { op: 10, s: null, t: null, d: { heartbeat_interval: 40_000 } };
const ready = { op: 0, s: 1, t: "READY", d: { session_id: "one", resume_gateway_url: resumeUrl } };
const message = (s: number) => ({ op: 0, s, t: "MESSAGE_CREATE", d: { id: String(s) } });
const typing = (s: number) => ({ op: 0, s, t: "TYPING_START", d: {} });

/** A session under a clock and a die that the test holds. */
function session(change: Partial<GatewaySettings> = {}) {
  let state = initialState;
  const clock = { now: 1_000_000, random: 0.5 };
  const tell = (input: GatewayInput): readonly GatewayOutput[] => {
    const context = { now: clock.now, random: () => clock.random, settings: { ...settings, ...change } };
    const next = step(state, input, context);
    state = next.state;
    return next.outputs;
  };
  const frame = (payload: unknown) =>
    tell({ type: "frame", payload, bytes: JSON.stringify(payload)?.length ?? 0 });
  /** Lets time pass until the next timer. */
  const wait = () => {
    const due = nextTimer(state);
    if (due === null) throw new Error(`nothing is planned while ${state.connection.at}`);
    const waited = due - clock.now;
    clock.now = due;
    return { waited, outputs: tell({ type: "timer" }) };
  };
  const driver = {
    clock,
    tell,
    frame,
    wait,
    state: () => state,
    /** From nothing to READY. */
    begin() {
      tell({ type: "start", resume: null });
      wait();
      tell({ type: "gateway", url: "wss://gateway.discord.gg", identifyAt: clock.now });
      tell({ type: "opened" });
      frame(hello);
      tell({ type: "identify-slot", at: clock.now });
      frame(ready);
      return driver;
    },
    acked: (seq: number, sessionId = "one") => tell({ type: "acked", sessionId, seq }),
  };
  return driver;
}

const sent = (outputs: readonly GatewayOutput[]) =>
  outputs.flatMap((output) => (output.do === "send" ? [output.payload] : []));
const delivered = (outputs: readonly GatewayOutput[]) =>
  outputs.flatMap((output) => (output.do === "deliver" ? [output.event.s] : []));
const disconnected = (outputs: readonly GatewayOutput[]) =>
  outputs.find((output) => output.do === "disconnected");

describe("a new session", () => {
  it("looks the Gateway up, connects in version 10 and JSON, and identifies in its slot", () => {
    const { tell, wait, frame, clock } = session({ presence: { status: "online" } as never });
    expect(tell({ type: "start", resume: null })).toEqual([]);
    expect(wait()).toEqual({ waited: 0, outputs: [{ do: "find-gateway" }] });
    const identifyAt = clock.now + 7_000;
    expect(tell({ type: "gateway", url: "wss://gateway.discord.gg", identifyAt })).toEqual([]);
    expect(wait()).toEqual({
      waited: 7_000,
      outputs: [{ do: "connect", url: "wss://gateway.discord.gg/?v=10&encoding=json" }],
    });
    expect(tell({ type: "opened" })).toEqual([]);
    expect(frame(hello)).toEqual([{ do: "reserve-identify" }]);
    expect(tell({ type: "identify-slot", at: clock.now + 5_000 })).toEqual([]);
    const { waited, outputs } = wait();
    expect(waited).toBe(5_000);
    const { token, intents, shard, properties } = settings;
    const d = { token, intents, shard, properties, presence: { status: "online" } };
    expect(outputs).toEqual([{ do: "send", payload: { op: 2, d } }]);
  });

  it("hands READY on and can be resumed as soon as that is stored", () => {
    const driver = session();
    driver.begin();
    expect(driver.state().connection.at).toBe("ready");
    expect(driver.acked(1)).toEqual([{ do: "persist", resume: { sessionId: "one", resumeUrl, seq: 1 } }]);
  });

  it("waits for nothing for ever: neither HELLO nor READY", () => {
    const { tell, wait, frame, clock } = session();
    tell({ type: "start", resume: null });
    wait();
    tell({ type: "gateway", url: "wss://gateway.discord.gg", identifyAt: clock.now });
    expect(disconnected(wait().outputs)).toMatchObject({ reason: "timeout" });
    wait();
    tell({ type: "gateway", url: "wss://gateway.discord.gg", identifyAt: clock.now });
    frame(hello);
    tell({ type: "identify-slot", at: clock.now });
    const identified = clock.now;
    let end = disconnected(wait().outputs);
    while (end === undefined) {
      frame({ op: 11 });
      end = disconnected(wait().outputs);
    }
    expect(end).toMatchObject({ reason: "timeout" });
    expect(clock.now - identified).toBe(60_000);
  });
});

describe("heartbeats", () => {
  it("begin after a random part of the interval and carry the last sequence received", () => {
    const driver = session().begin();
    driver.frame(message(2));
    driver.frame(typing(3));
    const first = driver.wait();
    expect(first).toEqual({ waited: 20_000, outputs: [{ do: "send", payload: { op: 1, d: 3 } }] });
    driver.frame({ op: 11 });
    expect(driver.wait()).toEqual({ waited: 40_000, outputs: [{ do: "send", payload: { op: 1, d: 3 } }] });
  });

  it("are sent at once when Discord asks, which is no reason to expect an answer sooner", () => {
    const driver = session().begin();
    expect(driver.frame({ op: 1 })).toEqual([{ do: "send", payload: { op: 1, d: 1 } }]);
    expect(sent(driver.wait().outputs)).toHaveLength(1);
  });

  it("find a zombie: no answer before the next one closes the socket resumably and resumes at once", () => {
    const driver = session().begin();
    driver.acked(1);
    driver.wait();
    const { outputs } = driver.wait();
    expect(outputs).toEqual([
      { do: "close", code: 4200 },
      { do: "disconnected", reason: "zombie", code: null, willResume: true },
    ]);
    expect(driver.wait()).toEqual({
      waited: 0,
      outputs: [{ do: "connect", url: `${resumeUrl}/?v=10&encoding=json` }],
    });
  });
});

describe("RESUME", () => {
  /** Ends the connection and greets the next one. */
  function reconnect(driver: ReturnType<typeof session>) {
    driver.tell({ type: "closed", code: 1006, reason: "" });
    driver.wait();
    driver.tell({ type: "opened" });
    return sent(driver.frame(hello));
  }

  it("asks from the last acknowledged event, and passes over what is on its way already", () => {
    const driver = session().begin();
    for (const s of [2, 3, 4]) driver.frame(message(s));
    driver.acked(2);
    expect(reconnect(driver)).toEqual([{ op: 6, d: { token: "bot-token", session_id: "one", seq: 2 } }]);
    expect([3, 4, 5].map((s) => delivered(driver.frame(message(s))))).toEqual([[], [], [5]]);
    driver.frame({ op: 0, s: 6, t: "RESUMED", d: {} });
    expect(sent(driver.wait().outputs)).toEqual([{ op: 1, d: 6 }]);
  });

  it("is followed by heartbeats that carry what it asked from, until something is received", () => {
    const driver = session().begin();
    for (const s of [2, 3]) driver.frame(message(s));
    driver.acked(2);
    reconnect(driver);
    expect(sent(driver.frame({ op: 1 }))).toEqual([{ op: 1, d: 2 }]);
    expect(sent(driver.wait().outputs)).toEqual([{ op: 1, d: 2 }]);
    driver.frame(message(3));
    expect(sent(driver.frame({ op: 1 }))).toEqual([{ op: 1, d: 3 }]);
  });

  it("asks from READY while READY itself is on its way", () => {
    expect(reconnect(session().begin())).toMatchObject([{ op: 6, d: { seq: 1 } }]);
  });

  it("moves over events that nobody waits for, once all before them are stored", () => {
    const driver = session().begin();
    driver.acked(1);
    driver.frame(typing(2));
    driver.frame(message(3));
    driver.frame(typing(4));
    expect(reconnect(driver)).toMatchObject([{ d: { seq: 2 } }]);
    driver.acked(3);
    expect(reconnect(driver)).toMatchObject([{ d: { seq: 4 } }]);
  });

  it("begins with what the Worker has kept", () => {
    const driver = session();
    driver.tell({ type: "start", resume: { sessionId: "kept", resumeUrl, seq: 41 } });
    expect(driver.wait().outputs).toMatchObject([{ do: "connect" }]);
    expect(sent(driver.frame(hello))).toMatchObject([{ op: 6, d: { session_id: "kept", seq: 41 } }]);
    expect(delivered(driver.frame(message(42)))).toEqual([42]);
  });

  it("follows op 7 without a wait", () => {
    const driver = session().begin();
    expect(disconnected(driver.frame({ op: 7 }))).toMatchObject({
      reason: "reconnect_requested",
      willResume: true,
    });
    expect(driver.wait()).toMatchObject({ waited: 0, outputs: [{ do: "connect" }] });
  });

  it.each([
    [true, "wss://gateway-eu.discord.gg/?v=10&encoding=json"],
    [false, null],
  ])("after op 9 with d %s waits one to five seconds and goes on where it can", (d, url) => {
    for (const [random, waited] of [
      [0, 1_000],
      [0.5, 3_000],
      [1, 5_000],
    ] as const) {
      const driver = session().begin();
      driver.acked(1);
      driver.clock.now += 10_000;
      driver.clock.random = random;
      const outputs = driver.frame({ op: 9, d });
      expect(disconnected(outputs)).toMatchObject({ reason: "invalid_session", willResume: d });
      expect(driver.wait()).toEqual({
        waited,
        outputs: [url === null ? { do: "find-gateway" } : { do: "connect", url }],
      });
    }
  });

  it("is tried at the Gateway's own address when the session's does not answer", () => {
    const driver = session().begin();
    const asked = [1, 2, 3].map(() => {
      driver.tell({ type: "closed", code: 1006, reason: "" });
      return driver.wait().outputs[0]?.do;
    });
    expect(asked).toEqual(["connect", "connect", "find-gateway"]);
    const url = "wss://gateway.discord.gg";
    expect(driver.tell({ type: "gateway", url, identifyAt: driver.clock.now + 9_000 })).toMatchObject([
      { do: "connect", url: expect.stringContaining(url) },
    ]);
    expect(sent(driver.frame(hello))).toMatchObject([{ op: 6 }]);
  });

  it("is given up when it has come to nothing often enough", () => {
    const driver = session().begin();
    driver.clock.now += 10_000;
    const ends = Array.from({ length: 9 }, () => {
      const outputs = driver.tell({ type: "closed", code: 4000, reason: "" });
      const [found] = driver.wait().outputs;
      const { now } = driver.clock;
      if (found?.do === "find-gateway")
        driver.tell({ type: "gateway", url: "wss://gateway.discord.gg", identifyAt: now });
      driver.frame(hello);
      return disconnected(outputs)?.willResume;
    });
    expect(ends).toEqual([...Array(8).fill(true), false]);
  });
});

describe("a closed connection", () => {
  it.each([
    [1000, true],
    [1001, true],
    [1006, true],
    [4000, true],
    [4001, true],
    [4002, true],
    [4003, false],
    [4005, true],
    [4007, false],
    [4008, true],
    [4009, false],
    [4999, true],
  ])("with code %i can be resumed: %s", (code, willResume) => {
    const driver = session().begin();
    driver.acked(1);
    expect(disconnected(driver.tell({ type: "closed", code, reason: "" }))).toEqual({
      do: "disconnected",
      reason: "closed",
      code,
      willResume,
    });
    expect(driver.wait().outputs[0]?.do).toBe(willResume ? "connect" : "find-gateway");
  });

  it.each([
    [4004, /DISCORD_BOT_TOKEN.*|.*Developer Portal/],
    [4010, /RIG_SHARDS/],
    [4011, /sharding/],
    [4012, /Update/],
    [4013, /intents/],
    [4014, /Message Content Intent.*Developer Portal/],
  ])("with code %i stops for good and says what to do", (code, message) => {
    const driver = session().begin();
    const outputs = driver.tell({ type: "closed", code, reason: "" });
    expect(outputs).toContainEqual({ do: "fatal", code, message: expect.stringMatching(message) });
    expect(nextTimer(driver.state())).toBeNull();
  });

  it("is waited after ever longer while Discord is not there, up to ten seconds", () => {
    const driver = session();
    driver.tell({ type: "start", resume: { sessionId: "s", resumeUrl, seq: 1 } });
    driver.wait();
    const waits = Array.from({ length: 8 }, () => {
      driver.tell({ type: "closed", code: 1006, reason: "" });
      const { waited, outputs } = driver.wait();
      if (outputs[0]?.do === "find-gateway")
        driver.tell({ type: "gateway", url: resumeUrl, identifyAt: driver.clock.now });
      return waited;
    });
    expect(waits).toEqual([500, 750, 1_500, 3_000, 6_000, 7_500, 7_500, 7_500]);
  });
});

describe("a Worker that does not keep up", () => {
  it("closes the socket resumably, and loses nothing", () => {
    const driver = session().begin();
    for (const s of [2, 3, 4]) driver.frame(message(s));
    const outputs = driver.frame(message(5));
    expect(outputs.map((output) => output.do)).toEqual(["deliver", "close", "disconnected"]);
    expect(outputs[1]).toEqual({ do: "close", code: 4200 });
    expect(driver.frame(message(6))).toEqual([]);
    driver.acked(2);
    expect(nextTimer(driver.state())).toBeNull();
    driver.acked(3);
    expect(driver.wait().outputs).toMatchObject([{ do: "connect" }]);
    expect(sent(driver.frame(hello))).toMatchObject([{ op: 6, d: { seq: 3 } }]);
    expect([4, 5, 6].map((s) => delivered(driver.frame(message(s))))).toEqual([[], [], [6]]);
  });

  it("is measured in bytes as well", () => {
    const driver = session({ maxBytes: 500 }).begin();
    const large = { ...message(2), d: { content: "x".repeat(600) } };
    expect(disconnected(driver.frame(large))).toMatchObject({ reason: "backpressure" });
    driver.acked(2);
    expect(driver.wait().outputs).toMatchObject([{ do: "connect" }]);
  });
});

describe("a session under an id that was there before", () => {
  it("is told from the one before, and nothing of it is passed over", () => {
    const driver = session().begin();
    driver.frame(message(2));
    driver.clock.now += 60_000;
    const [first] = driver.frame(ready).filter((output) => output.do === "deliver");
    expect(first).toMatchObject({ event: { s: 1 }, session: { id: "one", begunAt: driver.clock.now } });
    expect(delivered(driver.frame(message(2)))).toEqual([2]);
  });

  it("may count from 0", () => {
    const driver = session();
    driver.tell({ type: "start", resume: { sessionId: "kept", resumeUrl, seq: 0 } });
    driver.wait();
    expect(sent(driver.frame(hello))).toMatchObject([{ op: 6, d: { seq: 0 } }]);
    expect(delivered(driver.frame({ ...ready, s: 0 }))).toEqual([0]);
    expect(driver.acked(0)).toEqual([{ do: "persist", resume: { sessionId: "one", resumeUrl, seq: 0 } }]);
  });
});

describe("what makes no sense", () => {
  it.each([
    undefined,
    null,
    7,
    "text",
    [],
    {},
    { op: "0" },
    { op: 99, d: {} },
    { op: 10 },
    { op: 10, d: { heartbeat_interval: 0 } },
    { op: 0, s: 2 },
    { op: 0, s: -1, t: "MESSAGE_CREATE" },
    { op: 0, s: "2", t: "MESSAGE_CREATE" },
    { op: 0, s: null, t: "MESSAGE_CREATE" },
  ])("is logged and ignored: %j", (payload) => {
    const driver = session().begin();
    const before = driver.state();
    expect(driver.frame(payload)).toMatchObject([{ do: "log", level: "warn" }]);
    expect(driver.state()).toEqual(before);
  });

  it.each([undefined, null, "no address", 7])(
    "is a READY whose resume URL is %j: it is resumed at the Gateway's own",
    (url) => {
      const driver = session().begin();
      driver.frame({ op: 0, s: 1, t: "READY", d: { session_id: "two", resume_gateway_url: url } });
      driver.tell({ type: "closed", code: 1006, reason: "" });
      expect(driver.wait().outputs).toEqual([
        { do: "connect", url: "wss://gateway.discord.gg/?v=10&encoding=json" },
      ]);
      expect(sent(driver.frame(hello))).toMatchObject([{ op: 6, d: { session_id: "two" } }]);
    },
  );

  it.each([{}, { session_id: "" }, { session_id: 2, resume_gateway_url: resumeUrl }])(
    "is a READY without a session: it begins anew",
    (d) => {
      const driver = session().begin();
      expect(disconnected(driver.frame({ op: 0, s: 1, t: "READY", d }))).toMatchObject({
        reason: "protocol",
        willResume: false,
      });
    },
  );

  it("is a second HELLO: nothing is begun twice", () => {
    const started = session();
    started.tell({ type: "start", resume: null });
    started.wait();
    started.tell({ type: "gateway", url: resumeUrl, identifyAt: started.clock.now });
    expect(started.frame(hello)).toEqual([{ do: "reserve-identify" }]);
    const identified = session().begin();
    identified.acked(1);
    const resuming = session();
    resuming.tell({ type: "start", resume: { sessionId: "kept", resumeUrl, seq: 41 } });
    resuming.wait();
    resuming.frame(hello);
    for (const driver of [started, identified, resuming]) {
      const before = driver.state();
      expect(driver.frame({ ...hello, d: { heartbeat_interval: 5_000 } })).toEqual([]);
      expect(driver.state()).toEqual(before);
    }
  });

  it("is what an old socket still says after the session was stopped", () => {
    const driver = session().begin();
    expect(driver.tell({ type: "stop" })).toEqual([{ do: "close", code: 4200 }]);
    for (const payload of [hello, ready, message(2), { op: 1 }, { op: 7 }, { op: 9, d: false }])
      expect(driver.frame(payload)).toEqual([]);
    expect(driver.tell({ type: "closed", code: 4004, reason: "" })).toEqual([]);
    expect(driver.acked(1)).toMatchObject([{ do: "persist" }]);
  });
});
