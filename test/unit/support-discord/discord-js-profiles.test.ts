/** What discord.js, which knows the real Discord, makes of each profile. */
import {
  Client,
  DiscordAPIError,
  GatewayIntentBits,
  type Message,
  RateLimitError,
  REST,
  Routes,
} from "discord.js";
import { expect, it, onTestFinished } from "vitest";
import { profileNamed } from "../../support/discord/rest/profiles/index.ts";
import { startSetting } from "./setting.ts";

const intents = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent];

/** What discord.js adds to each wait, in milliseconds. */
const OFFSET_MS = 50;

/** A client of the REST API that says for how long it would wait, instead of waiting. */
async function startRest(profile: string) {
  const setting = await startSetting({ profile: profileNamed(profile) });
  const { discord, channel } = setting;
  const api = discord.restUrl.replace(/\/v10$/, "");
  const rest = new REST({ api, version: "10", rejectOnRateLimit: () => true }).setToken(discord.token);
  onTestFinished(() => {
    rest.clearHashSweeper();
    rest.clearHandlerSweeper();
  });
  const post = (content: string) =>
    rest.post(Routes.channelMessages(channel.id), { body: { content } }) as Promise<{ id: string }>;
  return { ...setting, rest, post };
}

it.each(["kind", "shared-threads", "busy-channel", "no-headers", "slow"])(
  "%s: discord.js logs in, hears, answers in a thread",
  async (profile) => {
    const { discord, world, channel, mia } = await startSetting({ profile: profileNamed(profile) });
    const client = new Client({ intents, rest: { api: discord.restUrl.replace(/\/v10$/, "") } });
    onTestFinished(() => client.destroy());
    const ready = new Promise((resolve) => client.once("clientReady", resolve));
    const heard = new Promise<Message>((resolve) => client.once("messageCreate", resolve));
    await client.login(discord.token);
    await ready;
    const { id } = world.say(channel.id, mia.id, "Hello");
    const message = await heard;
    expect(message.content).toBe("Hello");
    const thread = await message.startThread({ name: "Greetings" });
    const answer = await thread.send("Hi");
    await answer.edit("Hi there");
    expect(world.messages(id).at(-1)).toMatchObject({ content: "Hi there" });
    expect(discord.tally.rest.rateLimited.earned).toBe(0);
  },
);

it("busy-channel: discord.js reads from the headers that writing and editing share what is left, and stops in time", async () => {
  const { discord, channel, rest, post } = await startRest("busy-channel");
  const { id } = await post("1");
  for (const content of ["2", "3", "4"]) {
    await rest.patch(Routes.channelMessage(channel.id, id), { body: { content } });
  }
  await post("5");
  const error = await post("6").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ limit: 5, scope: "user", global: false });
  expect((error as RateLimitError).timeToReset).toBeLessThanOrEqual(5_000 + 2 * OFFSET_MS);
  // It did not have to be refused.
  expect(discord.tally.rest.rateLimited.earned).toBe(0);
});

it("shared-threads: discord.js hears that the resource rests for minutes, of which the bucket said nothing", async () => {
  const { discord, channel, rest } = await startRest("shared-threads");
  const start = () => rest.post(Routes.threads(channel.id), { body: { name: "T", type: 11 } });
  for (let made = 0; made < 10; made += 1) {
    await start();
    // The usual bucket, of ten in ten seconds, fills up in between.
    if (made === 4) discord.world.advanceClock(10_000);
  }
  const error = await start().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ scope: "shared", limit: 10, global: false });
  expect((error as RateLimitError).sublimitTimeout).toBeGreaterThanOrEqual(200_000);
  expect((error as RateLimitError).sublimitTimeout).toBeLessThanOrEqual(280_000 + OFFSET_MS);
  expect(discord.tally.rest.limitedBy).toMatchObject({ user: 0, shared: 1 });
});

it("no-headers: discord.js runs into the limit, and is not told how long to wait", async () => {
  const { discord, post } = await startRest("no-headers");
  for (const content of ["1", "2", "3", "4", "5"]) await post(content);
  const error = await post("6").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ retryAfter: 0, limit: Number.POSITIVE_INFINITY });
  expect(discord.tally.rest.limitedBy.user).toBe(1);
});

/** One of the faults of `edge`, once. */
function once(name: string) {
  const fault = profileNamed("edge").faults?.find((each) => each.name === name);
  if (fault === undefined) throw new Error(`there is no ${name}`);
  const { share: _share, ...rest } = fault;
  return { ...rest, times: 1 };
}

it.each([
  ["edge: 403 page", { status: 403 }],
  ["edge: 40333", { status: 403, code: 40333 }],
  ["edge: 403 without a body", { status: 403 }],
  ["edge: 408 page", { status: 408 }],
])("%s: discord.js takes it for a refusal, and does not try again", async (name, expected) => {
  const { discord, world, channel, post } = await startRest("kind");
  discord.faults.rest(once(name));
  const error = await post("hello").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DiscordAPIError);
  expect(error).toMatchObject(expected);
  expect(world.messages(channel.id)).toEqual([]);
});

it.each([
  ["edge: 500", 1],
  ["edge: 502 page", 1],
  ["edge: 503 text", 1],
  ["edge: 520 page", 1],
  ["edge: 524 page", 1],
  ["edge: reset before", 1],
  // Without a nonce nobody can know that it was done already.
  ["edge: reset after", 2],
])("%s: discord.js tries again, and the message stands there %i times", async (name, times) => {
  const { discord, world, channel, post } = await startRest("kind");
  discord.faults.rest(once(name));
  await post("hello");
  expect(world.messages(channel.id).map(({ content }) => content)).toEqual(Array(times).fill("hello"));
  expect(discord.tally.rest.effects).toEqual({ [name]: 1 });
});

it.each(["edge: 2xx without a body", "edge: 2xx in part", "edge: 2xx reset in the middle"])(
  "%s: discord.js fails on what it cannot read, although it was done",
  async (name) => {
    const { discord, world, channel, post } = await startRest("kind");
    discord.faults.rest(once(name));
    await expect(post("hello")).rejects.toThrow();
    expect(world.messages(channel.id)).toMatchObject([{ content: "hello" }]);
    expect(discord.tally.rest.effects).toEqual({ [name]: 1 });
  },
);

it("edge: 1015: discord.js waits as long as Retry-After says, whatever the body is", async () => {
  const { discord, post } = await startRest("kind");
  discord.faults.rest(once("edge: 1015"));
  const error = await post("hello").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RateLimitError);
  const { retryAfter } = error as RateLimitError;
  expect(retryAfter).toBeGreaterThanOrEqual(3_000);
  expect(retryAfter).toBeLessThanOrEqual(6_000 + OFFSET_MS);
  expect(discord.tally.rest.limitedBy).toMatchObject({ address: 1 });
});
