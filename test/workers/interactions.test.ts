/** Every kind of interaction from a user of the fake Discord to the answer that they see, by way of the Worker's door. */
import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { addFact } from "../../d1/memory/facts.ts";
import { PERMISSIONS } from "../../shared/discord/permissions.ts";
import { snowflakeAt } from "../../shared/discord/snowflake.ts";
import { applicationCommands } from "../../shared/interaction/definitions.ts";
import { sessionName } from "../../shared/session/name.ts";
import worker from "../../workers/index.ts";
import { agents } from "../support/agents.ts";
import type { InteractionView } from "../support/discord/interactions/state.ts";
import { interactionOf } from "../support/interaction-payloads.ts";
import { DiscordRoom, discord, type Shown, until } from "./discord-room.ts";
import { Shard } from "./shard.ts";
import { ORIGIN } from "./support.ts";

const AGENT = "clerk";
const BY_HAND = { via: "hand" } as const;
const NO_RIGHTS = { permissions: "0" };
const MANAGER = { permissions: String(PERMISSIONS.MANAGE_GUILD) };

let publicKey: string;
beforeAll(async () => {
  publicKey = await discord.world.publicKey();
});

/** A guild that the agent's commands are registered in, and somebody who manages it. */
async function openRoom(): Promise<DiscordRoom> {
  const room = await DiscordRoom.open(AGENT);
  const agent = agents.get(AGENT);
  if (!agent) throw new Error(`no agent ${AGENT}`);
  const { guildId, userId } = room;
  await discord.world.join(guildId, userId, MANAGER);
  await discord.world.setCommands(applicationCommands(agent.character, { kind: "guild", guildId }), guildId);
  return room;
}

/** Somebody who may do nothing on the server but talk. */
async function newcomer({ guildId }: DiscordRoom): Promise<string> {
  const { id } = await discord.world.createUser({ username: `u-${crypto.randomUUID().slice(0, 8)}` });
  await discord.world.join(guildId, id, NO_RIGHTS);
  return id;
}

/** Takes an interaction to the Worker, and its answer back to Discord, which holds it against its specification. */
async function take(happening: Promise<InteractionView>): Promise<InteractionView> {
  const { id, request } = await happening;
  if (!request) throw new Error("there is no request to deliver");
  const { method, headers, body } = request;
  const sent = new Request(`${ORIGIN}/agents/${AGENT}/interactions`, { method, headers, body });
  const response = await worker.fetch(sent, { ...env, DISCORD_PUBLIC_KEY: publicKey });
  const answer = { status: response.status, body: await response.text() };
  const view = await discord.world.receive(id, answer);
  expect(view).toMatchObject({ status: "answered", failure: null });
  const { violations } = await discord.report();
  expect(violations.filter(({ request }) => request.includes(id))).toEqual([]);
  return view;
}

const typeOf = ({ response }: InteractionView) => response?.type;

/** The message that answers an interaction, as whoever caused it sees it, once it `matches`. */
async function shown({ id, channelId, userId }: InteractionView, matches: RegExp): Promise<Shown> {
  const read = async () => {
    const { messageId } = await discord.world.interaction(id);
    const [inChannel, ephemeral] = await Promise.all([
      discord.world.messages(channelId),
      discord.world.ephemerals(userId),
    ]);
    return [...inChannel, ...ephemeral].find((message) => message.id === messageId);
  };
  const message = await until(read, (found) => found !== undefined && matches.test(found.content));
  if (!message) throw new Error("no message");
  return message;
}

const privately = async (view: InteractionView, matches: RegExp) => {
  expect(view.response).toMatchObject({ type: 5, data: { flags: 64 } });
  const { id } = await shown(view, matches);
  const seen = await discord.world.ephemerals(view.userId);
  expect(seen.map((message) => message.id)).toContain(id);
};

/** What only whoever did it is told at once. */
const told = ({ response }: InteractionView): string => {
  expect(response).toMatchObject({ type: 4, data: { flags: 64, content: expect.any(String) } });
  return (response as { data: { content: string } }).data.content;
};

describe("a user of Discord", () => {
  it("asks, and is answered where everybody sees it", async () => {
    const { channelId, userId } = await openRoom();
    const view = await take(
      discord.world.slash(channelId, userId, "ask", { prompt: "[[say the answer]]" }, BY_HAND),
    );
    expect(view.response).toEqual({ type: 5 });
    expect((await shown(view, /^the answer$/)).id).toBe(view.messageId);
  });

  it("asks in private", async () => {
    const { channelId, userId } = await openRoom();
    const values = { prompt: "[[say a secret]]", private: true };
    await privately(await take(discord.world.slash(channelId, userId, "ask", values, BY_HAND)), /^a secret$/);
  });

  it("asks in a DM with the bot", async () => {
    const { userId } = await openRoom();
    const { id } = await discord.world.openDm(userId);
    const data = {
      id: "1",
      name: "ask",
      type: 1,
      options: [{ name: "prompt", type: 3, value: "[[say hi]]" }],
    };
    const view = await take(discord.world.interact(id, userId, { type: 2, data }, BY_HAND));
    await shown(view, /^hi$/);
  });

  it("asks nothing, is shown the form, and is answered to what it holds", async () => {
    const { channelId, userId } = await openRoom();
    const opened = await take(discord.world.slash(channelId, userId, "ask", {}, BY_HAND));
    expect(typeOf(opened)).toBe(9);
    expect(opened.modal).toMatchObject({ title: "Ask Clerk" });
    const filled = {
      prompt: "[[say from the form]]",
      files: [{ filename: "a.txt", text: "x" }],
    };
    const view = await take(discord.world.submit(opened.id, filled, BY_HAND));
    expect(typeOf(view)).toBe(5);
    await shown(view, /^from the form$/);
  });

  it("asks about a message from its menu", async () => {
    const { channelId, userId } = await openRoom();
    const message = await discord.world.say(channelId, userId, "[[say about it]]");
    const view = await take(
      discord.world.messageCommand(channelId, userId, "Ask Clerk", message.id, BY_HAND),
    );
    await shown(view, /^about it$/);
  });

  it("uses the character's own commands: slash, on a user, on a message", async () => {
    const { channelId, userId } = await openRoom();
    const { world } = discord;
    const values = { what: "this", for: userId };
    await shown(await take(world.slash(channelId, userId, "file", values, BY_HAND)), /^filed$/);
    await shown(await take(world.userCommand(channelId, userId, "Greet", userId, BY_HAND)), /^hello$/);
    const message = await world.say(channelId, userId, "A long story.");
    const used = world.messageCommand(channelId, userId, "Summarise", message.id, BY_HAND);
    await shown(await take(used), /^in short$/);
  });

  it("launches the app, and is shown the form", async () => {
    const { channelId, userId } = await openRoom();
    const data = { id: "1", name: "launch", type: 4 };
    const view = await take(discord.world.interact(channelId, userId, { type: 2, data }, BY_HAND));
    expect(typeOf(view)).toBe(9);
  });

  it.each([
    ["status", {}, /^\*\*Clerk\*\* is answered by/],
    ["provider", {}, /^\*\*Providers of Clerk\*\*/],
    ["cost", {}, /today/i],
    ["memory list", {}, /I remember nothing about you/],
    ["memory forget", { fact: "anything" }, /nothing of that/],
    ["cron list", {}, /tidy/],
    ["use", { provider: "nobody" }, /no provider `nobody`/],
    ["cancel", {}, /nothing|Nothing/],
    ["reset", {}, /forgotten|Forgotten/],
  ])("gives the command /%s, and alone sees the answer", async (name, values, answer) => {
    const { channelId, userId } = await openRoom();
    await privately(await take(discord.world.slash(channelId, userId, name, values, BY_HAND)), answer);
  });

  it("runs a job by hand", async () => {
    const { channelId, userId } = await openRoom();
    const run = await take(discord.world.slash(channelId, userId, "cron run", { job: "tidy" }, BY_HAND));
    await privately(run, /`tidy` runs now/);
  });

  it("chooses a model from the select that /model shows", async () => {
    const { channelId, userId } = await openRoom();
    const asked = await take(discord.world.slash(channelId, userId, "model", {}, BY_HAND));
    const message = await shown(asked, /answers/);
    const chosen = await take(
      discord.world.select(channelId, userId, message.id, "1:model", ["claude-haiku-5-5"], BY_HAND),
    );
    await privately(chosen, /`claude-haiku-5-5` answers from now on/);
  });

  it("is offered what they may mean while they type", async () => {
    const { channelId, userId } = await openRoom();
    const owner = { agent: AGENT, user: userId };
    const long = `likes ${"very ".repeat(30)}long walks`;
    const clock = { now: Date.now(), since: 0 };
    for (const fact of ["drinks tea", long])
      await addFact(drizzle(env.DB), owner, { fact, confidence: 1 }, clock);
    const typing = async (name: string, values: Record<string, string>, focused: string) => {
      const view = await take(discord.world.autocomplete(channelId, userId, name, values, focused, BY_HAND));
      expect(typeOf(view)).toBe(8);
      return (view.choices ?? []).map(({ value }) => String(value));
    };
    expect(await typing("use", { provider: "" }, "provider")).toEqual(["anthropic", "demo"]);
    expect(await typing("use", { provider: "DEM" }, "provider")).toEqual(["demo"]);
    expect(await typing("cron run", { job: "t" }, "job")).toEqual(["tidy"]);
    expect(await typing("memory forget", { fact: "tea" }, "fact")).toEqual(["drinks tea"]);
    const [choice = ""] = await typing("memory forget", { fact: "LIKES" }, "fact");
    expect(choice).toHaveLength(100);
    const gone = await take(
      discord.world.slash(channelId, userId, "memory forget", { fact: choice }, BY_HAND),
    );
    await privately(gone, /^Forgotten: likes very very/);
    expect(await typing("memory forget", { fact: "" }, "fact")).toEqual(["drinks tea"]);
  });

  it("is offered nothing when what they may mean cannot be looked up in time", async () => {
    const { channelId, userId } = await openRoom();
    const typed = discord.world.autocomplete(
      channelId,
      userId,
      "memory forget",
      { fact: "a" },
      "fact",
      BY_HAND,
    );
    const { id, request } = await typed;
    if (!request) throw new Error("no request");
    const stuck = { prepare: () => ({ bind: () => ({ raw: () => new Promise(() => {}) }) }) };
    const { method, headers, body } = request;
    const sent = new Request(`${ORIGIN}/agents/${AGENT}/interactions`, { method, headers, body });
    const bindings = { ...env, DISCORD_PUBLIC_KEY: publicKey, DB: stuck as unknown as D1Database };
    const response = await worker.fetch(sent, bindings);
    const view = await discord.world.receive(id, { status: response.status, body: await response.text() });
    expect([view.status, view.choices]).toEqual(["answered", []]);
  });

  it("stops an answer that grows, which others cannot, and what was shown stays", async () => {
    const room = await openRoom();
    const { channelId, userId } = room;
    const prompt = "[[chunks 400]] [[slow 50]] [[say {400 x on}]]";
    const asked = await take(discord.world.slash(channelId, userId, "ask", { prompt }, BY_HAND));
    const { id, customId = "" } = await until(
      async () => {
        const message = await shown(asked, /on/);
        return {
          id: message.id,
          customId: /"custom_id":"(1:stop:[^"]+)"/.exec(JSON.stringify(message))?.[1],
        };
      },
      (found) => found.customId !== undefined,
    );
    const press = (by: string) => take(discord.world.press(channelId, by, id, customId, BY_HAND));
    expect(told(await press(await newcomer(room)))).not.toBe("");
    expect(typeOf(await press(userId))).toBe(6);
    await shown(asked, /on\b.*stopped/is);
    const session = env.CHANNEL_SESSION.getByName(sessionName({ agent: AGENT, conversation: channelId }));
    expect(((await session.history()) as { state: string }[]).map(({ state }) => state)).toEqual([
      "cancelled",
    ]);
  });

  it("presses what is left of an earlier version, and is told so", async () => {
    const { channelId, userId } = await openRoom();
    for (const component_type of [2, 3, 5, 6, 7, 8]) {
      const data = { custom_id: "0:older", component_type, values: [] };
      const view = await take(discord.world.interact(channelId, userId, { type: 3, data }, BY_HAND));
      expect(told(view)).toContain("earlier version");
    }
    const form = { custom_id: "0:older", components: [] };
    const view = await take(discord.world.interact(channelId, userId, { type: 5, data: form }, BY_HAND));
    expect(told(view)).toContain("earlier version");
  });

  it("uses a command that is gone, and is told so", async () => {
    const { channelId, userId } = await openRoom();
    for (const data of [
      { name: "gone", type: 1 },
      {
        name: "Gone",
        type: 2,
        target_id: userId,
        resolved: { users: { [userId]: { id: userId, username: "u" } } },
      },
    ]) {
      const view = await take(
        discord.world.interact(channelId, userId, { type: 2, data: { id: "1", ...data } }, BY_HAND),
      );
      expect(told(view)).toMatch(/do not know the command/);
    }
  });

  it("is told what they may not do", async () => {
    const room = await openRoom();
    const stranger = await newcomer(room);
    const data = { id: "1", name: "use", type: 1, options: [{ name: "provider", type: 3, value: "demo" }] };
    const view = await take(discord.world.interact(room.channelId, stranger, { type: 2, data }, BY_HAND));
    expect(told(view)).toContain("manages this server");
  });
});

describe("an interaction over the Gateway", () => {
  async function openShard(): Promise<Shard> {
    const shard = new Shard(AGENT);
    await shard.lease();
    await shard.beginCold();
    return shard;
  }

  /** It is sent, and nobody has delivered it yet. */
  async function begin(name: string, options: object[] = []) {
    const room = await openRoom();
    const data = { id: "1", name, type: 1, options };
    return discord.world.interact(room.channelId, room.userId, { type: 2, data }, BY_HAND);
  }
  const asking = (prompt: string) => begin("ask", [{ name: "prompt", type: 3, value: prompt }]);

  const callbacks = async ({ id }: InteractionView) => {
    const { requests } = await discord.report();
    return requests.filter(({ path }) => path.includes(`/interactions/${id}/`));
  };

  it("is stored when it is acknowledged, deferred over REST without the bot's token, and answered", async () => {
    const shard = await openShard();
    const view = await asking("[[say by the socket]]");
    await shard.deliver(shard.event("INTERACTION_CREATE", view.payload));
    expect(await shard.inbox(view.channelId)).toEqual(["[[say by the socket]]"]);
    await shown(view, /^by the socket$/);
    expect(await discord.world.interaction(view.id)).toMatchObject({
      ...{ status: "answered", response: { type: 5 } },
    });
    const [callback, ...more] = await callbacks(view);
    expect(more).toEqual([]);
    expect(callback).toMatchObject({ method: "POST", status: 204 });
    expect((await discord.report()).violations.filter(({ request }) => request.includes(view.id))).toEqual(
      [],
    );
  });

  it("that comes again is stored once", async () => {
    const shard = await openShard();
    const view = await asking("[[say once]]");
    const event = shard.event("INTERACTION_CREATE", view.payload);
    await shard.deliver(event, { ...event, s: ++shard.seq });
    await shown(view, /^once$/);
    expect(await shard.inbox(view.channelId)).toEqual(["[[say once]]"]);
  });

  it("that Discord does not wait for any more is not stored, and no answer is tried", async () => {
    const shard = await openShard();
    const view = await asking("[[say too late]]");
    const id = snowflakeAt(Date.now() - 3_100);
    await shard.deliver(shard.event("INTERACTION_CREATE", { ...view.payload, id }));
    const next = await begin("status");
    await shard.deliver(shard.event("INTERACTION_CREATE", next.payload));
    await shown(next, /Clerk/);
    expect(await shard.inbox(view.channelId)).toEqual([]);
    expect(await callbacks({ ...view, id })).toEqual([]);
  });

  it("that cannot be read holds nothing up", async () => {
    const shard = await openShard();
    const broken = { ...interactionOf(2), id: undefined };
    await shard.deliver(
      shard.event("INTERACTION_CREATE", broken),
      shard.event("INTERACTION_CREATE", interactionOf(1)),
    );
  });

  it("is acknowledged when it is stored, however long the answer takes", async () => {
    const shard = await openShard();
    const view = await asking("[[say late]]");
    const matching = { path: `/interactions/${view.id}/` };
    await discord.faults.rest({ kind: "status", status: 500, matching });
    await shard.deliver(shard.event("INTERACTION_CREATE", view.payload));
    // Discord does not take the answer, and waits for it still.
    expect(await shard.inbox(view.channelId)).toEqual(["[[say late]]"]);
    await until(
      () => callbacks(view),
      (made) => made.some(({ status }) => status === 500),
    );
    expect(await discord.world.interaction(view.id)).toMatchObject({ status: "pending" });
    await discord.faults.clear();
    await vi.waitFor(
      async () => expect(await discord.world.interaction(view.id)).toMatchObject({ status: "answered" }),
      { timeout: 10_000 },
    );
    await shown(view, /^late$/);
  });
});
