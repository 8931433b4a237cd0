import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import { LinkState } from "../../durable-objects/gateway-link/link-state.ts";
import { discordSection } from "../../shared/character/sections/discord.ts";
import { gatewayIntents } from "../../shared/discord/intents.ts";
import type { DiscordTarget } from "../../shared/session/event.ts";
import { GUILD, guildWith, MIA, newChannel, newId, type Shard, shardWithChannel } from "./shard.ts";

const ME_AS_BOT = "900000000000000009";

// The first answer waits for the model's SDK to be transformed; no test should.
beforeAll(async () => {
  const { shard, help } = await shardWithChannel();
  await shard.deliver(shard.message(help, "[[say warm]]"));
  await vi.waitFor(
    async () => {
      const conversation = shard.conversation(help);
      const [turn] = await runInDurableObject(conversation, (session: ChannelSession) => session.history());
      expect(turn?.finishedAt).toEqual(expect.any(Number));
    },
    { timeout: 60_000, interval: 100 },
  );
}, 60_000);

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const idOf = ({ d }: { d: unknown }) => (d as { id: string }).id;

describe("a batch", () => {
  it("is in the sessions' inboxes when it is acknowledged, each message once and in order", async () => {
    const { shard, help } = await shardWithChannel();
    const other = newChannel("busy");
    const events = [
      shard.event("CHANNEL_CREATE", { ...other, guild_id: GUILD }),
      shard.message(help, "one"),
      shard.message(other.id, "elsewhere"),
      shard.message(help, "two"),
      shard.message("700000000000000099", "not listened to"),
    ];
    await shard.deliver(...events);
    expect(await shard.inbox(help)).toEqual(["one", "two"]);
    expect(await shard.inbox(other.id)).toEqual(["elsewhere"]);
  });

  it("that comes again, in part or after a later one, changes nothing", async () => {
    const { shard, help } = await shardWithChannel();
    const [one, two, three] = ["one", "two", "three"].map((text) => shard.message(help, text));
    if (!one || !two || !three) throw new Error("three messages");
    await shard.deliver(one, two);
    await shard.deliver(two, three);
    expect(await shard.send([one])).toMatchObject({ acknowledged: { acked: three.s } });
    await evictDurableObject(shard.stub);
    expect(await shard.send([two, three])).toMatchObject({ acknowledged: { acked: three.s } });
    expect(await shard.inbox(help)).toEqual(["one", "two", "three"]);
  });

  it.each([
    ["tells when each began", true],
    ["tells nothing of when they began", false],
  ])("of a new session under the id of the one before is taken, where the gateway %s", async (_, tells) => {
    const { shard, help } = await shardWithChannel();
    await shard.deliver(shard.message(help, "before"));
    const numberOf = shard.seq;
    shard.seq = -1;
    const ready = shard.event("READY", { user: { id: ME_AS_BOT } });
    const first = shard.message(help, "first");
    const begun = tells ? { begunAt: 2 } : {};
    expect(await shard.send([ready, first], begun)).toMatchObject({ acknowledged: { acked: 1 } });
    expect(shard.seq).toBeLessThan(numberOf);
    expect(await shard.lease()).toMatchObject({ granted: { resume: { seq: 1 } } });
    // Its answer was lost, and a message came meanwhile.
    const second = shard.message(help, "second");
    expect(await shard.send([ready, first, second], begun)).toMatchObject({ acknowledged: { acked: 2 } });
    expect(await shard.inbox(help)).toEqual(["before", "first", "second"]);
  });

  it("in which READY is sent again moves nothing back, as far as the gateway tells that it is the same", async () => {
    const { shard, help } = await shardWithChannel();
    shard.seq = 0;
    const begun = { begunAt: 7, sessionId: crypto.randomUUID() };
    const ready = shard.event("READY", { user: { id: ME_AS_BOT } });
    const [one, two] = [shard.message(help, "one"), shard.message(help, "two")];
    await shard.send([ready], begun);
    await shard.send([one, two], begun);
    expect(await shard.send([ready], begun)).toMatchObject({ acknowledged: { acked: 3 } });
  });

  it("of a session that is over brings its messages once, and does not bring the session back", async () => {
    const { shard, help } = await shardWithChannel();
    const { sessionId, signedAt } = shard;
    const late = shard.message(help, "late");
    await shard.lease();
    await shard.beginCold(guildWith([newChannel()]));
    const { sessionId: current, seq } = shard;
    for (let time = 0; time < 2; time++) {
      expect(await shard.send([late], { sessionId, signedAt })).toMatchObject({
        acknowledged: { acked: late.s },
      });
    }
    expect(await shard.lease()).toMatchObject({ granted: { resume: { sessionId: current, seq } } });
    expect(await shard.inbox(help)).toEqual(["late"]);
  });

  it("moves nothing when it is empty, and renews the lease", async () => {
    const { shard } = await shardWithChannel();
    const before = shard.seq;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 9_000 });
    shard.signedAt += 9;
    expect(await shard.send([])).toEqual({ acknowledged: { acked: before, ttlSeconds: 10 } });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 9_000 });
    expect(await shard.lease("gateway-2")).toMatchObject({ refused: { holder: "gateway-1" } });
  });

  it("is stored up to the message whose session is away, and loses no other", async () => {
    const { shard, help } = await shardWithChannel();
    const busy = newChannel("busy");
    await shard.deliver(shard.event("CHANNEL_CREATE", { ...busy, guild_id: GUILD }));
    const accept = ChannelSession.prototype.accept;
    vi.spyOn(ChannelSession.prototype, "accept").mockImplementation(function (this: ChannelSession, event) {
      if (event.text === "lost?") throw new Error("away");
      return accept.call(this, event);
    });
    const [first, second, third, fourth] = [
      shard.message(busy.id, "one"),
      shard.message(help, "lost?"),
      shard.message(busy.id, "two"),
      shard.message(help, "behind it"),
    ];
    const batch = [first, second, third, fourth];
    expect(await shard.send(batch)).toMatchObject({ acknowledged: { acked: first.s } });
    expect(await shard.inbox(busy.id)).toEqual(["one", "two"]);
    expect(await shard.inbox(help)).toEqual([]);
    vi.restoreAllMocks();
    await shard.deliver(second, third, fourth);
    expect(await shard.inbox(help)).toEqual(["lost?", "behind it"]);
    expect(await shard.inbox(busy.id)).toEqual(["one", "two"]);
  });

  it("is stored once when the link dies between telling the session and moving the cursor", async () => {
    const { shard, help } = await shardWithChannel();
    vi.spyOn(LinkState.prototype, "acknowledge").mockImplementation(() => {
      throw new Error("dies");
    });
    const event = shard.message(help, "once");
    await expect(shard.send([event])).rejects.toThrow("dies");
    await abortAllDurableObjects();
    vi.restoreAllMocks();
    expect(await shard.lease()).toMatchObject({ granted: { resume: { seq: event.s - 1 } } });
    expect(await shard.inbox(help)).toEqual(["once"]);
    await shard.deliver(event);
    expect(await shard.inbox(help)).toEqual(["once"]);
  });

  it("goes on past data that nobody can read", async () => {
    const { shard, help } = await shardWithChannel();
    const garbage = [
      "MESSAGE_CREATE",
      "MESSAGE_UPDATE",
      "MESSAGE_DELETE",
      "GUILD_CREATE",
      "THREAD_CREATE",
      "READY",
      "NONSENSE",
    ].flatMap((name) => [null, 7, "x", [], {}, { id: 5 }].map((d) => shard.event(name, d)));
    await shard.deliver(...garbage, shard.message(help, "readable"));
    expect(await shard.inbox(help)).toEqual(["readable"]);
  });
});

describe("a lease", () => {
  it("says where to go on, what to ask Discord for, and what to forward", async () => {
    const { shard } = await shardWithChannel();
    expect(await shard.lease()).toEqual({
      granted: {
        epoch: 1,
        ttlSeconds: 10,
        resume: { sessionId: shard.sessionId, resumeUrl: "wss://resume.example", seq: shard.seq },
        intents: gatewayIntents(discordSection.parse({})),
        forward: expect.arrayContaining(["READY", "MESSAGE_CREATE", "GUILD_CREATE", "THREAD_CREATE"]),
      },
    });
  });

  it("that another gateway has taken fences the first, which stores nothing any more", async () => {
    const { shard, help } = await shardWithChannel();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_001 });
    expect(await shard.lease("gateway-2")).toMatchObject({ granted: { epoch: 2 } });
    expect(await shard.send([shard.message(help, "too late")])).toMatchObject({
      fenced: { error: "fenced" },
    });
    expect(await shard.release()).toMatchObject({ fenced: { error: "fenced" } });
    expect(await shard.inbox(help)).toEqual([]);
    expect(await shard.lease()).toMatchObject({ refused: { holder: "gateway-2" } });
  });

  it("outlives the link, and its session too", async () => {
    const { shard } = await shardWithChannel();
    await evictDurableObject(shard.stub);
    expect(await shard.lease("gateway-2")).toMatchObject({ refused: { holder: "gateway-1" } });
    expect(await shard.release()).toBeNull();
    expect(await shard.lease("gateway-2")).toMatchObject({
      granted: { epoch: 2, resume: { sessionId: shard.sessionId, seq: shard.seq } },
    });
  });

  it("of another division into shards does not go on with the session", async () => {
    const { shard } = await shardWithChannel();
    const request = {
      gateway: "gateway-1",
      shard: [shard.index, 2048] as const,
      signedAt: shard.signedAt + 1,
    };
    expect(await shard.stub.lease(request)).toMatchObject({ granted: { resume: null } });
  });
});

describe("a message that waits", () => {
  it("is changed by an edit, and taken back by its deletion", async () => {
    const { shard, help } = await shardWithChannel();
    await shard.deliver(shard.message(help, "[[hang]]"));
    const [waiting, deleted] = [shard.message(help, "first version"), shard.message(help, "oops")];
    await shard.deliver(waiting, deleted);
    await shard.deliver(
      shard.event("MESSAGE_UPDATE", { id: idOf(waiting), channel_id: help, embeds: [{}] }),
      shard.event("MESSAGE_UPDATE", {
        ...{ id: idOf(waiting), channel_id: help, content: "second version" },
        edited_timestamp: "2026-11-21T12:00:00Z",
      }),
      shard.event("MESSAGE_DELETE", { id: idOf(deleted), channel_id: help }),
    );
    expect(await shard.inbox(help)).toEqual(["[[hang]]", "second version"]);
    // Its id stays known.
    await shard.send([{ ...deleted, s: shard.seq + 1 }]);
    expect(await shard.inbox(help)).toEqual(["[[hang]]", "second version"]);
    await shard.conversation(help).stop();
  });

  it("is no longer changed when it is being answered", async () => {
    const { shard, help } = await shardWithChannel();
    const taken = shard.message(help, "[[hang]]");
    await shard.deliver(taken);
    const change = { id: idOf(taken), channel_id: help };
    await shard.deliver(
      shard.event("MESSAGE_UPDATE", {
        ...change,
        content: "other",
        edited_timestamp: "2026-11-21T12:00:00Z",
      }),
      shard.event("MESSAGE_DELETE_BULK", { ids: [change.id], channel_id: help }),
    );
    expect(await shard.inbox(help)).toEqual(["[[hang]]"]);
    await shard.conversation(help).stop();
  });

  it("waits here when its conversation is busy, and those behind it too, and all are answered in order", async () => {
    const { shard, help } = await shardWithChannel();
    await shard.deliver(shard.message(help, "[[hang]]"));
    const texts = ["a", "b", "c", "d", "e"];
    const events = texts.map((text) => shard.message(help, text));
    await shard.deliver(...events);
    expect(await shard.inbox(help)).toEqual(["[[hang]]", "a", "b"]);
    const [, , , d, e] = events;
    if (!d || !e) throw new Error("five messages");
    await shard.deliver(
      shard.event("MESSAGE_UPDATE", { id: idOf(d), channel_id: help, content: "D", edited_timestamp: "now" }),
      shard.event("MESSAGE_DELETE", { id: idOf(e), channel_id: help }),
    );
    await shard.conversation(help).stop();
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(shard.stub);
        expect(await shard.inbox(help)).toEqual(["[[hang]]", "a", "b", "c", "D"]);
      },
      { timeout: 20_000, interval: 50 },
    );
    // What was deleted while it waited here does not come after all the others either.
    await shard.untilIdle();
    expect(await shard.inbox(help)).toEqual(["[[hang]]", "a", "b", "c", "D"]);
  });

  it("is not overtaken by the next of its batch, for which its conversation has room again", async () => {
    const { shard, help } = await shardWithChannel();
    // Busy for the first, and for no other.
    vi.spyOn(ChannelSession.prototype, "accept").mockReturnValueOnce({ status: "busy" });
    await shard.deliver(shard.message(help, "first"), shard.message(help, "second"));
    await shard.untilIdle();
    expect(await shard.inbox(help)).toEqual(["first", "second"]);
  });
});

describe("an agent that waits to be mentioned", () => {
  const mention = (bot: string) => ({ mentions: [{ id: bot, username: "rig" }] });
  const botId = async (shard: Shard) =>
    String((await shard.rows("select bot_user_id as id from link"))[0]?.id);

  it("is free in the thread that a mention has begun, even before Discord has made it", async () => {
    const { shard, help } = await shardWithChannel("picky");
    const bot = await botId(shard);
    const begins = shard.message(help, `<@${bot}> hello`, mention(bot));
    const thread = idOf(begins);
    await shard.deliver(shard.message(help, "not for it"), begins, shard.message(thread, "and on"));
    expect(await shard.inbox(thread)).toEqual(["@Picky hello", "and on"]);
    expect(await shard.inbox(help)).toEqual([]);
  });

  it("has one thread for each user, and a new one when that is deleted", async () => {
    const { shard, help } = await shardWithChannel("picky");
    const bot = await botId(shard);
    const say = (text: string, author = MIA) => shard.message(help, text, { ...mention(bot), author });
    const [first, second, other] = [
      say("one"),
      say("two"),
      say("three", { ...MIA, id: "900000000000000003" }),
    ];
    await shard.deliver(first, second, other);
    expect(await shard.inbox(idOf(first))).toEqual(["one", "two"]);
    expect(await shard.inbox(idOf(other))).toEqual(["three"]);
    const deletion = shard.event("THREAD_DELETE", {
      id: idOf(first),
      guild_id: GUILD,
      parent_id: help,
      type: 11,
    });
    const anew = say("four");
    await shard.deliver(deletion, anew);
    expect(await shard.inbox(idOf(anew))).toEqual(["four"]);
  });

  it("answers a bot so many times in a row, and again when a person has spoken", async () => {
    const { shard, help } = await shardWithChannel("picky");
    const bot = await botId(shard);
    const author = { id: "900000000000000009", username: "other", bot: true };
    const fromBot = () => shard.message(help, "again", { ...mention(bot), author });
    const [one, two, three] = [fromBot(), fromBot(), fromBot()];
    await shard.deliver(one, two);
    // A copy of what was answered counts no second time.
    await shard.send([{ ...one, s: shard.seq + 1 }], { sessionId: "another" });
    await shard.deliver(three, shard.message(help, "a person"));
    const four = fromBot();
    await shard.deliver(four);
    expect(await shard.inbox(idOf(one))).toEqual(["again", "again", "again"]);
    const routed = await shard.rows("select message_id as id from routed order by seq");
    expect(routed.map(({ id }) => id)).toEqual([one, two, four].map(idOf));
  });
});

describe("a guild", () => {
  const gone = (shard: Shard, change: object = {}) => shard.event("GUILD_DELETE", { id: GUILD, ...change });

  it("that is out of order for a while is not left: what is written there after that is heard", async () => {
    const { shard, help } = await shardWithChannel();
    await shard.deliver(gone(shard, { unavailable: true }), shard.message(help, "back again"));
    expect(await shard.inbox(help)).toEqual(["back again"]);
  });

  it("that the bot has left is forgotten", async () => {
    const { shard, help } = await shardWithChannel();
    await shard.deliver(gone(shard), shard.message(help, "to nobody"));
    expect(await shard.inbox(help)).toEqual([]);
  });
});

describe("a direct message", () => {
  it("is answered in its own conversation, which has no guild", async () => {
    const { shard } = await shardWithChannel();
    const dm = newId();
    await shard.deliver(shard.message(dm, "[[say psst]]", { guild_id: undefined, member: undefined }));
    await shard.untilInbox(dm, ["[[say psst]]"]);
    await shard.untilIdle();
  });
});

describe("what a conversation has learnt of a channel", () => {
  /** Where the next message of a channel is to be answered. */
  const targetOf = async (shard: Shard, channel: string, change: object = {}) => {
    const said = shard.message(channel, "hello", change);
    await shard.deliver(said);
    const [row] = await shard.rows(
      `select conversation, target from routed where message_id = '${idOf(said)}'`,
    );
    return { conversation: row?.conversation, ...(JSON.parse(String(row?.target)) as DiscordTarget) };
  };

  it("goes with its next messages", async () => {
    const { shard, help } = await shardWithChannel();
    await shard.stub.noteCannot({ channel: help, what: "reply", ms: 60_000 });
    await shard.stub.noteCannot({ channel: help, what: "file", ms: 600_000 });
    expect((await targetOf(shard, help)).cannot).toEqual(["reply", "file"]);
  });

  it.each([
    ["the channel", (id: string) => ["CHANNEL_UPDATE", { ...newChannel(), id, guild_id: GUILD }] as const],
    [
      "a role",
      () => ["GUILD_ROLE_UPDATE", { guild_id: GUILD, role: { id: "1", permissions: "0" } }] as const,
    ],
  ] as const)("is forgotten when %s is changed: it may have been granted", async (_, change) => {
    const { shard, help } = await shardWithChannel();
    await shard.stub.noteCannot({ channel: help, what: "thread", ms: 600_000 });
    const [type, data] = change(help);
    await shard.deliver(shard.event(type, data));
    expect((await targetOf(shard, help)).cannot).toBeUndefined();
  });

  it("leads replies to an answer on to its conversation, after an eviction too", async () => {
    const { shard, help } = await shardWithChannel();
    const [answer, conversation] = [newId(), newId()];
    await shard.stub.noteConversation({ conversation, places: [answer] });
    await evictDurableObject(shard.stub);
    const reply = { message_reference: { message_id: answer }, mentions: [] };
    expect(await targetOf(shard, help, reply)).toMatchObject({ conversation, channelId: help });
    expect((await targetOf(shard, help)).conversation).not.toBe(conversation);
  });
});
