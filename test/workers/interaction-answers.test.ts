import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { shownControlIds } from "../../shared/discord/components.ts";
import { writeControlId } from "../../shared/discord/controls.ts";
import { answerContents } from "../../shared/interaction/answer-place.ts";
import { Asked } from "./asked.ts";
import { DiscordRoom, discord, putRight, type Shown, until } from "./discord-room.ts";
import { type Death, type Deaths, expectSameWhereverItDies, installDeaths } from "./post-deaths.ts";

const MINUTE = 60_000;
const SLOW = "[[chunks 40]] [[slow 50]]";
const LONG = "{800 x word}";
const whole = "word ".repeat(800).trim();

// The first answer waits for the model's SDK to be transformed.
beforeAll(async () => {
  await ask("[[say warm]]");
}, 60_000);

afterEach(putRight);

interface Asking {
  room?: DiscordRoom;
  isPrivate?: boolean;
  conversation?: string;
}

async function begin(text: string, { room, ...options }: Asking = {}): Promise<Asked> {
  const asked = await Asked.in(room ?? (await DiscordRoom.open()), options);
  await asked.defer();
  await asked.arrive(text);
  return asked;
}

async function ask(text: string, options: Asking = {}): Promise<Asked> {
  const asked = await begin(text, options);
  await asked.settled();
  return asked;
}

const contents = (shown: readonly Shown[]) => shown.map(({ content }) => content);

/** Waits for a planned death, and for the instance after it. */
async function comeBack(asked: Asked, deaths: Deaths, meanwhile: () => void | Promise<void>) {
  await vi.waitFor(() => expect(deaths.isDead).toBe(true), { timeout: 10_000 });
  await abortAllDurableObjects();
  await meanwhile();
  await asked.stub.history();
}

/** The clock is the test's from here on. */
function holdClock(): (now: number) => void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  return (now) => void vi.setSystemTime(now);
}

/** Lets an interaction's last minute begin; whoever still uses its token is refused. */
async function endToken({ target }: Asked, setClock: (now: number) => void): Promise<void> {
  setClock(target.expiresAt - MINUTE);
  await discord.world.expireToken(target.id);
}

describe("an answer to an interaction", () => {
  it("that is short is one edit of what the deferral has promised", async () => {
    const asked = await ask("[[say short and sweet]]");
    expect(contents(await asked.posted())).toEqual(["short and sweet"]);
    expect(await asked.requests()).toEqual(["PATCH token/messages/@original"]);
  });

  it("over 2,000 characters goes on in follow-ups, in order, pinging nobody", async () => {
    const asked = await ask(`[[say @everyone ${LONG}]]`);
    const posted = await asked.posted();
    expect(posted.length).toBe(3);
    expect(contents(posted).join(" ")).toBe(`@everyone ${whole}`);
    const { requests, violations } = await discord.report();
    const own = requests.filter(({ path }) => path.includes(asked.target.token));
    expect(own.length).toBeGreaterThanOrEqual(3);
    for (const { body } of own) expect(body).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(violations).toEqual([]);
  });

  it("grows where it was promised, and types nowhere", async () => {
    const asked = await ask(`${SLOW} [[say {60 x growing}]]`);
    const [entry] = await discord.world.history(asked.room.channelId);
    const versions = entry?.versions.map(({ content }) => content) ?? [];
    expect(versions.length).toBeGreaterThan(2);
    expect(versions.at(-1)).toBe("growing ".repeat(60).trim());
    expect(await discord.world.typings(asked.room.channelId)).toEqual([]);
  });

  it("that is private stays so in all of its messages", async () => {
    const asked = await ask(`[[say ${LONG}]]`, { isPrivate: true });
    expect(contents(await asked.ephemerals()).join(" ")).toBe(whole);
    expect(await asked.posted()).toEqual([]);
  });

  it("over five messages is its beginning with all of it in a file", async () => {
    const [shown, ...others] = await (await ask("[[say {3000 x word}]]")).posted();
    expect(others).toEqual([]);
    const [file] = shown?.attachments ?? [];
    expect(await (await fetch(file?.url ?? "")).text()).toBe("word ".repeat(3_000).trim());
  });

  it("waits for a deferral that is still on its way", async () => {
    const asked = await Asked.in(await DiscordRoom.open());
    await asked.arrive("[[say at last]]");
    await until(
      () => asked.requests(),
      (requests) => requests.length > 0,
    );
    await asked.defer();
    await asked.settled();
    expect(contents(await asked.posted())).toEqual(["at last"]);
  });

  it("is a message in the channel when its deferral never arrives", async () => {
    const setClock = holdClock();
    const asked = await Asked.in(await DiscordRoom.open());
    setClock(Date.now() + 11_000);
    await asked.arrive("[[say all the same]]");
    await asked.settled();
    expect(contents(await asked.posted())).toEqual(["all the same"]);
  });

  it("needs no bot as long as its token lives, and names the missing secret when it is over", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const room = await DiscordRoom.open("tester");
    expect(contents(await (await ask("[[say heard]]", { room })).posted())).toEqual(["heard"]);
    const setClock = holdClock();
    const late = await Asked.in(await DiscordRoom.open("tester"));
    await endToken(late, setClock);
    await late.arrive("[[say unheard]]");
    expect(await late.settled()).toMatchObject({
      state: "failed",
      notice: expect.stringContaining("TESTER__DISCORD_BOT_TOKEN or DISCORD_BOT_TOKEN"),
    });
  });

  it("to a command is one edit too, and brings what can be chosen", async () => {
    const asked = await Asked.in(await DiscordRoom.open("chooser"), { isPrivate: true });
    await asked.defer();
    await asked.arrive("/model", { command: { name: "model" } });
    await asked.settled();
    const [shown, ...others] = await asked.ephemerals();
    expect(others).toEqual([]);
    expect(shownControlIds(shown?.components ?? [])).toEqual([writeControlId({ action: "model" })]);
    expect(await asked.requests()).toEqual(["PATCH token/messages/@original"]);
  });

  it("that is stopped before there is anything of it says so", async () => {
    const asked = await begin("[[hang]]");
    await until(
      async () => (await asked.stub.history()) as TurnView[],
      (turns) => turns.length === 1,
    );
    expect(await asked.stub.stop()).toBe(true);
    expect(contents(await asked.shows(/stopped/))).toEqual(["-# stopped"]);
  });

  it("that is forgotten with its conversation says so too", async () => {
    const asked = await begin("[[hang]]");
    await asked.stub.reset();
    expect(contents(await asked.shows(/stopped/))).toEqual(["-# stopped"]);
  });

  it.each([
    ["answers 500 once", { kind: "status", status: 500, times: 1 }],
    ["makes the message and cuts the connection", { kind: "lose-response", times: 1 }],
  ] as const)("is there once where Discord %s", async (_, fault) => {
    const asked = await Asked.in(await DiscordRoom.open());
    await asked.defer();
    await discord.faults.rest({ ...fault, matching: { method: "POST", path: asked.target.token } });
    await asked.arrive(`[[say ${LONG}]]`);
    await asked.settled();
    expect(contents(await asked.posted()).join(" ")).toBe(whole);
  });

  it("is said anew when people have deleted what was promised", async () => {
    const asked = await begin(`${SLOW} [[say {60 x growing}]]`);
    const [shown] = await asked.shows(/growing/);
    await discord.world.delete(asked.room.channelId, shown?.id ?? "");
    await asked.settled();
    expect(contents(await asked.posted())).toEqual(["growing ".repeat(60).trim()]);
  });
});

describe("an answer whose token ends in the middle", () => {
  it("goes on as the bot's messages in the channel: complete, in order, once", async () => {
    const setClock = holdClock();
    const asked = await begin(`${SLOW} [[say ${LONG}]]`);
    const [original] = await asked.shows(/word/);
    await endToken(asked, setClock);
    await asked.settled();
    const posted = await asked.posted();
    expect(contents(posted).join(" ")).toBe(whole);
    expect(posted[0]?.id).toBe(original?.id);
    expect(posted.length).toBe(3);
    expect(posted[1]?.message_reference).toMatchObject({ message_id: original?.id });
    expect(posted[2]?.message_reference).toBeUndefined();
    await expectNothingByTokenAfter(asked, "PATCH /channels/:channel/messages/:id");
  });

  it("goes on in a DM where only the user may read it", async () => {
    const setClock = holdClock();
    const asked = await begin(`${SLOW} [[say ${LONG}]]`, { isPrivate: true });
    await asked.shows(/word/);
    await endToken(asked, setClock);
    await asked.settled();
    const [first, ...others] = contents(await asked.direct());
    expect(first).toMatch(/^-# Discord takes no more of this answer where you asked/);
    const kept = contents(await asked.ephemerals()).slice(0, 3 - others.length - 1);
    expect([...kept, ...answerContents([first ?? "", ...others])].join(" ")).toBe(whole);
    expect(await asked.posted()).toEqual([]);
  });

  it("goes on in a DM where the bot has no part in the channel", async () => {
    const setClock = holdClock();
    const room = await DiscordRoom.open();
    await discord.world.deny(room.channelId, "VIEW_CHANNEL", "SEND_MESSAGES");
    const asked = await begin(`${SLOW} [[say ${LONG}]]`, { room });
    await asked.shows(/word/);
    await endToken(asked, setClock);
    await asked.settled();
    const direct = contents(await asked.direct());
    const kept = contents(await asked.posted()).slice(0, 3 - direct.length);
    expect([...kept, ...answerContents(direct)].join(" ")).toBe(whole);
  });

  it.each([
    { isPrivate: false, remark: /will come as a message\.$/ },
    { isPrivate: true, remark: /will come as a direct message\.$/ },
  ])("with nothing said yet says how it will come, and comes so (private: $isPrivate)", async (asking) => {
    const setClock = holdClock();
    const asked = await begin(`[[hang once]] [[say after long thought ${asking.isPrivate}]]`, asking);
    setClock(asked.target.expiresAt - 2 * MINUTE);
    await runDurableObjectAlarm(asked.stub);
    const [original] = await asked.shows(asking.remark);
    await endToken(asked, setClock);
    await abortAllDurableObjects();
    await asked.stub.history();
    await asked.settled();
    const answer = `after long thought ${asking.isPrivate}`;
    if (asking.isPrivate) {
      expect(answerContents(contents(await asked.direct()))).toEqual([answer]);
    } else {
      const [, message] = await asked.posted();
      expect(message).toMatchObject({
        content: answer,
        message_reference: { message_id: original?.id },
      });
    }
  });
});

describe("what is not answered yet when a token ends", () => {
  it.each([{ dies: false }, { dies: true }])(
    "waits behind another answer, says how it will come, and comes so (dies saying it: $dies)",
    async ({ dies }) => {
      const setClock = holdClock();
      const deaths = installDeaths();
      const first = await begin("[[hang]]");
      const { room, conversation } = first;
      const second = await begin("[[say its turn has come]]", { room, conversation });
      if (dies) deaths.plan({ write: 2, side: "before" });
      setClock(second.target.expiresAt - 2 * MINUTE);
      await runDurableObjectAlarm(second.stub);
      if (dies) await comeBack(second, deaths, () => deaths.plan(null));
      const promised = async () => {
        const { messageId } = await discord.world.interaction(second.target.id);
        return (await second.posted()).find(({ id }) => id === messageId);
      };
      await until(promised, (shown) => shown?.content.endsWith("will come as a message.") === true);
      await until(
        async () => deaths.writes,
        (writes) => writes >= 2,
      );
      await endToken(second, setClock);
      await second.stub.stop();
      const shown = await second.shows(/its turn has come/);
      const answer = shown.find(({ content }) => content === "its turn has come");
      const original = await promised();
      const history = await discord.world.history(second.room.channelId);
      const versions = history.find(({ message }) => message.id === original?.id)?.versions ?? [];
      expect(new Set(versions.map(({ content }) => content))).toEqual(new Set(["", original?.content]));
      expect(original?.content).toMatch(/will come as a message\.$/);
      expect(answer?.message_reference).toMatchObject({ message_id: original?.id });
    },
  );

  it("waits for approval: it is asked where the user sees it, and goes on in a DM", async () => {
    const setClock = holdClock();
    const json = JSON.stringify({ body: { word: crypto.randomUUID() } });
    const asked = await begin(`[[tool post_payments ${json}]]`, { isPrivate: true });
    const [request] = await until(
      () => asked.ephemerals(),
      ([shown]) => shownControlIds(shown?.components ?? []).length === 2,
    );
    expect(request?.content).toContain("post_payments");
    await endToken(asked, setClock);
    const [turn] = (await asked.stub.history()) as TurnView[];
    const by = { id: asked.room.userId, name: "Mia", isTrusted: false };
    const press = { action: "decline", turn: turn?.id ?? "", call: "1", by } as const;
    expect(await asked.stub.press(press)).toEqual({ status: "done" });
    await asked.settled();
    const direct = contents(await asked.direct());
    expect(direct.join("\n")).toContain("declined");
    expect(direct).toHaveLength(1);
  });
});

describe("a session that dies", () => {
  it("at any write of its record of an interaction's posts has posted each part once, in order", {
    timeout: 90_000,
  }, async () => {
    const deaths = installDeaths();
    await expectSameWhereverItDies((death) => answerOf(deaths, death), 4);
  });

  it.each([{ isPrivate: false }, { isPrivate: true }])(
    "while its token ends, and at any write after that, has posted each part once, in order (private: $isPrivate)",
    {
      timeout: 90_000,
    },
    async (asking) => {
      const deaths = installDeaths();
      const parts = await expectSameWhereverItDies((death) => overTheEnd(asking, deaths, death), 3);
      expect(answerContents(parts).join(" ")).toBe(whole);
    },
  );

  /** Dies when its second part is there and not written down; dies again as planned when the token is over. */
  async function overTheEnd(asking: Asking, deaths: Deaths, death: Death | null) {
    vi.useRealTimers();
    const setClock = holdClock();
    const asked = await Asked.in(await DiscordRoom.open(), asking);
    await asked.defer();
    deaths.plan({ write: 4, side: "before" });
    await asked.arrive(`[[say ${LONG}]]`);
    await comeBack(asked, deaths, async () => {
      await endToken(asked, setClock);
      deaths.plan(death);
    });
    if (death) await comeBack(asked, deaths, () => deaths.plan(null));
    expect((await asked.settled()).state).toBe("done");
    // Of what only the user saw, the second part was not known to be there; it comes again.
    const kept = asking.isPrivate ? (await asked.ephemerals()).slice(0, 1) : await asked.posted();
    return { parts: contents([...kept, ...(await asked.direct())]), writes: deaths.writes };
  }

  /** Dies as planned, comes back, and tells what stands in Discord then. */
  async function answerOf(deaths: Deaths, death: Death | null) {
    const asked = await Asked.in(await DiscordRoom.open());
    await asked.defer();
    deaths.plan(death);
    await asked.arrive(`[[say ${LONG}]]`);
    if (death) await comeBack(asked, deaths, () => deaths.plan(null));
    expect((await asked.settled()).state).toBe("done");
    return { parts: contents(await asked.posted()), writes: deaths.writes };
  }
});

/** Once the bot has made such a request, nothing is asked with the token. */
async function expectNothingByTokenAfter(asked: Asked, request: string): Promise<void> {
  const requests = await asked.requests();
  const switched = requests.indexOf(request);
  expect(switched).toBeGreaterThan(0);
  expect(requests.slice(switched).filter((each) => each.includes("token"))).toEqual([]);
}
