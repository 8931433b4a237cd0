import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AgentUnavailableError } from "../../durable-objects/agent/errors.ts";
import { SessionStore } from "../../durable-objects/channel-session/engine/store.ts";
import type { ToolCallView, TurnView } from "../../shared/chat/protocol.ts";
import { placesOf, STORM } from "../support/storm.ts";
import { type CrashPoint, type Fate, installCrashPoints, planFate } from "./crash-points.ts";
import { answerOf, Chat, modelRequests, postJson, toolRequests } from "./support.ts";

const HOUR = 3_600_000;
const PATIENCE = 20_000;

/** The first answer loads the model's SDK, which takes seconds here. */
beforeAll(async () => {
  const takeAway = installCrashPoints();
  const chat = new Chat();
  await chat.send("[[say warm]]");
  await chat.settled(PATIENCE);
  return takeAway;
}, 3 * PATIENCE);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const marker = () => `pay-${crypto.randomUUID().slice(0, 8)}`;

/** A call that needs approval. */
const pay = (word: string) => `[[tool post_payments ${JSON.stringify({ body: { word } })}]]`;

function callsOf(turn: TurnView | undefined): ToolCallView[] {
  return (turn?.parts ?? []).flatMap((part) => (part.type === "tool" ? [part] : []));
}

/** Waits until the conversation's first turn is parked. */
async function parked(chat: Chat): Promise<TurnView> {
  const [turn] = await chat.until(([first]) => first?.state === "parked");
  if (!turn) throw new Error("no turn");
  return turn;
}

interface Choice {
  turn: string;
  call: string;
  approve: boolean;
}

/** Decides on a turn's calls that are pending by then, the first of them when there are several. */
async function decide(chat: Chat, approve: boolean): Promise<Response> {
  const turn = await parked(chat);
  const call = callsOf(turn).find(({ status }) => status === "pending");
  return postDecision(chat, { turn: turn.id, call: call?.id ?? "none", approve });
}

function postDecision(chat: Chat, choice: Choice): Promise<Response> {
  return postJson(`${chat.path}/approvals`, choice);
}

describe("a tool call that needs approval", () => {
  it("parks the turn, with its arguments shown, while the others of its round run at once", async () => {
    const chat = new Chat();
    const word = marker();
    const before = Date.now();
    await chat.send(`[[tool post_orders {"body":{"word":"${word}-order"}}]] ${pay(word)}`);
    const turn = await parked(chat);
    expect(turn).toMatchObject({ notice: "Waiting for approval.", finishedAt: null });
    const [order, payment] = callsOf(turn);
    expect(order).toMatchObject({ name: "post_orders", status: "ok" });
    expect(order).not.toHaveProperty("approval");
    expect(payment).toMatchObject({ name: "post_payments", status: "pending", input: { body: { word } } });
    expect(payment).toMatchObject({ durationMs: null, output: null, approval: { state: "pending" } });
    const until = payment?.approval?.state === "pending" ? payment.approval.until : 0;
    expect(until).toBeGreaterThanOrEqual(before + 24 * HOUR);
    expect(until).toBeLessThanOrEqual(Date.now() + 24 * HOUR);
    expect(await toolRequests(`"${word}\\"`)).toEqual([]);
    expect(await toolRequests(`${word}-order`)).toHaveLength(1);
  });

  it("is made once when it is approved after an eviction, and the turn goes on to its answer", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(pay(word));
    await parked(chat);
    await evictDurableObject(chat.stub);
    expect(await toolRequests(word)).toEqual([]);
    const response = await decide(chat, true);
    expect(response.status).toBe(200);
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "done", notice: null });
    const [call] = callsOf(turn);
    expect(call).toMatchObject({ status: "ok", approval: { state: "approved", by: "Operator" } });
    expect(answerOf(turn as TurnView)).toBe(`result of post_payments: ${call?.output}`);
    const requests = await toolRequests(word);
    expect(requests).toMatchObject([{ headers: { "idempotency-key": `${turn?.id}-${call?.id}` } }]);
  });

  it("is not made when it is declined, and the model is told by whom", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(pay(word));
    expect((await decide(chat, false)).status).toBe(200);
    const [turn] = await chat.settled();
    expect(callsOf(turn)).toMatchObject([
      { status: "declined", durationMs: null, approval: { state: "declined", by: "Operator" } },
    ]);
    expect(answerOf(turn as TurnView)).toBe(
      "result of post_payments: Declined by Operator. The call was not made.",
    );
    expect(await toolRequests(word)).toEqual([]);
  });

  it("is decided on over the socket too, where everybody who watches sees it", async () => {
    const chat = new Chat();
    const [one, other] = [await chat.connect(), await chat.connect()];
    const word = marker();
    await chat.send(pay(word));
    const turn = await parked(chat);
    const decision = { type: "decide", turn: turn.id, call: callsOf(turn)[0]?.id ?? "" } as const;
    one.send({ ...decision, approve: true });
    await chat.settled();
    await vi.waitFor(() => expect(other.shown(turn.id)).toMatchObject({ state: "done" }));
    other.send({ ...decision, approve: false });
    expect(await other.next((frame) => frame.type === "error")).toMatchObject({
      code: "already_decided",
      message: "This call is approved already by Operator.",
    });
    expect(await toolRequests(word)).toHaveLength(1);
    one.socket.close();
    other.socket.close();
  });

  it("is declined by the clock after 24 hours, over evictions, and by nothing before", async () => {
    const chat = new Chat();
    const word = marker();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    await chat.send(pay(word));
    await parked(chat);
    await evictDurableObject(chat.stub);
    vi.setSystemTime(start + 24 * HOUR - 1);
    await runDurableObjectAlarm(chat.stub);
    expect((await chat.turns())[0]).toMatchObject({ state: "parked" });
    vi.setSystemTime(start + 24 * HOUR + 60_000);
    expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
    const [turn] = await chat.settled();
    expect(callsOf(turn)).toMatchObject([{ status: "declined", approval: { state: "declined", by: null } }]);
    expect(answerOf(turn as TurnView)).toContain("Declined: nobody answered within 24 hours.");
    expect(await toolRequests(word)).toEqual([]);
    const late = await postDecision(chat, {
      turn: turn?.id ?? "",
      call: callsOf(turn)[0]?.id ?? "",
      approve: true,
    });
    expect(late.status).toBe(409);
    expect(await late.json()).toMatchObject({ error: { message: "This call is declined already." } });
  });

  it("lets the conversation sleep: no alarm but the one that declines it", async () => {
    const chat = new Chat();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    await chat.send(pay(marker()));
    const [call] = callsOf(await parked(chat));
    const alarm = () => runInDurableObject(chat.stub, (_, { storage }) => storage.getAlarm());
    const until = call?.approval?.state === "pending" ? call.approval.until : 0;
    // The watchdog of the turn's beginning still rings, until the agent's hub has heard of the model call.
    await vi.waitFor(
      async () => {
        vi.setSystemTime(Date.now() + 30_000);
        await runDurableObjectAlarm(chat.stub);
        expect(await alarm()).toBe(until);
      },
      { timeout: PATIENCE },
    );
    expect((await chat.turns())[0]).toMatchObject({ state: "parked" });
  });

  it("comes back from being parked any number of times: a decision is no death", async () => {
    const chat = new Chat();
    const word = marker();
    const start = Date.now();
    const count = 33;
    await chat.send(Array.from({ length: count }, (_, n) => pay(`${word}-${n}x`)).join(" "));
    await parked(chat);
    vi.useFakeTimers({ toFake: ["Date"], now: start + HOUR });
    for (let n = 0; n < count; n++) expect((await decide(chat, true)).status).toBe(200);
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "done" });
    expect(await toolRequests(word)).toHaveLength(count);
  });
});

describe("two who decide at once", () => {
  it("get one decision between them, and the other is told which", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(pay(word));
    const turn = await parked(chat);
    const choice = { turn: turn.id, call: callsOf(turn)[0]?.id ?? "" };
    const replies = await Promise.all([
      chat.stub.decide({ ...choice, approve: true, by: { id: "1", name: "Ann" } }),
      chat.stub.decide({ ...choice, approve: false, by: { id: "2", name: "Ben" } }),
      chat.stub.decide({ ...choice, approve: true, by: { id: "1", name: "Ann" } }),
    ]);
    const [first] = replies;
    expect(replies.map(({ status }) => status)).toEqual(["decided", "already_decided", "already_decided"]);
    for (const reply of replies)
      expect(reply).toMatchObject({ approval: { state: "approved", by: { id: "1", name: "Ann" } } });
    expect(first).toMatchObject({ approval: { at: expect.any(Number) } });
    await chat.settled();
    expect(await toolRequests(word)).toHaveLength(1);
  });
});

describe("a decision that cannot be taken", () => {
  it("on a call that was never asked about is answered 404, and changes nothing", async () => {
    const chat = new Chat();
    const turn = await chat.ask(`[[tool post_orders {"body":{"word":"${marker()}"}}]]`);
    for (const choice of [
      { turn: turn.id, call: callsOf(turn)[0]?.id ?? "" },
      { turn: turn.id, call: "99" },
      { turn: "no-such-turn", call: "1" },
    ]) {
      const response = await postDecision(chat, { ...choice, approve: true });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: "unknown_call" } });
    }
    expect(await chat.turns()).toEqual([turn]);
  });

  it.each([
    [{ call: "1", approve: true }, /^turn: /],
    [{ turn: "t", call: 1, approve: true }, /^call: /],
    [{ turn: "t", call: "one", approve: true }, /^call: expected the id of a tool call/],
    [{ turn: "t", call: "1", approve: "yes" }, /^approve: expected true or false/],
  ])("because it is %j is answered 400 with the field", async (body, message) => {
    const chat = new Chat();
    const response = await postJson(`${chat.path}/approvals`, body);
    expect(response.status).toBe(400);
    expect((await response.json<{ error: { message: string } }>()).error.message).toMatch(message);
  });
});

describe("while a turn is parked", () => {
  it("a stop ends it, the call is never made, and what waited behind it is answered", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(pay(word));
    const { id } = await parked(chat);
    await chat.send(`[[say next ${word}]]`);
    expect(await chat.stop()).toBe(true);
    const [stopped, next] = await chat.settled();
    expect(stopped).toMatchObject({ state: "cancelled", notice: "Stopped." });
    expect(callsOf(stopped)).toMatchObject([
      { status: "declined", output: "The answer ended before. The call was not made." },
    ]);
    expect(answerOf(next as TurnView)).toBe(`next ${word}`);
    expect(JSON.stringify((await modelRequests(`next ${word}`)).at(-1)?.body)).toContain(
      "[stopped by the user]",
    );
    const late = await postDecision(chat, { turn: id, call: callsOf(stopped)[0]?.id ?? "", approve: true });
    expect(late.status).toBe(409);
    // Neither does whoever looks after what is left undone.
    await abortAllDurableObjects();
    await runDurableObjectAlarm(chat.stub);
    expect((await chat.ask("[[say and on]]")).state).toBe("done");
    expect(await toolRequests(word)).toEqual([]);
  });

  it("a reset forgets it, and a decision afterwards finds no call", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(pay(word));
    const turn = await parked(chat);
    expect((await postJson(`${chat.path}/reset`, {})).status).toBe(204);
    expect(await chat.turns()).toEqual([]);
    const late = await postDecision(chat, { turn: turn.id, call: callsOf(turn)[0]?.id ?? "", approve: true });
    expect(late.status).toBe(404);
    expect((await chat.ask("[[say new]]")).state).toBe("done");
    expect(await toolRequests(word)).toEqual([]);
  });

  it("a failure of what was approved ends it, and leaves no call that waits for a decision", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const chat = new Chat();
    const word = marker();
    await chat.send(`${pay(`${word}-1`)} ${pay(`${word}-2`)}`);
    await parked(chat);
    const broken = vi.spyOn(SessionStore.prototype, "setModel").mockImplementation(() => {
      throw new AgentUnavailableError("agent_unknown", "it was taken away");
    });
    expect((await decide(chat, true)).status).toBe(200);
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "failed" });
    expect(callsOf(turn).map(({ status }) => status)).toEqual(["error", "declined"]);
    broken.mockRestore();
    const late = await postDecision(chat, {
      turn: turn?.id ?? "",
      call: callsOf(turn)[1]?.id ?? "",
      approve: true,
    });
    expect(late.status).toBe(409);
    expect(await toolRequests(word)).toEqual([]);
  });

  it.each([
    ["tester", ["a", "b"]],
    ["payers", ["", "a\n\nb"]],
  ])("messages for %s wait, in their order, and are answered after it", async (agent, answers) => {
    const chat = new Chat(agent);
    const word = marker();
    await chat.send(pay(word));
    await parked(chat);
    for (const text of ["a", "b"]) await chat.send(text);
    await evictDurableObject(chat.stub);
    expect((await chat.turns()).map(({ state }) => state)).toEqual(["parked", "waiting", "waiting"]);
    await decide(chat, true);
    const turns = await chat.settled();
    expect(turns.map(({ state }) => state)).toEqual(["done", "done", "done"]);
    expect(turns.slice(1).map(answerOf)).toEqual(answers.map((text) => (text === "" ? "" : `echo: ${text}`)));
  });
});

describe("a session that dies around an approval", () => {
  /** A conversation with a person who decides as soon as there is something to decide. */
  class Victim {
    readonly chat = new Chat();
    readonly word = marker();
    readonly fate: Fate;
    readonly death: CrashPoint | undefined;
    readonly approve: boolean;

    constructor(approve: boolean, death?: CrashPoint) {
      this.approve = approve;
      this.death = death;
      this.fate = planFate(this.word, death ? [death] : []);
    }

    /** Sends the message and decides, until the answer is there or the instance is dead. */
    async live(deaths: number): Promise<void> {
      const text = `[[tool get_echo_id {"id":"${this.word}"}]] ${pay(this.word)}`;
      const isDead = () => deaths > 0 && this.fate.died === deaths;
      const patiently = { timeout: PATIENCE, interval: 20 };
      await vi.waitFor(async () => {
        const { status } = await postJson(`${this.chat.path}/messages`, { id: this.word, text });
        if (status !== 202 && !isDead()) throw new Error(`status ${status}`);
      }, patiently);
      await vi.waitFor(async () => {
        if (isDead()) return;
        const [turn] = await this.chat.turns();
        const pending = callsOf(turn).find(({ status }) => status === "pending");
        const choice = { turn: turn?.id ?? "", call: pending?.id ?? "", approve: this.approve };
        // A decision that came before all others of the round are over would make for other writes.
        if (turn?.state === "parked") await postDecision(this.chat, choice);
        if (turn?.finishedAt == null) throw new Error(`not over: ${JSON.stringify(turn)}`);
      }, patiently);
    }
  }

  it.each([
    ["approved", true, "ok"],
    ["declined", false, "declined"],
  ] as const)(
    "at any write of its journal answers once, with the call %s, and makes no call twice",
    { ...STORM, timeout: 60_000 },
    async (_, approve, status) => {
      const undisturbed = new Victim(approve);
      await undisturbed.live(0);
      const writes = undisturbed.fate.lives.flat();
      for (const write of ["park 1", "decide 1"]) expect(writes).toContain(write);
      const deaths = writes.flatMap((write) =>
        (["before", "after"] as const).map((side) => ({ write, side })),
      );
      const struck = placesOf(deaths, { every: 3, from: approve ? 0 : 1 });
      const victims = struck.map((death) => new Victim(approve, death));
      await Promise.all(victims.map((victim) => victim.live(1)));
      await abortAllDurableObjects();
      for (const victim of victims) {
        await victim.live(0);
        const story = `${victim.death?.side} ${victim.death?.write}`;
        const [turn, ...more] = await victim.chat.turns();
        expect(more, story).toEqual([]);
        expect(turn, story).toMatchObject({ state: "done" });
        const [, call] = callsOf(turn);
        const requests = (await toolRequests(victim.word)).filter(({ method }) => method === "POST");
        if (call?.status === "unknown") {
          expect(approve, story).toBe(true);
          expect(requests.length, story).toBeLessThanOrEqual(1);
        } else {
          expect(call?.status, story).toBe(status);
          expect(requests, story).toHaveLength(approve ? 1 : 0);
        }
        expect(answerOf(turn as TurnView), story).toContain(`result of post_payments: ${call?.output}`);
        expect(victim.fate.died, story).toBe(1);
      }
    },
  );

  it.each(["before", "after"] as const)(
    "%s the clock has declined the call tells the model once",
    async (side) => {
      const chat = new Chat();
      const word = marker();
      const start = Date.now();
      vi.useFakeTimers({ toFake: ["Date"], now: start });
      const fate = planFate(word, [{ write: "declineOverdue 1", side }]);
      await chat.send(pay(word), word);
      await parked(chat);
      vi.setSystemTime(start + 25 * HOUR);
      await runDurableObjectAlarm(chat.stub).catch(() => false);
      expect(fate.died).toBe(1);
      await abortAllDurableObjects();
      await chat.turns();
      await runDurableObjectAlarm(chat.stub);
      const [turn] = await chat.settled();
      expect(answerOf(turn as TurnView)).toContain("Declined: nobody answered within 24 hours.");
      expect(await toolRequests(word)).toEqual([]);
    },
  );

  it("parks again when it is called up before it has written that it is parked, and keeps its deadline", async () => {
    const chat = new Chat();
    const word = marker();
    const fate = planFate(word, [{ write: "park 1", side: "after" }]);
    await chat.send(pay(word), word);
    await vi.waitFor(() => expect(fate.died).toBe(1));
    await abortAllDurableObjects();
    await parked(chat);
    const kinds = await runInDurableObject(chat.stub, (_, { storage: { sql } }) =>
      sql
        .exec("SELECT kind FROM jobs")
        .toArray()
        .map(({ kind }) => kind),
    );
    expect(kinds).toContain("approval");
  });
});
