import { Client, GatewayIntentBits, type Message, Partials } from "discord.js";
import { expect, it, onTestFinished, vi } from "vitest";
import { startSetting } from "./setting.ts";

const intents = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.MessageContent,
  GatewayIntentBits.DirectMessages,
];

it("is Discord enough for discord.js: log in, receive, send, edit, react, start a thread, resume", async () => {
  const { discord, world, guild, channel, mia } = await startSetting();
  const received: Message[] = [];
  const client = new Client({
    intents,
    partials: [Partials.Channel],
    rest: { api: discord.restUrl.replace(/\/v10$/, "") },
  });
  onTestFinished(() => client.destroy());
  client.on("messageCreate", (message) => {
    if (message.author.id === mia.id && !message.system) received.push(message);
  });
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.token);
  await ready;
  expect(client.user?.id).toBe(world.bot().id);
  expect(client.guilds.cache.get(guild.id)?.channels.cache.get(channel.id)?.name).toBe("general");

  const asked = world.say(channel.id, mia.id, "Hello", {
    attachments: [{ filename: "notes.txt", contentType: "text/plain", text: "remember" }],
  });
  const message = await vi.waitUntil(() => received.find(({ id }) => id === asked.id));
  expect(message.content).toBe("Hello");
  expect(message.member?.displayName).toBe("Mia");
  const [file] = message.attachments.values();
  expect(file && (await (await fetch(file.url)).text())).toBe("remember");

  const answer = await message.reply({ content: "Hi", allowedMentions: { parse: [] } });
  await answer.edit("Hi there");
  await message.react("👀");
  const thread = await message.startThread({ name: "Greetings" });
  await thread.sendTyping();
  await thread.send({ content: "In here", files: [{ attachment: Buffer.from("table"), name: "table.csv" }] });

  expect(thread.id).toBe(asked.id);
  expect(world.history(channel.id).map(({ versions }) => versions.map(({ content }) => content))).toEqual([
    ["Hello"],
    ["Hi", "Hi there"],
  ]);
  expect(world.messages(channel.id)[0]?.reactions).toMatchObject([
    { emoji: { name: "👀" }, count: 1, me: true },
  ]);
  expect(world.messages(thread.id).at(-1)).toMatchObject({
    content: "In here",
    attachments: [{ filename: "table.csv", size: 5 }],
  });
  expect(world.typings(thread.id)).toMatchObject([{ userId: world.bot().id }]);

  const missed = ["while", "you", "were", "away"];
  discord.faults.dropSockets();
  for (const text of missed) world.say(channel.id, mia.id, text);
  world.say(world.openDm(mia.id).id, mia.id, "psst");
  await vi.waitFor(
    () => expect(received.slice(1).map(({ content }) => content)).toEqual([...missed, "psst"]),
    10_000,
  );
  expect(discord.tally.gateway).toMatchObject({ identifies: 1, resumes: 1, paths: ["/gateway", "/resume"] });
  expect(discord.tally.rest.rateLimited.earned).toBe(0);
  // discord.js sends some fields wherever one of its operations knows them; nothing else is wrong with it.
  expect(
    discord.violations.filter(({ message: text }) => !/body\.(tts|enforce_nonce|type):/.test(text)),
  ).toEqual([]);
}, 20_000);
