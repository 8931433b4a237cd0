import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  GatewayIntentBits,
  type Interaction,
  type Message,
  ModalBuilder,
  Partials,
  TextInputBuilder,
  TextInputStyle,
  UserSelectMenuBuilder,
} from "discord.js";
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
  expect(besidesFields(discord.violations)).toEqual([]);
}, 20_000);

/** A bot of discord.js without an endpoint, so that its interactions come over the Gateway. */
async function startBot() {
  const setting = await startSetting();
  const { discord } = setting;
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    rest: { api: discord.restUrl.replace(/\/v10$/, "") },
  });
  onTestFinished(() => client.destroy());
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.token);
  await ready;
  const failures: unknown[] = [];
  const onInteraction = (handle: (interaction: Interaction) => Promise<unknown>) => {
    client.removeAllListeners("interactionCreate");
    client.on("interactionCreate", (interaction) => {
      handle(interaction).catch((error: unknown) => failures.push(error));
    });
  };
  return { ...setting, client, failures, onInteraction };
}

const commands = [
  {
    name: "ask",
    description: "Ask",
    options: [{ type: 3, name: "question", description: "What", autocomplete: true }],
  },
];

it("lets discord.js register commands, reply, follow up, and read its reply", async () => {
  const { discord, world, channel, mia, client, failures, onInteraction } = await startBot();
  await client.application?.commands.set(commands);
  expect(world.commands()).toMatchObject([{ name: "ask", type: 1 }]);
  onInteraction(async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const { resource } = await interaction.reply({ content: "Hello", withResponse: true });
    await interaction.followUp({ content: `After ${resource?.message?.id}`, flags: 64 });
    await interaction.editReply(`You asked ${interaction.options.getString("question")}`);
  });
  const asked = await world.slash(channel.id, mia.id, "ask", { question: "why" });
  await expect.poll(() => world.messages(channel.id)).toMatchObject([{ content: "You asked why" }]);
  expect(world.ephemerals(mia.id)).toMatchObject([
    { content: `After ${asked.messageId}`, message_reference: { message_id: asked.messageId } },
  ]);
  expect([failures, besidesFields(discord.violations)]).toEqual([[], []]);
});

it("lets discord.js defer, edit, and delete, in a DM too", async () => {
  const { discord, world, channel, mia, failures, onInteraction } = await startBot();
  world.setCommands(commands as Parameters<typeof world.setCommands>[0]);
  onInteraction(async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply({ flags: interaction.inGuild() ? [] : 64 });
    await interaction.editReply({
      content: "Done",
      files: [{ attachment: Buffer.from("a"), name: "a.txt" }],
    });
    if (interaction.inGuild()) await interaction.deleteReply();
  });
  const asked = await world.slash(channel.id, mia.id, "ask");
  expect(asked.response?.type).toBe(5);
  await expect
    .poll(() => world.history(channel.id))
    .toMatchObject([{ deletedAt: expect.any(Number), versions: [{ content: "" }, { content: "Done" }] }]);
  const dm = world.openDm(mia.id);
  await world.slash(dm.id, mia.id, "ask");
  await expect
    .poll(() => world.ephemerals(mia.id))
    .toMatchObject([{ content: "Done", flags: 64, attachments: [{ filename: "a.txt" }] }]);
  expect([failures, besidesFields(discord.violations)]).toEqual([[], []]);
});

it("lets discord.js autocomplete, use components, and show a modal", async () => {
  const { discord, world, channel, mia, failures, onInteraction } = await startBot();
  world.setCommands(commands as Parameters<typeof world.setCommands>[0]);
  const buttons = new ActionRowBuilder<ButtonBuilder>().addComponents(
    new ButtonBuilder().setCustomId("more").setLabel("More").setStyle(ButtonStyle.Primary),
  );
  const users = new ActionRowBuilder<UserSelectMenuBuilder>().addComponents(
    new UserSelectMenuBuilder().setCustomId("whom"),
  );
  const field = new TextInputBuilder().setCustomId("text").setLabel("Text").setStyle(TextInputStyle.Short);
  const modal = new ModalBuilder()
    .setCustomId("form")
    .setTitle("More")
    .addComponents(new ActionRowBuilder<TextInputBuilder>().addComponents(field));
  onInteraction(async (interaction) => {
    if (interaction.isAutocomplete()) {
      const value = interaction.options.getFocused();
      await interaction.respond([{ name: value.toUpperCase(), value }]);
    } else if (interaction.isChatInputCommand()) {
      await interaction.reply({ content: "Choose", components: [buttons, users] });
    } else if (interaction.isUserSelectMenu()) {
      await interaction.update(`For ${interaction.users.first()?.username}`);
    } else if (interaction.isButton()) {
      await interaction.showModal(modal);
    } else if (interaction.isModalSubmit()) {
      await interaction.reply(interaction.fields.getTextInputValue("text"));
    }
  });
  const typed = await world.autocomplete(channel.id, mia.id, "ask", { question: "wh" }, "question");
  expect(typed.choices).toMatchObject([{ name: "WH", value: "wh" }]);
  const { messageId } = await world.slash(channel.id, mia.id, "ask");
  await world.select(channel.id, mia.id, messageId ?? "", "whom", [mia.id]);
  const pressed = await world.press(channel.id, mia.id, messageId ?? "", "more");
  expect(await world.submit(pressed.id, { text: "All of it" })).toMatchObject({ status: "answered" });
  expect(world.messages(channel.id).map(({ content }) => content)).toEqual(["For mia", "All of it"]);
  expect([failures, besidesFields(discord.violations)]).toEqual([[], []]);
});

/** discord.js sends some fields wherever one of its operations knows them; nothing else is wrong with it. */
function besidesFields(violations: readonly { message: string }[]): { message: string }[] {
  return violations.filter(({ message }) => !/body\.(data\.)?(tts|enforce_nonce|type):/.test(message));
}
