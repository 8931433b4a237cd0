/** From a user's message in Discord to the answer there: each part a process or a server of its own, on real sockets. */
import type { APIMessage } from "discord-api-types/v10";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type DiscordStage, startDiscordStage } from "../support/discord-stage.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";

let stage: DiscordStage;
let gateway: GatewayProcess;
let user: string;
let channels: string[];

beforeAll(async () => {
  stage = await startDiscordStage({ agent: "herald" });
  const { world } = stage.discord;
  const guild = world.createGuild("Home");
  user = world.createUser({ username: "mia", globalName: "Mia" }).id;
  world.join(guild.id, user);
  channels = Array.from({ length: 8 }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
  gateway = stage.startGateway("first");
  await gateway.ready();
});

afterAll(() => stage[Symbol.asyncDispose]());

/** A channel that no other test speaks in. */
const nextChannel = (): string => {
  const channel = channels.pop();
  if (channel === undefined) throw new Error("no channel is left");
  return channel;
};

/** The bot's messages of a thread or channel; none while it is not there. */
function answersIn(channelId: string): APIMessage[] {
  const { world } = stage.discord;
  const isThere = [...world.guilds().flatMap(({ id }) => world.channels(id)), ...world.dms()];
  if (!isThere.some(({ id }) => id === channelId)) return [];
  return world.messages(channelId).filter(({ author }) => author.id === world.bot().id);
}

const waiting = { timeout: 60_000, interval: 50 };

/** Waits until the bot has said exactly this there, in one message each. */
async function expectAnswers(channelId: string, ...answers: string[]): Promise<void> {
  await vi.waitFor(
    () => expect(answersIn(channelId).map(({ content }) => content)).toEqual(answers),
    waiting,
  );
}

describe("a message in Discord", () => {
  it("is answered in a thread of its own, by a message that grows by edits and pings nobody", async () => {
    const { world } = stage.discord;
    const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(" ");
    const asked = world.say(nextChannel(), user, `[[say ${words} @everyone]] [[chunks 30]] [[slow 150]]`);
    await expectAnswers(asked.id, `${words} @everyone`);

    const thread = world.threads(asked.channel_id).find(({ id }) => id === asked.id);
    expect(thread?.name).toMatch(/^Mia — \d{4}-\d{2}-\d{2}/);
    const versions = world
      .history(asked.id)
      .find(({ message }) => message.content.startsWith("word0"))?.versions;
    expect(versions?.length).toBeGreaterThan(2);
    for (const [n, { content }] of (versions ?? []).entries())
      expect(content.length).toBeGreaterThanOrEqual(versions?.[n - 1]?.content.length ?? 0);
    expect(answersIn(asked.id)[0]).toMatchObject({ mention_everyone: false, mentions: [] });
    expect(stage.discord.violations).toEqual([]);
  });

  it("costs at most three requests when the answer is short", async () => {
    const { world, requests } = stage.discord;
    const asked = world.say(nextChannel(), user, "[[say Short and good.]]");
    await expectAnswers(asked.id, "Short and good.");
    const own = requests.filter(({ path }) => path.includes(asked.id));
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThanOrEqual(3);
  });

  it("goes on in the thread, and in a DM", async () => {
    const { world } = stage.discord;
    const asked = world.say(nextChannel(), user, "[[say one]]");
    await expectAnswers(asked.id, "one");
    world.say(asked.id, user, "[[say two]]");
    world.say(asked.id, user, "[[say three]]");
    await expectAnswers(asked.id, "one", "two", "three");

    const dm = world.openDm(user).id;
    world.say(dm, user, "[[say hello in private]]");
    await expectAnswers(dm, "hello in private");
  });
});

describe("an interaction", () => {
  it.each(["gateway", "http"] as const)("is deferred and answered by its token, over %s", async (via) => {
    const { world, violations } = stage.discord;
    const endpoint = new URL("/agents/herald/interactions", await stage.worker.url());
    world.setInteractionsEndpoint(via === "http" ? endpoint.href : null);
    const options = [{ name: "prompt", type: 3, value: `[[say by ${via}]]` }];
    const data = { id: "1", name: "ask", type: 1, options };
    const channel = nextChannel();
    const view = await world.interact(channel, user, { type: 2, data }, { via });
    expect(view).toMatchObject({ status: "answered", failure: null, response: { type: 5 } });
    await expectAnswers(channel, `by ${via}`);
    expect(world.interaction(view.id).messageId).toBe(answersIn(channel)[0]?.id);
    world.setInteractionsEndpoint(null);
    expect(violations).toEqual([]);
  });
});

describe("whatever restarts", () => {
  it("answers what was said while the gateway was away and its session expired", async () => {
    const { world, faults } = stage.discord;
    const channel = nextChannel();
    const begun = world.say(channel, user, "[[say begun]]");
    await expectAnswers(begun.id, "begun");
    await gateway.kill();
    faults.expireSessions();
    const missed = world.say(channel, user, "[[say not missed]]");
    world.say(begun.id, user, "[[say nor this]]");
    gateway = stage.startGateway("after-the-outage");
    await expectAnswers(missed.id, "not missed");
    await expectAnswers(begun.id, "begun", "nor this");
  });

  it("finishes an answer that was growing when the runtime was killed, in the same message", async () => {
    const { world } = stage.discord;
    const words = Array.from({ length: 40 }, (_, n) => `piece${n}`).join(" ");
    const asked = world.say(nextChannel(), user, `[[say ${words}]] [[chunks 20]] [[slow 200]]`);
    await vi.waitFor(() => expect(answersIn(asked.id)).toHaveLength(1), waiting);
    const [before] = answersIn(asked.id);
    await stage.worker.kill();
    // Whoever calls next wakes the session; with nobody calling it wakes itself, half a minute later.
    world.say(asked.id, user, "[[say next]]");
    await expectAnswers(asked.id, words, "next");
    expect(answersIn(asked.id)[0]?.id).toBe(before?.id);
  });

  it("has a second gateway take over when the first one dies, with no event lost", async () => {
    const { world } = stage.discord;
    const standby = stage.startGateway("standby");
    await standby.ready();
    const { resumes } = stage.discord.tally.gateway;
    const channel = nextChannel();
    await gateway.kill();
    const asked = world.say(channel, user, "[[say taken over]]");
    await expectAnswers(asked.id, "taken over");
    expect(stage.discord.tally.gateway.resumes).toBe(resumes + 1);
    expect(await standby.terminate()).toBe(0);
  });
});
