import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ToolCallView, TurnView } from "../../shared/chat/protocol.ts";
import { shownControlIds } from "../../shared/discord/components.ts";
import { type ControlId, readControlId, writeControlId } from "../../shared/discord/controls.ts";
import type { Press, Presser, PressOutcome } from "../../shared/interaction/press.ts";
import worker from "../../workers/index.ts";
import type { InteractionView } from "../support/discord/interactions/state.ts";
import { Asked } from "./asked.ts";
import { type Conversation, DiscordRoom, discord, putRight, type Shown, until } from "./discord-room.ts";
import { type Deaths, installDeaths } from "./post-deaths.ts";
import { ORIGIN, toolRequests } from "./support.ts";

const GROWING = "[[chunks 60]] [[slow 60]] [[say {60 x growing}]]";
const DONE: PressOutcome = { status: "done" };
const HOUR = 3_600_000;

// The first answer loads the model's SDK, which takes seconds here.
beforeAll(async () => {
  const conversation = await begin("[[say warm]]");
  await conversation.settled();
}, 60_000);

afterEach(putRight);

/** Somebody asks in a channel. */
async function begin(text: string): Promise<Conversation> {
  const conversation = await (await DiscordRoom.open()).say();
  await conversation.arrive(text);
  return conversation;
}

/** A call that needs approval. */
const pay = (word: string) => `[[tool post_payments ${JSON.stringify({ body: { word } })}]]`;
const marker = () => `pay-${crypto.randomUUID().slice(0, 8)}`;

type Action = Press["action"];
type Pressable = Extract<ControlId, { action: Action }>;

/** What can be pressed under a message. */
function buttons({ components = [] }: Shown): Pressable[] {
  return shownControlIds(components).flatMap((id) => {
    const control = readControlId(id);
    if (!control || control.action === "model" || control.action === "ask") return [];
    return [control];
  });
}

const actions = (shown: readonly Shown[]) => shown.flatMap(buttons).map(({ action }) => action);

/** Waits until exactly this can be pressed under the answer. */
async function offers(conversation: Conversation, ...expected: Action[]): Promise<Pressable[]> {
  const shown = await until(
    () => conversation.posted().catch(() => []),
    (posted) => posted.length > 0 && actions(posted).join() === expected.join(),
  );
  return shown.flatMap(buttons);
}

const asker = ({ room }: Conversation): Presser => ({ id: room.userId, name: "Mia", isTrusted: false });
const BEN: Presser = { id: "900000000000000077", name: "Ben", isTrusted: false };
const ANN: Presser = { id: "900000000000000078", name: "Ann", isTrusted: true };

/** Presses a button, as the door does that a press comes in by. */
async function press(
  conversation: Conversation,
  button: Pressable | undefined,
  by: Presser,
): Promise<PressOutcome> {
  if (!button) throw new Error("there is no such button");
  const { conversation: name, ...pressed } = button;
  expect(name).toBe(conversation.id);
  return await conversation.stub.press({ ...pressed, by });
}

const contents = async (conversation: Conversation) =>
  (await conversation.posted()).map(({ content }) => content).join("\n");

async function turnsOf(conversation: Conversation): Promise<TurnView[]> {
  return (await conversation.stub.history()) as unknown as TurnView[];
}

async function callsOf(conversation: Conversation): Promise<ToolCallView[]> {
  const [turn] = await turnsOf(conversation);
  return (turn?.parts ?? []).flatMap((part) => (part.type === "tool" ? [part] : []));
}

function unavailable(conversation: Conversation, method?: string): Promise<void> {
  const matching = { path: `/channels/${conversation.id}/`, ...(method !== undefined && { method }) };
  return discord.faults.rest({ kind: "status", status: 503, matching });
}

/** How many messages Discord has not taken in the thread. */
async function refusedIn({ id }: Conversation): Promise<number> {
  const { requests } = await discord.report();
  const posts = requests.filter(
    ({ method, path }) => method === "POST" && path === `/channels/${id}/messages`,
  );
  return posts.filter(({ status }) => status === 503).length;
}

describe("Stop", () => {
  it("stands under an answer while it streams, and is gone when it is complete", async () => {
    const conversation = await begin("[[chunks 20]] [[slow 60]] [[say {30 x growing}]]");
    const [stop, ...more] = await offers(conversation, "stop");
    expect(more).toEqual([]);
    const [turn] = await conversation.settled();
    expect(stop).toEqual({ action: "stop", turn: turn?.id, conversation: conversation.id });
    expect(actions(await conversation.posted())).toEqual([]);
    expect(await contents(conversation)).toBe("growing ".repeat(30).trim());
    expect((await discord.report()).violations).toEqual([]);
  });

  it("ends the answer once, however often it is pressed", async () => {
    const conversation = await begin(GROWING);
    const [stop] = await offers(conversation, "stop");
    const by = asker(conversation);
    const outcomes = await Promise.all([press(conversation, stop, by), press(conversation, stop, by)]);
    expect(outcomes).toEqual([DONE, { status: "refused", message: "This answer is stopped already." }]);
    await conversation.shows(/\n-# stopped$/);
    await offers(conversation);
    expect(await turnsOf(conversation)).toMatchObject([{ state: "cancelled" }]);
  });

  it("works when the instance has died", async () => {
    const conversation = await begin("[[hang stream]] [[chunks 3]] [[say {30 x growing}]]");
    const [stop] = await offers(conversation, "stop");
    await abortAllDurableObjects();
    expect(await press(conversation, stop, asker(conversation))).toEqual(DONE);
    await conversation.shows(/\n-# stopped$/);
    await offers(conversation);
  });

  it("pressed by somebody else changes nothing, unless they are trusted", async () => {
    const conversation = await begin(GROWING);
    const [stop] = await offers(conversation, "stop");
    expect(await press(conversation, stop, BEN)).toMatchObject({
      status: "refused",
      message: expect.stringMatching(/^Only whoever asked/),
    });
    expect(await turnsOf(conversation)).toMatchObject([{ state: "running" }]);
    expect(await press(conversation, stop, ANN)).toEqual(DONE);
  });

  it("of an earlier answer does not stop the one that is being written", async () => {
    const conversation = await begin("[[chunks 20]] [[slow 60]] [[say {30 x first}]]");
    const [stop] = await offers(conversation, "stop");
    await conversation.settled();
    await conversation.follow("[[hang stream]] [[chunks 3]] [[say {30 x second}]]");
    await conversation.shows(/second/);
    expect(await press(conversation, stop, asker(conversation))).toMatchObject({
      message: "This answer is not running any more.",
    });
    expect(await turnsOf(conversation)).toMatchObject([{ state: "done" }, { state: "running" }]);
    await conversation.stub.stop();
  });

  it("of a conversation that was reset says so, and goes", async () => {
    const conversation = await begin(GROWING);
    const [stop] = await offers(conversation, "stop");
    await conversation.stub.reset();
    expect(await press(conversation, stop, asker(conversation))).toMatchObject({
      status: "refused",
      message: expect.stringMatching(/no longer know that answer/),
    });
    await conversation.shows(/\n-# stopped$/);
    await offers(conversation);
    const kept = await until(
      () =>
        runInDurableObject(conversation.stub, (_, { storage }) =>
          storage.sql.exec("SELECT content FROM posts").toArray(),
        ),
      (rows) => rows.length === 0,
    );
    expect(kept).toEqual([]);
  });
});

describe("Retry", () => {
  const fails = (word: string) => `[[status 529 times=4 retry-after-ms=1]] [[say ${word}]]`;

  it("stands under an answer that failed, asks once more, and is gone once it is pressed", async () => {
    const word = marker();
    const conversation = await begin(fails(word));
    const [retry] = await offers(conversation, "retry");
    const by = asker(conversation);
    expect(await press(conversation, retry, BEN)).toMatchObject({ status: "refused" });
    await evictDurableObject(conversation.stub);
    const outcomes = await Promise.all([
      press(conversation, retry, by),
      press(conversation, retry, ANN),
      press(conversation, retry, by),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["done", "refused", "refused"]);
    expect(outcomes[1]).toMatchObject({ message: "This was tried again already." });
    const [first, second, ...more] = await conversation.settled();
    expect([first?.state, second?.state, more]).toEqual(["failed", "done", []]);
    expect(second).toMatchObject({ event: `retry:${first?.id}`, text: fails(word) });
    await offers(conversation);
    expect((await conversation.posted()).at(-1)?.content).toBe(word);
  });

  it("is taken away also when the instance dies before Discord has heard", async () => {
    const word = marker();
    const conversation = await begin(fails(word));
    const [retry] = await offers(conversation, "retry");
    await unavailable(conversation, "PATCH");
    expect(await press(conversation, retry, asker(conversation))).toEqual(DONE);
    await conversation.shows(new RegExp(word));
    expect(actions(await conversation.posted())).toEqual(["retry"]);
    await abortAllDurableObjects();
    await discord.faults.clear();
    await conversation.stub.history();
    await offers(conversation);
    expect(await turnsOf(conversation)).toHaveLength(2);
  });

  it("is not offered where another try would fail likewise", async () => {
    const conversation = await begin("[[status 401]]");
    await conversation.settled();
    expect(await conversation.posted()).toHaveLength(1);
    expect(actions(await conversation.posted())).toEqual([]);
  });
});

describe("Approve and Decline", () => {
  /** Asks for a payment, and waits until people are asked about it. */
  async function asksToPay(word: string): Promise<{ conversation: Conversation; buttons: Pressable[] }> {
    const conversation = await begin(pay(word));
    return { conversation, buttons: await offers(conversation, "approve", "decline") };
  }

  it("show what will be called with which arguments; the call is made once when it is approved after an eviction", async () => {
    const word = marker();
    const { conversation, buttons } = await asksToPay(word);
    expect(await contents(conversation)).toMatch(
      new RegExp(
        `This call needs approval[\\s\\S]*\`post_payments\`[\\s\\S]*"word": "${word}"[\\s\\S]*<t:\\d+:R>`,
      ),
    );
    await evictDurableObject(conversation.stub);
    expect(await toolRequests(word)).toEqual([]);
    expect(await press(conversation, buttons[0], asker(conversation))).toEqual(DONE);
    const [turn] = await conversation.settled();
    expect(turn).toMatchObject({ state: "done" });
    await offers(conversation);
    const text = await contents(conversation);
    expect(text).toContain("`approved by Mia`");
    expect(text).not.toContain("needs approval");
    expect(await toolRequests(word)).toHaveLength(1);
    expect((await discord.report()).violations).toEqual([]);
  });

  it("pressed twice and by two people at once: the first holds, the others are told whose it was", async () => {
    const word = marker();
    const { conversation, buttons } = await asksToPay(word);
    const [approve, decline] = buttons;
    const outcomes = await Promise.all([
      press(conversation, decline, ANN),
      press(conversation, approve, asker(conversation)),
      press(conversation, decline, ANN),
    ]);
    const refused = { status: "refused", message: "This call is declined already by Ann." };
    expect(outcomes).toEqual([DONE, refused, refused]);
    await conversation.settled();
    await offers(conversation);
    expect(await contents(conversation)).toContain("`declined by Ann`");
    expect(await toolRequests(word)).toEqual([]);
  });

  it("pressed by somebody else change nothing", async () => {
    const word = marker();
    const { conversation, buttons } = await asksToPay(word);
    for (const button of buttons)
      expect(await press(conversation, button, BEN)).toMatchObject({
        status: "refused",
        message: expect.stringMatching(/^Only whoever asked/),
      });
    expect(await callsOf(conversation)).toMatchObject([{ status: "pending" }]);
    await offers(conversation, "approve", "decline");
  });

  it("are asked about for certain: Discord is away and the instance dies, and they come all the same", async () => {
    const conversation = await (await DiscordRoom.open()).say();
    await unavailable(conversation);
    await conversation.arrive(pay(marker()));
    await until(
      () => turnsOf(conversation),
      ([turn]) => turn?.state === "parked",
    );
    await until(
      () => refusedIn(conversation),
      (refused) => refused > 0,
    );
    expect(await conversation.posted()).toEqual([]);
    await abortAllDurableObjects();
    await discord.faults.clear();
    await runDurableObjectAlarm(conversation.stub);
    await offers(conversation, "approve", "decline");
  });

  it("of several calls leave the others to be decided", async () => {
    const [one, two] = [marker(), marker()];
    const conversation = await begin(`${pay(one)} ${pay(two)}`);
    const [first, , third] = await offers(conversation, "approve", "decline", "approve", "decline");
    expect(await press(conversation, third, asker(conversation))).toEqual(DONE);
    const [rest] = await offers(conversation, "approve", "decline");
    expect(rest).toEqual(first);
    expect(await toolRequests(two)).toHaveLength(1);
    expect(await contents(conversation)).toContain("`approved by Mia`");
    expect(await press(conversation, rest, ANN)).toEqual(DONE);
    await conversation.settled();
    await offers(conversation);
    expect(await toolRequests(one)).toHaveLength(1);
  });

  it("go when somebody decides elsewhere, before the answer is there", async () => {
    const word = marker();
    const conversation = await begin(`${pay(word)} [[chunks 20]] [[slow 200]]`);
    const [approve] = await offers(conversation, "approve", "decline");
    if (approve?.action !== "approve") throw new Error("nothing to approve");
    const { turn, call } = approve;
    const decision = { turn, call, approve: true, by: { id: "playground", name: "Operator" } };
    expect(await conversation.stub.decide(decision)).toMatchObject({ status: "decided" });
    await conversation.shows(/`approved by Operator`/);
    expect(actions(await conversation.posted())).not.toContain("approve");
    expect(await turnsOf(conversation)).toMatchObject([{ state: "running" }]);
    await conversation.stub.stop();
  });

  it("go when the clock declines", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const word = marker();
    const { conversation, buttons } = await asksToPay(word);
    vi.setSystemTime(Date.now() + 25 * HOUR);
    await runDurableObjectAlarm(conversation.stub);
    await conversation.settled();
    await offers(conversation);
    expect(await contents(conversation)).toContain("declined: nobody decided in time");
    expect(await press(conversation, buttons[0], asker(conversation))).toMatchObject({
      message: "This call is declined already.",
    });
  });

  it("go when the answer is stopped, and what is left says so", async () => {
    const word = marker();
    const { conversation, buttons } = await asksToPay(word);
    const { turn } = buttons[0] ?? {};
    if (turn === undefined) throw new Error("nothing to stop");
    const stop = { action: "stop", turn, conversation: conversation.id } as const;
    expect(await press(conversation, stop, asker(conversation))).toEqual(DONE);
    await conversation.shows(/\n-# stopped$/);
    await offers(conversation);
    expect(await contents(conversation)).not.toContain("needs approval");
    expect(await toolRequests(word)).toEqual([]);
  });

  it("go with an answer that stays quiet; what was decided remains", async () => {
    const conversation = await (await DiscordRoom.open()).say();
    const word = marker();
    const { target, room, stub } = conversation;
    const author = { id: room.userId, name: "Mia" };
    const text = `${pay(word)} [[finally [quiet]]]`;
    await stub.accept({ id: `discord:${target.messageId}`, author, text, target, mayBeQuiet: true });
    const [approve] = await offers(conversation, "approve", "decline");
    expect(await press(conversation, approve, asker(conversation))).toEqual(DONE);
    await conversation.settled();
    await offers(conversation);
    expect(await contents(conversation)).toMatch(/^-# ✅ `post_payments`.*`approved by Mia`$/);
  });

  describe("when the instance dies at a write of its record of posts", () => {
    const deaths = [1, 2].flatMap((write) => (["before", "after"] as const).map((side) => ({ write, side })));

    /** Dies as planned, and comes back. */
    async function die(plan: Deaths, conversation: Conversation): Promise<void> {
      await vi.waitFor(() => expect(plan.isDead).toBe(true), { timeout: 10_000 });
      await abortAllDurableObjects();
      plan.plan(null);
      await conversation.stub.history();
    }

    it.each(deaths)("are asked about once: $side write $write", async (death) => {
      const plan = installDeaths();
      const conversation = await (await DiscordRoom.open()).say();
      plan.plan(death);
      await conversation.arrive(pay(marker()));
      await die(plan, conversation);
      await offers(conversation, "approve", "decline");
      expect(await conversation.posted()).toHaveLength(1);
    });

    it.each(deaths)("go with an answer that is stopped: $side write $write", async (death) => {
      const { conversation } = await asksToPay(marker());
      const plan = installDeaths();
      plan.plan(death);
      expect(await conversation.stub.stop()).toBe(true);
      await die(plan, conversation);
      await conversation.shows(/\n-# stopped$/);
      await offers(conversation);
      expect(await conversation.posted()).toHaveLength(1);
    });
  });

  it("cannot be asked about where the bot may not write: the turn waits for the clock, and the log says so", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await DiscordRoom.open();
    await discord.world.deny(room.channelId, "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS");
    const conversation = await room.say();
    await conversation.arrive(pay(marker()));
    await vi.waitFor(() =>
      expect(logged.mock.calls.map(([line]) => String(line)).join()).toContain("discord.not_settled"),
    );
    expect(await turnsOf(conversation)).toMatchObject([{ state: "parked" }]);
  });
});

describe("pressed in Discord", () => {
  /** Somebody presses a button of a message that is there. */
  async function pressed(conversation: Conversation, userId: string, button: Pressable) {
    const id = writeControlId(button) ?? "";
    const [message] = (await conversation.posted()).filter(({ components = [] }) =>
      shownControlIds(components).includes(id),
    );
    return discord.world.press(conversation.id, userId, message?.id ?? "", id, { via: "hand" });
  }

  /** Discord tells the Worker, and takes its answer. @returns what only whoever pressed is told. */
  async function answerTo(view: InteractionView, { room }: Conversation): Promise<string | null> {
    const { method = "POST", headers = {}, body = "" } = view.request ?? {};
    const request = new Request(`${ORIGIN}/agents/${room.agent}/interactions`, { method, headers, body });
    const DISCORD_PUBLIC_KEY = await discord.world.publicKey();
    const answer = await worker.fetch(request, { ...env, DISCORD_PUBLIC_KEY });
    const taken = { status: answer.status, body: await answer.text() };
    const { status, response } = await discord.world.receive(view.id, taken);
    expect(status).toBe("answered");
    if (response?.type === 6) return null;
    expect(response).toMatchObject({ type: 4, data: { flags: 64, content: expect.any(String) } });
    return (response as { data: { content: string } }).data.content;
  }

  /** Another member of the server, whom nothing distinguishes. */
  async function member({ room }: Conversation): Promise<string> {
    const { id } = await discord.world.createUser({ username: `u-${crypto.randomUUID().slice(0, 8)}` });
    await discord.world.join(room.guildId, id, { permissions: "0" });
    return id;
  }

  it("an approval is whoever asked's to give, by the message itself, after an eviction, and once", async () => {
    const word = marker();
    const conversation = await begin(pay(word));
    const [approve, decline] = await offers(conversation, "approve", "decline");
    if (!approve || !decline) throw new Error("there is nothing to press");
    await evictDurableObject(conversation.stub);
    const byAnother = await pressed(conversation, await member(conversation), approve);
    expect(await answerTo(byAnother, conversation)).toMatch(/^Only whoever asked/);
    const { userId } = conversation.room;
    const both = [await pressed(conversation, userId, approve), await pressed(conversation, userId, decline)];
    const told = await Promise.all(both.map((view) => answerTo(view, conversation)));
    expect(told.filter((message) => message === null)).toHaveLength(1);
    expect(told.filter((message) => message !== null)).toEqual([expect.stringMatching(/already by/)]);
    await conversation.settled();
    await offers(conversation);
    expect((await toolRequests(word)).length).toBe(told[0] === null ? 1 : 0);
  });
});

describe("under the answer to an interaction", () => {
  /** Somebody asks by a command, so that only they see the answer. */
  async function ask(text: string): Promise<Asked> {
    const asked = await Asked.in(await DiscordRoom.open(), { isPrivate: true });
    await asked.defer();
    await asked.arrive(text);
    return asked;
  }

  /** Waits until exactly this can be pressed under the answer, which stays one message. */
  async function offered(asked: Asked, ...expected: Action[]): Promise<Pressable[]> {
    const shown = await until(
      () => asked.ephemerals(),
      (messages) => messages.length === 1 && actions(messages).join() === expected.join(),
    );
    return shown.flatMap(buttons);
  }

  const mia = ({ target }: Asked): Presser => ({ id: target.userId, name: "Mia", isTrusted: false });

  it("an approval is asked for where only they see it, and is given after an eviction", async () => {
    const word = marker();
    const asked = await ask(pay(word));
    const [approve] = await offered(asked, "approve", "decline");
    if (approve?.action !== "approve") throw new Error("nothing to approve");
    await evictDurableObject(asked.stub);
    const { turn, call, action } = approve;
    expect(await asked.stub.press({ action, turn, call, by: mia(asked) })).toEqual(DONE);
    await asked.settled();
    await offered(asked);
    expect(await toolRequests(word)).toHaveLength(1);
  });

  it("a retry shows its answer in place of the one that failed", async () => {
    const word = marker();
    const asked = await ask(`[[status 529 times=4 retry-after-ms=1]] [[say ${word}]]`);
    const [retry] = await offered(asked, "retry");
    if (retry?.action !== "retry") throw new Error("nothing to try again");
    const { turn, action } = retry;
    expect(await asked.stub.press({ action, turn, by: mia(asked) })).toEqual(DONE);
    await asked.shows(new RegExp(`^${word}$`));
    await offered(asked);
  });
});
