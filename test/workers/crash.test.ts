import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { placesOf, STORM } from "../support/storm.ts";
import { type CrashPoint, installCrashPoints, planFate, WRITES } from "./crash-points.ts";
import { answerOf, Chat, modelRequests } from "./support.ts";
import { describeDeaths, expectOneCompleteAnswer, kept, PATIENCE, sentByTools, Victim } from "./victim.ts";

/** Every place at which the first instance of a {@link Victim} can die. */
let points: CrashPoint[] = [];

beforeAll(async () => {
  const takeAway = installCrashPoints();
  points = await crashPoints();
  return takeAway;
}, 3 * PATIENCE);

type Kill = (victims: readonly Victim[]) => Promise<unknown>;

const crash: Kill = abortAllDurableObjects;
const evict: Kill = (victims) =>
  Promise.all(
    victims.map(({ chat }) =>
      evictDurableObject(chat.stub).catch((error: Error) => {
        // One that died in its constructor is gone already.
        if (!error.message.includes("not currently running")) throw error;
      }),
    ),
  );

/** Lets all of them die as planned, at the same time, and then checks what each user, model and tool has seen. */
async function dieAndAnswer(victims: readonly Victim[], kill: Kill): Promise<void> {
  await Promise.all(victims.map((victim) => victim.begin()));
  const mostDeaths = Math.max(...victims.map(({ deaths }) => deaths.length));
  for (let nth = 1; nth <= mostDeaths; nth++) {
    for (const victim of victims) await victim.isDead(nth);
    await kill(victims);
    await Promise.all(victims.map((victim) => victim.comeBack(nth)));
  }
  for (const victim of victims) await victim.chat.settled(PATIENCE);
  const requests = await sentByTools();
  for (const victim of victims) await expectOneCompleteAnswer(victim, requests);
}

const SIDES = ["before", "after"] as const;

/** Reads them off an undisturbed conversation. */
async function crashPoints(): Promise<CrashPoint[]> {
  const undisturbed = new Victim([]);
  await undisturbed.begin();
  const isOver = (turns: TurnView[]) => turns.length === 2 && turns.every(({ finishedAt }) => finishedAt);
  await undisturbed.chat.until(isOver, PATIENCE);
  const [writes = []] = undisturbed.fate.lives;
  return writes.flatMap((write) => SIDES.map((side) => ({ write, side })));
}

describe("a session that dies at any write of its journal", () => {
  it("has every write of its store among the crash points", () => {
    const met = new Set(points.map(({ write }) => write.split(" ")[0]));
    // These end turns that have no answer, or forget them; a stop and a failure die in tests of their own.
    for (const method of ["cancel", "fail", "failModelCall", "forget"]) met.add(method);
    // So do parking and what ends it, where calls need approval (approval.test.ts).
    for (const method of ["park", "decide", "declineOverdue"]) met.add(method);
    // Only messages with files are read anew when a turn is resumed, and kept as they were read.
    met.add("setUserTexts");
    // Only Discord turns an answer away (discord-delivery.test.ts).
    met.add("markUndeliverable");
    // A command is answered without the model (commands.test.ts).
    met.add("answerCommand");
    // Edits and deletions change messages that no turn has taken (gateway-link.test.ts).
    for (const method of ["amend", "withdraw"]) met.add(method);
    expect([...met].sort()).toEqual([...WRITES].sort());
  });

  it("and crashes there answers each message once, whole and in order", { timeout: 60_000 }, async () => {
    await dieAtEachOf(points, crash);
  });

  it("and is evicted there answers each message once, whole and in order", {
    ...STORM,
    timeout: 60_000,
  }, async () => {
    await dieAtEachOf(placesOf(points, { every: 3, from: 0 }), evict);
  });

  async function dieAtEachOf(places: readonly CrashPoint[], kill: Kill): Promise<void> {
    const victims = places.map((point) => new Victim([point]));
    await dieAndAnswer(victims, kill);
    for (const { fate, deaths } of victims) expect(fate.died, describeDeaths(deaths)).toBe(1);
  }

  // The next instance writes that it takes the turn, then the model, and then what comes next in the journal.
  it.each<CrashPoint & { from: number }>([
    { write: "write 3", side: "after", from: 1 },
    { write: "write 4", side: "before", from: 2 },
  ])(
    "and again $side $write of the next instance answers each message once, whole and in order",
    { ...STORM, timeout: 60_000 },
    async ({ from, ...second }) => {
      const victims = placesOf(points, { every: 3, from }).map((first) => new Victim([first, second]));
      await dieAndAnswer(victims, crash);
      expect(victims.filter(({ fate }) => fate.died === 2).length).toBeGreaterThan(victims.length / 2);
    },
  );

  it.each(["failModelCall 1", "fail 1"].flatMap((write) => SIDES.map((side) => ({ write, side }))))(
    "and dies $side $write of a turn that fails says so once",
    async (death) => {
      const [word, chat] = [`fails-${crypto.randomUUID().slice(0, 8)}`, new Chat()];
      const fate = planFate(word, [death]);
      await chat.send("[[status 401]]", word);
      await vi.waitFor(() => expect(fate.died).toBe(1), { timeout: PATIENCE });
      await abortAllDurableObjects();
      const [turn] = await chat.settled();
      expect(turn).toMatchObject({ state: "failed", parts: [] });
      expect((await kept(chat)).outbox).toEqual([{ status: "sent", text: turn?.notice }]);
    },
  );
});

describe("a session whose model call broke off", () => {
  it.each([
    { write: "failModelCall 1", side: "before", attempts: 2 },
    { write: "failModelCall 1", side: "after", attempts: 2 },
    { write: "startModelCall 2", side: "before", attempts: 2 },
    { write: "startModelCall 2", side: "after", attempts: 3 },
  ] as const)(
    "and that dies $side $write, where it begins anew, answers once and has counted each attempt",
    async ({ attempts, ...death }) => {
      const [word, chat] = [`cut-${crypto.randomUUID().slice(0, 8)}`, new Chat()];
      const fate = planFate(word, [death]);
      await chat.send(`${word} [[cut once]] [[chunks 5]] [[say whole in the end]]`, word);
      await vi.waitFor(() => expect(fate.died).toBe(1), { timeout: PATIENCE });
      await abortAllDurableObjects();
      const [turn] = await chat.settled(PATIENCE);
      expect(turn && answerOf(turn)).toBe("whole in the end");
      expect((await kept(chat)).outbox).toEqual([{ status: "sent", text: "whole in the end" }]);
      const [journal] = await runInDurableObject(chat.stub, (_, { storage: { sql } }) =>
        sql.exec("SELECT json_extract(entry, '$.attempt') AS attempt FROM steps").toArray(),
      );
      expect(journal).toEqual({ attempt: attempts });
    },
  );
});

describe("a session that dies while it is told to stop", () => {
  const slow = "[[chunks 40]] [[slow 10]] [[say some words that take their time, one after the other]]";

  it.each([
    ["before", "done"],
    ["after", "cancelled"],
  ] as const)(
    "%s it has written that: the answer is %s, and the next message is answered",
    async (side, state) => {
      const [word, chat] = [`stops-${crypto.randomUUID().slice(0, 8)}`, new Chat()];
      const fate = planFate(word, [{ write: "cancel 1", side }]);
      await chat.send(slow, word);
      await chat.send("[[say next]]");
      await chat.until(([first]) => first !== undefined && answerOf(first) !== "");
      await chat.stop().catch(() => {});
      expect(fate.died).toBe(1);
      await abortAllDurableObjects();
      const turns = await chat.settled();
      expect(turns.map((turn) => turn.state)).toEqual([state, "done"]);
      expect((await kept(chat)).transcript.map(({ role }) => role)).toEqual([
        "user",
        "assistant",
        "user",
        "assistant",
      ]);
    },
  );

  it("stops the turn that the next instance has taken up, when that is told first", async () => {
    const chat = new Chat();
    await chat.send(slow);
    await chat.until(([first]) => first !== undefined && answerOf(first) !== "");
    await abortAllDurableObjects();
    expect(await chat.stop()).toBe(true);
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "cancelled", notice: "Stopped." });
  });
});

describe("a session that dies during a model call", () => {
  it("has its connection closed, and the next instance calls again", async () => {
    const [word, chat] = [`dies-${crypto.randomUUID().slice(0, 8)}`, new Chat()];
    await chat.send(`${word} [[hang stream once]] [[say whole]]`);
    await vi.waitFor(async () => expect(await modelRequests(word)).toMatchObject([{ state: "open" }]));
    await abortAllDurableObjects();
    await vi.waitFor(async () => expect(await modelRequests(word)).toMatchObject([{ state: "aborted" }]));
    const [turn] = await chat.settled();
    expect(turn && answerOf(turn)).toBe("whole");
  });
});

describe("a storm of one message, a thousand times from fifty clients over HTTP and WebSocket", () => {
  it("is one turn with one answer", { timeout: 60_000 }, async () => {
    const chat = new Chat();
    const word = `storm-${crypto.randomUUID().slice(0, 8)}`;
    const message = { id: "the-same", text: `${word} [[say once]]` };
    const overHttp = async () => {
      const replies = [];
      for (let n = 0; n < 20; n++) replies.push(await chat.send(message.text, message.id));
      return replies;
    };
    const overSocket = async () => {
      const client = await chat.connect();
      for (let n = 0; n < 20; n++) client.send({ type: "send", ...message });
      const accepted = () => client.frames.filter((frame) => frame.type === "accepted");
      await vi.waitFor(() => expect(accepted()).toHaveLength(20), { timeout: PATIENCE });
      client.socket.close();
      return accepted();
    };
    const clients = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? overHttp() : overSocket()));
    const replies = (await Promise.all(clients)).flat();
    expect(replies).toHaveLength(1_000);
    expect(new Set(replies.map(({ turn }) => turn)).size).toBe(1);
    expect(replies.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const turns = await chat.settled(PATIENCE);
    expect(turns.map((turn) => answerOf(turn))).toEqual(["once"]);
    expect(await modelRequests(word)).toHaveLength(1);
    expect((await kept(chat)).outbox).toHaveLength(1);
  });
});
