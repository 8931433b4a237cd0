import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_PARTS } from "../../shared/discord/answer-posts.ts";
import { type Conversation, DiscordRoom, discord, until } from "./discord-room.ts";
import { type Death, type Deaths, expectSameWhereverItDies, installDeaths } from "./post-deaths.ts";

const SLOW = "[[chunks 30]] [[slow 100]]";

// The first answer waits for the model's SDK to be transformed, so it is none to count requests by.
beforeAll(async () => {
  await ask("[[say warm]]");
}, 60_000);

afterEach(async () => {
  vi.restoreAllMocks();
  await discord.faults.clear();
});

/** Asks in a channel, and waits for the end of the turn. */
async function ask(text: string, room?: DiscordRoom): Promise<Conversation> {
  const conversation = await (room ?? (await DiscordRoom.open())).say(text);
  await conversation.arrive(text);
  await conversation.settled();
  return conversation;
}

const contents = async (conversation: Conversation, channelId?: string) =>
  (await conversation.posted(channelId)).map(({ content }) => content);

describe("an answer in Discord", () => {
  it("that is short costs two requests, and the typing indicator one", async () => {
    const conversation = await ask("[[say short and sweet]]");
    expect(await contents(conversation)).toEqual(["short and sweet"]);
    const requests = await conversation.requests();
    expect(requests.filter((request) => !request.endsWith("/typing"))).toEqual([
      "POST /channels/:channel/messages/:thread/threads",
      "POST /channels/:thread/messages",
    ]);
    expect(requests.length).toBeLessThanOrEqual(3);
    const [thread] = await discord.world.threads(conversation.room.channelId);
    expect(thread).toMatchObject({ id: conversation.id, name: "Mia — 2026-11-21" });
  });

  it("in the channel itself is a reply to the message, and one request", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.sayWithoutThread("[[say here]]");
    await conversation.arrive("[[say here]]");
    await conversation.settled();
    const [answer] = await conversation.posted();
    expect(answer).toMatchObject({
      content: "here",
      message_reference: { message_id: conversation.target.messageId },
    });
    const requests = (await conversation.requests()).filter((request) => !request.endsWith("/typing"));
    expect(requests).toEqual(["POST /channels/:channel/messages"]);
  });

  it("pings nobody, and is what Discord's specification allows", async () => {
    const conversation = await ask(`${SLOW} [[say @everyone {60 x <@1> word}]]`);
    const { requests, violations } = await discord.report();
    const bodies = requests
      .filter(
        ({ path, method }) => path.startsWith(`/channels/${conversation.id}/messages`) && method !== "GET",
      )
      .map(({ body }) => body);
    expect(bodies.length).toBeGreaterThan(1);
    for (const body of bodies)
      expect(body).toMatchObject({ allowed_mentions: { parse: [], replied_user: false } });
    expect(violations).toEqual([]);
  });

  it("grows by edits of one message, a few of them, and ends complete", async () => {
    const conversation = await ask(`${SLOW} [[say {60 x growing words}]]`);
    const [answer] = (await discord.world.history(conversation.id)).filter(
      ({ message }) => message.author.id === conversation.room.botId && message.type === 0,
    );
    const versions = answer?.versions.map(({ content }) => content) ?? [];
    const whole = "growing words".concat(" growing words".repeat(59));
    expect(versions.at(-1)).toBe(whole);
    expect(versions.length).toBeGreaterThanOrEqual(2);
    expect(versions.length).toBeLessThanOrEqual(6);
    for (const version of versions) expect(whole.startsWith(version)).toBe(true);
  });

  it("types while it works", async () => {
    const conversation = await (await DiscordRoom.open()).say();
    await conversation.arrive("[[hang once]] [[say hidden]]");
    await until(
      () => discord.world.typings(conversation.id),
      (typings) => typings.length > 0,
    );
    await conversation.stub.stop();
  });

  it("shows its tool calls above the text", async () => {
    const conversation = await ask(`[[tool get_echo_id {"id":"x1"}]]`);
    const [answer = ""] = await contents(conversation);
    expect(answer).toMatch(/^-# ✅ `get_echo_id` `\{"id":"x1"\}`\nresult of get_echo_id: /);
  });

  it("over 2,000 characters is several messages, code closed and opened again", async () => {
    const conversation = await ask("[[say Code:\n```ts\n{300 x const a = 1;}\n```\nDone.]]");
    const parts = await contents(conversation);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.match(/```/g)).toHaveLength(2);
    const code = parts
      .join("\n")
      .replace(/```(?:ts)?|\s+/g, " ")
      .replace(/ +/g, " ");
    expect(code.match(/const a = 1;/g)).toHaveLength(300);
    expect(parts.at(-1)).toMatch(/Done\.$/);
  });

  it("over five messages is its beginning with all of it in a file", async () => {
    const conversation = await ask(`${SLOW} [[say {3000 x word}]]`);
    const posted = await conversation.posted();
    expect(posted).toHaveLength(1);
    expect(posted[0]?.content).toMatch(/The whole answer \(14,999 characters\) is in the file\.$/);
    const [file] = posted[0]?.attachments ?? [];
    expect(file?.filename).toBe("answer.md");
    expect(await (await fetch(file?.url ?? "")).text()).toBe("word ".repeat(3_000).trim());
  });

  it("goes on in more messages where the bot may not attach files", async () => {
    const room = await DiscordRoom.open();
    await discord.world.deny(room.channelId, "ATTACH_FILES");
    const conversation = await ask("[[say {2200 x word}]]", room);
    const parts = await contents(conversation);
    expect(parts.length).toBeGreaterThan(MAX_PARTS);
    expect(parts.join(" ")).toBe("word ".repeat(2_200).trim());
  });

  it("that failed says so in the same place", async () => {
    const conversation = await ask("[[status 401]]");
    const [turn] = await conversation.settled();
    expect(turn?.state).toBe("failed");
    expect(await contents(conversation)).toEqual([turn?.notice]);
  });

  it("shows how far it is as a reaction, and leaves the last", async () => {
    const room = await DiscordRoom.open("reactor");
    const conversation = await room.say();
    await conversation.arrive(`[[chunks 20]] [[slow 120]] [[say {40 x slow}]]`);
    const reactions = async () => {
      const [message] = (await discord.world.messages(room.channelId)) as {
        reactions?: { emoji: { name: string } }[];
      }[];
      return message?.reactions?.map(({ emoji }) => emoji.name) ?? [];
    };
    await until(reactions, (shown) => shown.includes("🤔"));
    await conversation.settled();
    await until(reactions, (shown) => shown.join() === "🆗");
  });
});

describe("where Discord is not as it should be", () => {
  it.each([
    ["answers 500 a few times", { kind: "status", status: 500, times: 3 }],
    ["cuts the connection", { kind: "cut", times: 2 }],
    ["does what it is told and cuts the connection", { kind: "lose-response", times: 2 }],
    ["says 429", { kind: "rate-limit", retryAfterMs: 300, times: 2 }],
  ] as const)("and %s, the answer is posted once", async (_, fault) => {
    const room = await DiscordRoom.open();
    const conversation = await room.say("[[say once]]");
    await discord.faults.rest({
      ...fault,
      matching: { method: "POST", path: `/channels/${conversation.id}/messages` },
    });
    await conversation.arrive("[[say once]]");
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["once"]);
  });

  it("a live edit that fails does not cost the answer", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.say();
    await discord.faults.rest({
      kind: "status",
      status: 500,
      times: 1,
      matching: { method: "PATCH", path: conversation.id },
    });
    await conversation.arrive(`${SLOW} [[say {60 x growing}]]`);
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["growing ".repeat(60).trim()]);
  });

  it("a thread that is there already is used", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.say("[[say inside]]");
    await discord.world.startThread(room.channelId, room.userId, "Theirs", conversation.target.messageId);
    await conversation.arrive("[[say inside]]");
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["inside"]);
    expect(await discord.world.threads(room.channelId)).toHaveLength(1);
  });

  it("a thread that was put away while it was answered is opened again", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.say();
    await conversation.arrive(`[[chunks 40]] [[slow 60]] [[say {40 x growing}]]`);
    await conversation.shows(/growing/);
    await discord.world.setThread(conversation.id, { archived: true });
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["growing ".repeat(40).trim()]);
    expect(await conversation.requests()).toContain("PATCH /channels/:thread");
  });

  it("without the permission to start threads it replies in the channel, and tells the operator once", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await DiscordRoom.open();
    await discord.world.deny(room.channelId, "CREATE_PUBLIC_THREADS");
    for (const word of ["first", "second"]) {
      const conversation = await ask(`[[say ${word}]]`, room);
      const answer = (await conversation.posted(room.channelId)).at(-1);
      expect(answer).toMatchObject({
        content: word,
        message_reference: { message_id: conversation.target.messageId },
      });
    }
    const lines = logged.mock.calls.map(([line]) => String(line));
    const told = lines.filter(
      (line) => line.includes("discord.permission_missing") && line.includes(room.channelId),
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("Create Public Threads");
  });

  it("may not write in threads: it replies in the channel", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await DiscordRoom.open();
    await discord.world.deny(room.channelId, "SEND_MESSAGES_IN_THREADS");
    const conversation = await ask("[[say outside]]", room);
    expect(await contents(conversation, room.channelId)).toEqual(["outside"]);
  });

  it("a message that was deleted is answered in the channel, without a reference", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.say("[[say still]]");
    await discord.world.delete(room.channelId, conversation.target.messageId);
    await conversation.arrive("[[say still]]");
    await conversation.settled();
    const [answer] = await conversation.posted(room.channelId);
    expect(answer?.content).toBe("still");
    expect(answer?.message_reference).toBeUndefined();
  });

  it("an answer that was deleted while it grew is posted again", async () => {
    const room = await DiscordRoom.open();
    const conversation = await room.say();
    await conversation.arrive(`[[chunks 40]] [[slow 60]] [[say {40 x growing}]]`);
    const [shown] = await conversation.shows(/growing/);
    await discord.world.delete(conversation.id, shown?.id ?? "");
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["growing ".repeat(40).trim()]);
  });

  it("may not write at all: the turn ends as undeliverable, and the next message is tried anew", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await DiscordRoom.open();
    await discord.world.deny(room.channelId, "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS");
    const conversation = await ask("[[say unheard]]", room);
    const [turn] = await conversation.settled();
    expect(turn).toMatchObject({ state: "failed", notice: expect.stringContaining("Missing Permissions") });
    expect(await outbox(conversation)).toEqual(["undeliverable"]);
    expect(logged.mock.calls.some(([line]) => String(line).includes("discord.undeliverable"))).toBe(true);
    await discord.world.allow(room.channelId, "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS");
    await conversation.follow("[[say heard]]");
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["heard"]);
  });

  it("no token is configured: the turn says which secret is missing", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const conversation = await ask("[[say unsaid]]", await DiscordRoom.open("tester"));
    const [turn] = await conversation.settled();
    expect(turn).toMatchObject({
      state: "failed",
      notice: expect.stringContaining("TESTER__DISCORD_BOT_TOKEN or DISCORD_BOT_TOKEN"),
    });
  });
});

describe("an answer that is stopped", () => {
  it("keeps what was shown, and says so", async () => {
    const conversation = await (await DiscordRoom.open()).say();
    await conversation.arrive(`${SLOW} [[say {60 x growing}]]`);
    await conversation.shows(/growing/);
    expect(await conversation.stub.stop()).toBe(true);
    await conversation.shows(/^growing[\s\S]*\n-# stopped$/);
    expect(await conversation.posted()).toHaveLength(1);
  });

  it("says so also when the instance dies first", async () => {
    const conversation = await (await DiscordRoom.open()).say();
    await conversation.arrive(`${SLOW} [[say {60 x growing}]]`);
    await conversation.shows(/growing/);
    await discord.faults.rest({
      kind: "status",
      status: 503,
      matching: { path: `/channels/${conversation.id}/` },
    });
    expect(await conversation.stub.stop()).toBe(true);
    await abortAllDurableObjects();
    await discord.faults.clear();
    await conversation.stub.history();
    await conversation.shows(/^growing[\s\S]*\n-# stopped$/);
    expect(await conversation.posted()).toHaveLength(1);
  });
});

describe("a session that dies", () => {
  it("while it shows an answer replaces what was shown by the one that is written anew", async () => {
    const conversation = await (await DiscordRoom.open()).say();
    await conversation.arrive("[[hang stream once]] [[chunks 3]] [[say {30 x replaced}]]");
    await conversation.shows(/replaced/);
    await abortAllDurableObjects();
    await conversation.stub.history();
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["replaced ".repeat(30).trim()]);
  });

  const long = "[[say {700 x word}]]";

  it("at any write of its record of posts has posted each part once, in order", {
    timeout: 90_000,
  }, async () => {
    const deaths = installDeaths();
    await expectSameWhereverItDies((death) => answerOf(deaths, death), 4);
  });

  it("and comes back when Discord no longer knows the nonce, looks for its message first", async () => {
    const deaths = installDeaths();
    const conversation = await (await DiscordRoom.open()).say();
    deaths.plan({ write: 2, side: "before" });
    await conversation.arrive("[[say found]]");
    await vi.waitFor(() => expect(deaths.isDead).toBe(true), { timeout: 10_000 });
    await abortAllDurableObjects();
    deaths.plan(null);
    await discord.faults.rest({ kind: "status", status: 503, matching: { path: conversation.id } });
    await runInDurableObject(conversation.stub, (_, { storage }) => {
      storage.sql.exec("UPDATE posts SET attempted_at = attempted_at - 600000");
    });
    await abortAllDurableObjects();
    await discord.faults.clear();
    await conversation.stub.history();
    await conversation.settled();
    expect(await contents(conversation)).toEqual(["found"]);
    const creates = (await conversation.requests()).filter(
      (request) => request === "POST /channels/:thread/messages",
    );
    expect(creates.length).toBe(1);
    expect(await conversation.requests()).toContain("GET /channels/:thread/messages");
  });

  /** Dies as planned, comes back, and tells what stands in Discord then. */
  async function answerOf(deaths: Deaths, death: Death | null) {
    const conversation = await (await DiscordRoom.open()).say();
    deaths.plan(death);
    await conversation.arrive(long);
    if (death) {
      await vi.waitFor(() => expect(deaths.isDead).toBe(true), { timeout: 10_000 });
      await abortAllDurableObjects();
      deaths.plan(null);
      await conversation.stub.history();
    }
    const [turn] = await conversation.settled();
    expect(turn?.state).toBe("done");
    return { parts: await contents(conversation), writes: deaths.writes };
  }
});

function outbox(conversation: Conversation): Promise<unknown[]> {
  return runInDurableObject(conversation.stub, (_, { storage }) =>
    storage.sql
      .exec("SELECT status FROM outbox ORDER BY seq")
      .toArray()
      .map(({ status }) => status),
  );
}
