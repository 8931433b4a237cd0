/** What Discord refuses in one way is said in another: each row of the table over real sockets, and what people then see. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { linkName } from "../../shared/bridge/link-name.ts";
import type { RestFault } from "../support/discord/rest/fault.ts";
import { type Conversation, DiscordRoom, discord, type Shown, until } from "./discord-room.ts";

beforeAll(async () => {
  const room = await DiscordRoom.open();
  const conversation = await room.say("[[say warm]]");
  await conversation.arrive("[[say warm]]");
  await conversation.settled();
}, 60_000);

/** Side by side: each fault meets the places of one test alone. */
const logged = vi.spyOn(console, "error").mockImplementation(() => {});
afterAll(async () => {
  vi.restoreAllMocks();
  await discord.faults.clear();
});

/** Grows for two seconds, so that something of it stands there when the rest is refused. */
const GROWING = "[[chunks 20]] [[slow 100]] [[say {20 x growing}]]";
const WHOLE = "growing ".repeat(20).trim();
/** So long that it comes with a file. */
const LONG = "[[say {1500 x lengthy}]]";

const refuse = (code: number, status: number, matching: RestFault["matching"]) =>
  discord.faults.rest({ kind: "status", status, code, message: "No.", matching });

/** Ids of what can be pressed under a message. */
const pressable = ({ components = [] }: Shown) => components.length;

/** Asks in a thread of its own, and waits for the end of the turn. */
async function ask(
  text: string,
  before?: (conversation: Conversation) => Promise<unknown>,
): Promise<Conversation> {
  const room = await DiscordRoom.open();
  const conversation = await room.say(text);
  await before?.(conversation);
  await conversation.arrive(text);
  await conversation.settled();
  return conversation;
}

const inThread = ({ id }: Conversation) => `/channels/${id}/messages`;
const inChannel = ({ room }: Conversation) => `/channels/${room.channelId}/messages`;
const contents = (shown: readonly Shown[]) => shown.map(({ content }) => content);

describe.concurrent("a message that Discord does not take", () => {
  it.each([
    ["the thread is gone", 10_003, 404],
    ["the bot may not see the thread", 50_001, 403],
    ["the bot may not write there", 50_013, 403],
    ["the thread is locked", 160_005, 403],
    ["the thread was put away, and stays so", 50_083, 400],
  ])("where %s, comes in the channel as a reply", async (_, code, status) => {
    const conversation = await ask("[[say outside]]", (asked) =>
      refuse(code, status, { path: inThread(asked) }),
    );
    const [answer, ...more] = await conversation.posted(conversation.room.channelId);
    expect(answer).toMatchObject({
      content: "outside",
      message_reference: { message_id: conversation.target.messageId },
    });
    expect(more).toEqual([]);
  });

  it.each([
    ["without the permission to read what was written", 160_002, 403],
    ["to a message that is of no use as a reference", 50_035, 400],
  ])("as a reply %s, comes without one", async (_, code, status) => {
    const room = await DiscordRoom.open();
    const conversation = await room.sayWithoutThread("[[say hello]]");
    const body = "message_reference";
    if (code === 160_002) await refuse(code, status, { path: inChannel(conversation), body });
    else {
      const errors = {
        message_reference: { _errors: [{ code: "REPLIES_UNKNOWN_MESSAGE", message: "Unknown" }] },
      };
      const text = JSON.stringify({ code, message: "Invalid Form Body", errors });
      const headers = { "content-type": "application/json", via: "1.1 google" };
      const matching = { path: inChannel(conversation), body };
      await discord.faults.rest({ kind: "answer", status, headers, body: text, matching });
    }
    await conversation.arrive("[[say hello]]");
    await conversation.settled();
    const [answer, ...more] = await conversation.posted();
    expect([answer?.content, answer?.message_reference, more]).toEqual(["hello", undefined, []]);
  });

  it.each([
    ["files are not allowed", 50_013, 403],
    ["the file is too large", 40_005, 413],
    ["its media are not allowed", 20_009, 400],
  ])("with a file, where %s, comes in messages", async (_, code, status) => {
    const conversation = await ask(LONG, (asked) =>
      refuse(code, status, { path: inThread(asked), body: "answer.md" }),
    );
    const shown = await conversation.posted();
    expect(contents(shown).join(" ").split(/\s+/)).toHaveLength(1_500);
    expect(shown.flatMap(({ attachments }) => attachments)).toEqual([]);
  });

  it.each([
    ["AutoMod", 200_000],
    ["the filter of harmful links", 240_000],
  ])("because of %s, is one sentence that repeats nothing of it", async (_, code) => {
    const conversation = await ask("[[say forbidden words]]", (asked) =>
      refuse(code, 400, { path: inThread(asked), body: "forbidden" }),
    );
    const [answer, ...more] = await conversation.posted();
    expect(answer?.content).toMatch(/^-# A rule of this server/);
    expect(more).toEqual([]);
  });

  it("in a channel that is gone, comes in a DM to whoever asked", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.sayWithoutThread("[[say alone]]");
    await refuse(10_003, 404, { path: inChannel(conversation) });
    await conversation.arrive("[[say alone]]");
    await conversation.settled();
    const dm = await discord.world.openDm(room.userId);
    expect(contents(await conversation.posted(dm.id))).toEqual(["alone"]);
  });

  it("of characters that do not show, is said to be empty", async () => {
    const conversation = await ask("[[say \u200b\u2060\ufeff]]");
    expect(contents(await conversation.posted())).toEqual(["-# The model gave no text."]);
  });
});

describe.concurrent("a thread that Discord does not start", () => {
  it.each([
    ["for the bot may not", 50_013, 403],
    ["for there are too many", 160_006, 400],
    ["for the message is gone", 10_008, 404],
  ])("%s, leaves the answer in the channel", async (_, code, status) => {
    const conversation = await ask("[[say here]]", ({ target }) =>
      refuse(code, status, { method: "POST", path: `${target.messageId}/threads` }),
    );
    expect(contents(await conversation.posted(conversation.room.channelId))).toEqual(["here"]);
  });

  it("because of its name, is started with a plain one", async () => {
    const conversation = await ask("[[say inside]]", ({ target }) =>
      refuse(200_001, 400, { method: "POST", path: `${target.messageId}/threads`, body: "Mia" }),
    );
    expect(contents(await conversation.posted())).toEqual(["inside"]);
  });

  it("for minutes, leaves the answer in the channel, where a reply to it goes on with the conversation", async () => {
    const conversation = await ask("[[say now]]", ({ target }) =>
      discord.faults.rest({
        ...{ kind: "rate-limit", retryAfterMs: 260_000, scope: "shared" },
        matching: { method: "POST", path: `${target.messageId}/threads` },
      }),
    );
    const { room } = conversation;
    const [answer] = await conversation.posted(room.channelId);
    expect(answer?.content).toBe("now");
    const link = env.GATEWAY_LINK.getByName(linkName({ agent: room.agent, shard: 0 }));
    const known = await until(
      () =>
        runInDurableObject(link, (_, { storage }) =>
          storage.sql
            .exec("SELECT conversation FROM continued WHERE place_id = ?", answer?.id ?? "")
            .toArray(),
        ),
      (rows) => rows.length > 0,
    );
    expect(known).toEqual([{ conversation: conversation.id }]);
  });

  it("is asked for once, whatever dies while nobody knows what became of it", async () => {
    const conversation = await ask("[[say once]]", async ({ target }) =>
      discord.faults.rest({
        ...{ kind: "lose-response", times: 1 },
        matching: { method: "POST", path: `${target.messageId}/threads` },
      }),
    );
    expect(contents(await conversation.posted())).toEqual(["once"]);
  });
});

describe.concurrent("an answer whose end is refused", () => {
  it.each([
    ["the thread may not be written in any more", 50_013, 403],
    ["the thread is gone", 10_003, 404],
  ])("because %s, is whole in the channel, and nothing is left to be pressed", async (_, code, status) => {
    const room = await DiscordRoom.open();
    const conversation = await room.say(GROWING);
    await conversation.arrive(GROWING);
    await conversation.shows(/growing/);
    await refuse(code, status, { path: inThread(conversation), body: "growing" });
    await conversation.settled();
    expect(contents(await conversation.posted(room.channelId))).toEqual([WHOLE]);
    const left = await conversation.posted();
    expect(left.map(pressable)).toEqual(left.map(() => 0));
  });

  it.each([
    ["a rule", 200_000],
    ["the filter of links", 240_000],
  ])("by %s says that it is not whole, and has nothing to press", async (_, code) => {
    const room = await DiscordRoom.open();
    const conversation = await room.say(GROWING);
    await conversation.arrive(GROWING);
    await conversation.shows(/growing/);
    // The rule stands against the end of it, which is in no message yet.
    await refuse(code, 400, { path: inThread(conversation), body: WHOLE });
    await conversation.settled();
    const [answer, ...more] = await conversation.posted();
    expect(answer?.content).toMatch(/^growing[\s\S]*\n-# A rule of this server/);
    expect(answer?.content).not.toContain(WHOLE);
    expect([answer && pressable(answer), more]).toEqual([0, []]);
  });

  it("because it was changed too often, stands there anew, once", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.say(GROWING);
    await conversation.arrive(GROWING);
    await conversation.shows(/growing/);
    await refuse(30_046, 400, { method: "PATCH", path: inThread(conversation), body: "growing" });
    await conversation.settled();
    const shown = await conversation.posted();
    expect(contents(shown)).toEqual([WHOLE]);
    expect(shown.map(pressable)).toEqual([0]);
  });

  it("everywhere, is told to the operator, and leaves nothing to be pressed", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.sayWithoutThread(GROWING);
    await conversation.arrive(GROWING);
    await conversation.shows(/growing/);
    await refuse(50_013, 403, { path: inChannel(conversation), body: "growing" });
    const [turn] = await conversation.settled();
    expect(turn).toMatchObject({ state: "failed", notice: expect.stringContaining("No.") });
    const lines = logged.mock.calls
      .map(([line]) => String(line))
      .filter((line) => line.includes(room.channelId));
    expect(lines.some((line) => line.includes("discord.undeliverable"))).toBe(true);
    const shown = await until(
      () => conversation.posted(),
      (posted) => posted.every((message) => pressable(message) === 0),
    );
    expect(shown.length).toBeLessThanOrEqual(1);
  });
});

describe.concurrent("a user's thread that is gone", () => {
  it("is followed by another one, in which the conversation goes on", async () => {
    const room = await DiscordRoom.open();
    const first = await room.say("[[say one]]");
    await first.arrive("[[say one]]");
    await first.settled();
    await refuse(10_003, 404, { path: `/channels/${first.id}` });
    const { id } = await discord.world.say(room.channelId, room.userId, "[[say two]]");
    const thread = { from: "earlier", id: first.id, name: "Mia" } as const;
    const target = { ...first.target, messageId: id, thread };
    await first.stub.accept({
      ...{ id: `discord:${id}`, author: { id: room.userId, name: "Mia" }, text: "[[say two]]", target },
    });
    await first.settled();
    expect(contents(await first.posted(id))).toEqual(["two"]);
  });
});
