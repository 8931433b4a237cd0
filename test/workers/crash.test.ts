import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { placesOf, STORM } from "../support/storm.ts";
import { type CrashPoint, type Fate, installCrashPoints, planFate, WRITES } from "./crash-points.ts";
import { answerOf, Chat, type ChatSocket, modelRequests, postJson } from "./support.ts";

/** Longest time any stage of this file may take, in milliseconds: the machine may be busy. */
const PATIENCE = 20_000;

/** Every place at which the first instance of a {@link Victim} can die. */
let points: CrashPoint[] = [];

beforeAll(async () => {
  const takeAway = installCrashPoints();
  points = await crashPoints();
  return takeAway;
}, 3 * PATIENCE);

/** A request that a tool call of a scripted conversation made. */
interface Sent {
  method: string;
  body: string;
  headers: Record<string, string>;
}

/**
 * A conversation of two messages. The answer to the first takes two tool rounds: a GET and a POST side by side, then a
 * POST. The second waits behind it.
 */
class Victim {
  readonly chat = new Chat();
  readonly word = `victim-${crypto.randomUUID().slice(0, 8)}`;
  readonly fate: Fate;
  readonly deaths: readonly CrashPoint[];
  #socket: ChatSocket | undefined;

  constructor(deaths: readonly CrashPoint[]) {
    this.deaths = deaths;
    this.fate = planFate(`${this.word}-1`, deaths);
  }

  get messages(): { id: string; text: string }[] {
    const post = (n: number) => JSON.stringify({ body: { word: this.word, n } });
    const get = JSON.stringify({ id: this.word });
    const first = `[[tool get_echo_id ${get}]] [[tool post_orders ${post(1)}]] [[rounds 1 post_orders ${post(2)}]]`;
    return [
      { id: `${this.word}-1`, text: first },
      { id: `${this.word}-2`, text: `[[say next ${this.word}]]` },
    ];
  }

  /** Sends both messages back to back, over a socket, and does not wait for anything. */
  async begin(): Promise<void> {
    this.#socket = await this.chat.connect();
    for (const message of this.messages) this.#socket.send({ type: "send", ...message });
  }

  /** Whether both messages were acknowledged: nobody will send them again. */
  get isAcknowledged(): boolean {
    const accepted = (this.#socket?.frames ?? []).flatMap((frame) =>
      frame.type === "accepted" ? [frame.id] : [],
    );
    return this.messages.every(({ id }) => accepted.includes(id));
  }

  /** Waits until its `nth` instance is cut off, or had nothing to do any more where it should have been. */
  async isDead(nth: number): Promise<void> {
    await vi.waitFor(
      async () => {
        if (this.fate.died < nth && !(await this.#isOver()))
          throw new Error(`${describeDeaths(this.deaths)}: still alive after ${this.fate.lives.at(-1)}`);
      },
      { timeout: PATIENCE, interval: 20 },
    );
  }

  async #isOver(): Promise<boolean> {
    if (nthDeathIsCertain(this.deaths[this.fate.died])) return false;
    const turns = await this.chat.turns();
    return turns.length === 2 && turns.every(({ finishedAt }) => finishedAt !== null);
  }

  /** Does what is left to do for those outside: the alarm rings; who was not acknowledged sends again. */
  async comeBack(killed: number): Promise<void> {
    if (this.isAcknowledged) {
      await runDurableObjectAlarm(this.chat.stub).catch(() => false);
      return;
    }
    for (const message of this.messages) await this.#sendUntilAccepted(message, killed);
  }

  /** A client repeats itself until it is told 202; here also until the instance that should tell it is dead. */
  async #sendUntilAccepted(message: { id: string; text: string }, killed: number): Promise<void> {
    await vi.waitFor(
      async () => {
        const { status } = await postJson(`${this.chat.path}/messages`, message);
        if (status !== 202 && this.fate.died === killed) throw new Error(`status ${status}`);
      },
      { timeout: PATIENCE, interval: 20 },
    );
  }
}

/** Only a first instance's writes are known beforehand; a second one may have less to do than it should die at. */
function nthDeathIsCertain(death: CrashPoint | undefined): boolean {
  return death !== undefined && !death.write.startsWith("write ");
}

function describeDeaths(deaths: readonly CrashPoint[]): string {
  return deaths.map(({ write, side }) => `${side} ${write}`).join(", then ");
}

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
  const requests = await (await fetch(`${env.TOOLS_URL}/__requests`)).json<Sent[]>();
  for (const victim of victims) await expectOneCompleteAnswer(victim, requests);
}

async function expectOneCompleteAnswer({ chat, word, deaths, messages }: Victim, requests: readonly Sent[]) {
  const story = describeDeaths(deaths);
  const turns = await chat.turns();
  const shape = turns.map(({ event, state }) => `${event} ${state}`);
  expect(shape, story).toEqual(messages.map(({ id }) => `chat:${id} done`));
  const [first, second] = turns as [TurnView, TurnView];
  expect(
    first.parts.map((part) => (part.type === "tool" ? part.name : part.type)),
    story,
  ).toEqual(["get_echo_id", "post_orders", "post_orders", "text"]);
  for (const part of first.parts) {
    if (part.type !== "tool") continue;
    const key = `${first.id}-${part.id}`;
    const sent = requests.filter(({ headers }) => headers["idempotency-key"] === key).length;
    if (part.name === "get_echo_id" || part.status === "ok") {
      expect(part.status, `${story}: ${part.output}`).toBe("ok");
      expect(sent, `${story}: requests of ${part.name}`).toBeGreaterThanOrEqual(1);
    }
    if (part.name !== "get_echo_id") {
      expect(["ok", "unknown"], story).toContain(part.status);
      expect(sent, `${story}: requests of ${part.name}`).toBeLessThanOrEqual(1);
    }
  }
  const last = first.parts[2];
  const outcome = last?.type === "tool" ? last.output : null;
  expect(answerOf(first), story).toBe(`result of post_orders: ${outcome}`);
  expect(answerOf(second), story).toBe(`next ${word}`);
  expect(await kept(chat), story).toEqual({
    inbox: messages.map(({ id }) => `chat:${id}`),
    transcript: [
      { role: "user", content: messages[0]?.text },
      { role: "assistant", content: answerOf(first) },
      { role: "user", content: messages[1]?.text },
      { role: "assistant", content: answerOf(second) },
    ],
    outbox: [first, second].map((turn) => ({ status: "sent", text: answerOf(turn) })),
  });
}

/** What the conversation's storage holds. */
function kept(chat: Chat) {
  return runInDurableObject(chat.stub, (_, { storage: { sql } }) => ({
    inbox: sql
      .exec("SELECT event_id FROM inbox ORDER BY seq")
      .toArray()
      .map(({ event_id }) => event_id),
    transcript: sql.exec("SELECT role, content FROM transcript ORDER BY seq").toArray(),
    outbox: sql.exec("SELECT status, text FROM outbox ORDER BY seq").toArray(),
  }));
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
