import * as schemas from "discord-api-spec/zod";
import { expect, it } from "vitest";
import * as z from "zod";
import { INTENTS } from "../../support/discord/gateway/intents.ts";
import { RawGateway } from "./gateway-client.ts";
import { original, startInteractive } from "./interactive.ts";

it("sends a slash command signed, and shows the deferred answer until it is edited", async () => {
  const { world, discord, guild, channel, mia, endpoint, token } = await startInteractive();
  const asked = await world.slash(channel.id, mia.id, "ask", {
    question: "Why?",
    file: { filename: "a.txt", contentType: "text/plain", text: "because" },
    whom: mia.id,
  });
  const [received] = endpoint.received;
  expect(received).toMatchObject({
    id: asked.id,
    application_id: world.bot().id,
    type: 2,
    version: 1,
    guild_id: guild.id,
    channel: { id: channel.id, type: 0 },
    member: { user: { id: mia.id }, permissions: expect.stringMatching(/^\d+$/) },
    context: 0,
    authorizing_integration_owners: { 0: guild.id },
    data: {
      name: "ask",
      type: 1,
      options: [
        { name: "question", type: 3, value: "Why?" },
        { name: "file", type: 11 },
        { name: "whom", type: 6, value: mia.id },
      ],
    },
  });
  expect(received).not.toHaveProperty("user");
  const { attachments, members } = (received?.data.resolved ?? {}) as {
    attachments: Record<string, { url: string }>;
    members: object;
  };
  expect(members).toHaveProperty(mia.id);
  expect(await (await fetch(Object.values(attachments)[0]?.url ?? "")).text()).toBe("because");

  const [loading] = world.messages(channel.id);
  expect(asked).toMatchObject({ status: "answered", response: { type: 5 }, messageId: loading?.id });
  expect(loading).toMatchObject({
    flags: 128,
    type: 20,
    content: "",
    webhook_id: world.bot().id,
    interaction_metadata: { id: asked.id, user: { id: mia.id } },
  });
  expect(await token("PATCH", asked, original, { content: "Therefore." })).toMatchObject({
    status: 200,
    body: { id: loading?.id, content: "Therefore.", flags: 0, edited_timestamp: null },
  });
  const { body } = await token("GET", asked, original);
  const { error } = z.safeParse(
    schemas.MessageResponseSchema,
    JSON.parse(JSON.stringify(body).replaceAll("+00:00", "Z")),
  );
  expect(error && z.prettifyError(error)).toBeUndefined();
  expect((await token("DELETE", asked, original)).status).toBe(204);
  expect((await token("GET", asked, original)).body.code).toBe(10008);
  expect(discord.violations).toEqual([]);
});

it("keeps a deferred answer as visible as it was promised, and lets the first follow-up take its place", async () => {
  const { world, channel, mia, endpoint, token } = await startInteractive();
  endpoint.answer = () => ({ json: { type: 5, data: { flags: 64 } } });
  const hidden = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  const first = await token("POST", hidden, "", { content: "one" });
  const second = await token("POST", hidden, "", { content: "two" });
  expect([first.body.id, first.body.flags, second.body.flags]).toEqual([hidden.messageId, 64, 0]);
  expect(world.ephemerals(mia.id).map(({ content }) => content)).toEqual(["one"]);
  expect(world.messages(channel.id)).toMatchObject([{ content: "two", type: 19 }]);
  endpoint.answer = () => ({ json: { type: 5 } });
  const shown = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  expect((await token("POST", shown, "", { content: "three", flags: 64 })).body.flags).toBe(0);
  expect((await token("POST", shown, "", { content: "four", flags: 64 })).body.flags).toBe(64);
});

it("knows a token only between the first answer and fifteen minutes after the interaction", async () => {
  const { world, channel, mia, call, messagesPath, token } = await startInteractive();
  const waiting = await world.slash(channel.id, mia.id, "ask", { question: "?" }, { via: "hand" });
  const answered = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  const codes = async () => [
    (await token("PATCH", waiting, original, { content: "x" })).body.code,
    (await token("PATCH", answered, original, { content: "x" })).body.code,
  ];
  expect(await codes()).toEqual([10015, undefined]);
  world.advanceClock(15 * 60_000 - 5000);
  expect(await codes()).toEqual([10015, undefined]);
  world.advanceClock(5000);
  expect(await codes()).toEqual([50027, 50027]);
  const { body } = await call("PATCH", `${messagesPath}/${answered.messageId}`, {
    content: "by the bot itself",
  });
  expect(body).toMatchObject({ content: "by the bot itself", flags: 0 });
  const later = await world.slash(channel.id, mia.id, "ask", { question: "?" }, { via: "hand" });
  world.expireToken(later.id);
  expect(await token("GET", later, original)).toMatchObject({ status: 401, body: { code: 50027 } });
});

it("writes it down when the bot's token goes along with an interaction's", async () => {
  const { discord, world, channel, mia, call } = await startInteractive();
  const asked = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  await call("PATCH", `/webhooks/${world.bot().id}/${asked.token}${original}`, { content: "x" });
  expect(discord.violations).toMatchObject([{ message: "the bot's token goes along with a webhook's" }]);
});

it("offers buttons and all five selects, as long as they are there and enabled", async () => {
  const { world, guild, channel, mia, call, endpoint, messagesPath } = await startInteractive();
  const role = world.createRole(guild.id, "staff");
  const row = (...components: object[]) => ({ type: 1, components });
  const { body } = await call<{ id: string }>("POST", messagesPath, {
    content: "Choose",
    components: [
      row(
        { type: 2, style: 1, label: "Stop", custom_id: "stop" },
        { type: 2, style: 2, label: "Gone", custom_id: "gone", disabled: true },
      ),
      row({ type: 3, custom_id: "text", options: [{ label: "A", value: "a" }] }),
      row({ type: 5, custom_id: "user" }),
      row({ type: 6, custom_id: "role" }),
      row({ type: 7, custom_id: "either", max_values: 2 }),
    ],
  });
  const inThread = await call<{ id: string }>("POST", messagesPath, {
    content: "Where",
    components: [row({ type: 8, custom_id: "channel" })],
  });
  endpoint.answer = () => ({ json: { type: 6 } });
  const select = (customId: string, values: string[], id = body.id) =>
    world.select(channel.id, mia.id, id, customId, values);
  await world.press(channel.id, mia.id, body.id, "stop");
  await select("text", ["a"]);
  await select("user", [mia.id]);
  await select("role", [role.id]);
  await select("either", [mia.id, role.id]);
  await select("channel", [channel.id], inThread.body.id);
  expect(
    endpoint.received.map(({ type, data, message }) => [type, data, (message as { id: string }).id]),
  ).toMatchObject([
    [3, { component_type: 2, custom_id: "stop" }, body.id],
    [3, { component_type: 3, values: ["a"] }, body.id],
    [3, { component_type: 5, resolved: { users: { [mia.id]: {} }, members: { [mia.id]: {} } } }, body.id],
    [3, { component_type: 6, resolved: { roles: { [role.id]: {} } } }, body.id],
    [3, { component_type: 7, resolved: { users: {}, roles: {} } }, body.id],
    [3, { component_type: 8, resolved: { channels: { [channel.id]: { type: 0 } } } }, inThread.body.id],
  ]);
  await expect(world.press(channel.id, mia.id, body.id, "gone")).rejects.toThrow("gone is disabled");
  await expect(world.press(channel.id, mia.id, body.id, "none")).rejects.toThrow("no component none");
  await expect(select("text", ["b"])).rejects.toThrow("b is no option");
  await expect(select("user", [mia.id, mia.id])).rejects.toThrow("1 to 1 values");
});

it("changes the message of a button, answers beside it, and hides what only one user sees", async () => {
  const { world, channel, mia, endpoint, token } = await startInteractive();
  const sam = world.createUser({ username: "sam" });
  const button = { type: 1, components: [{ type: 2, style: 4, label: "Stop", custom_id: "stop" }] };
  endpoint.answer = () => ({ json: { type: 4, data: { content: "…", flags: 64, components: [button] } } });
  const asked = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  const id = asked.messageId ?? "";
  await expect(world.press(channel.id, sam.id, id, "stop")).rejects.toThrow("Unknown Message");
  endpoint.answer = () => ({ json: { type: 7, data: { content: "Stopped.", components: [] } } });
  const pressed = await world.press(channel.id, mia.id, id, "stop");
  expect(world.ephemerals(mia.id)).toMatchObject([{ id, content: "Stopped.", components: [] }]);
  expect((await token("GET", pressed, original)).body.id).toBe(id);
  expect(world.messages(channel.id)).toEqual([]);
});

it("tells a Gateway that wants DMs of ephemeral messages, as Discord does, and no other", async () => {
  const { discord, world, channel, mia, endpoint, token } = await startInteractive({ identifyWindowMs: 0 });
  const listen = async (intents: number) => {
    const gateway = new RawGateway(discord.gatewayUrl);
    await gateway.op(10);
    gateway.identify(discord.token, { intents });
    await gateway.dispatch("READY");
    return gateway;
  };
  const [forDms, forGuilds] = [
    await listen(INTENTS.directMessages),
    await listen(INTENTS.guildMessages | INTENTS.messageContent),
  ];
  endpoint.answer = () => ({ json: { type: 4, data: { content: "Psst", flags: 64 } } });
  const asked = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  await token("DELETE", asked, original);
  world.say(channel.id, mia.id, "Aloud");
  const told = await forDms.dispatch("MESSAGE_CREATE");
  expect(told).toMatchObject({ id: asked.messageId, channel_id: channel.id, flags: 64 });
  expect(told).not.toHaveProperty("guild_id");
  expect(await forDms.dispatch("MESSAGE_DELETE")).toEqual({ id: asked.messageId, channel_id: channel.id });
  await forGuilds.dispatch("MESSAGE_CREATE");
  expect(forGuilds.texts()).toEqual(["Aloud"]);
});

it("runs user and message commands, the entry point, and what nobody has heard of", async () => {
  const { world, guild, channel, mia, endpoint } = await startInteractive();
  const said = world.say(channel.id, mia.id, "Look");
  const thread = world.startThread(channel.id, mia.id, "T", said.id);
  const dm = world.openDm(mia.id);
  await world.userCommand(channel.id, mia.id, "Who", mia.id);
  await world.messageCommand(channel.id, mia.id, "Ask rig", said.id);
  await world.launch(dm.id, mia.id, "launch");
  await world.slash(thread.id, mia.id, "ask", { question: "?" });
  await world.interact(channel.id, mia.id, { type: 99 });
  expect(endpoint.received).toMatchObject([
    { data: { type: 2, target_id: mia.id, resolved: { users: { [mia.id]: { username: "mia" } } } } },
    { data: { type: 3, target_id: said.id, resolved: { messages: { [said.id]: { content: "Look" } } } } },
    { data: { type: 4, name: "launch" }, user: { id: mia.id }, context: 1, channel: { type: 1 } },
    { channel: { id: thread.id, type: 11, parent_id: channel.id }, guild_id: guild.id },
    { type: 99 },
  ]);
  expect(endpoint.received[2]).not.toHaveProperty("member");
  expect(world.interactions().at(-1)).toMatchObject({ type: 99, status: "failed" });
});

it("autocompletes, and refuses more than 25 choices", async () => {
  const { discord, world, channel, mia, endpoint } = await startInteractive();
  const choices = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `Fact ${index}`, value: `${index}` }));
  endpoint.answer = () => ({ json: { type: 8, data: { choices: choices(25) } } });
  const type = () => world.autocomplete(channel.id, mia.id, "memory forget", { fact: "te" }, "fact");
  expect(await type()).toMatchObject({ status: "answered", choices: choices(25) });
  expect(endpoint.received).toMatchObject([
    {
      type: 4,
      data: { options: [{ name: "forget", options: [{ name: "fact", value: "te", focused: true }] }] },
    },
  ]);
  endpoint.answer = () => ({ json: { type: 8, data: { choices: choices(26) } } });
  expect(await type()).toMatchObject({ status: "failed", failure: "Invalid Form Body", choices: null });
  expect(discord.violations).not.toEqual([]);
});

it("shows a modal, and sends what was filled in", async () => {
  const { world, channel, mia, endpoint } = await startInteractive();
  const field = { type: 4, custom_id: "question", style: 2, max_length: 10 };
  endpoint.answer = ({ type }) =>
    type === 2
      ? {
          json: {
            type: 9,
            data: {
              custom_id: "form",
              title: "Ask",
              components: [{ type: 18, label: "Question", component: field }],
            },
          },
        }
      : { json: { type: 4, data: { content: "Thanks" } } };
  const asked = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  expect(asked.modal).toMatchObject({ custom_id: "form", title: "Ask" });
  await expect(world.submit(asked.id, {})).rejects.toThrow("question must be filled in");
  await expect(world.submit(asked.id, { question: "far too long" })).rejects.toThrow("between 0 and 10");
  await expect(world.submit(asked.id, { question: "Why?", other: "" })).rejects.toThrow("no field other");
  const submitted = await world.submit(asked.id, { question: "Why?" });
  expect(submitted.status).toBe("answered");
  expect(endpoint.received.at(-1)).toMatchObject({
    type: 5,
    data: {
      custom_id: "form",
      components: [{ type: 18, component: { type: 4, custom_id: "question", value: "Why?" } }],
    },
  });
  expect(world.messages(channel.id)).toMatchObject([
    { content: "Thanks", interaction_metadata: { triggering_interaction_metadata: { id: asked.id } } },
  ]);
  await expect(world.submit(submitted.id, {})).rejects.toThrow("not answered with a modal");
});

it.each([
  ["nothing", { status: 200 }, "Invalid Form Body"],
  ["an error", { status: 500 }, "the endpoint answered 500"],
  ["a type that is not for commands", { json: { type: 8, data: { choices: [] } } }, "Invalid Form Body"],
  ["too long a text", { json: { type: 4, data: { content: "x".repeat(2001) } } }, "Invalid Form Body"],
  ["an empty message", { json: { type: 4, data: { content: "" } } }, "Cannot send an empty message"],
])("takes %s for no answer", async (_, answer, failure) => {
  const { world, channel, mia, endpoint } = await startInteractive();
  endpoint.answer = () => answer;
  const asked = await world.slash(channel.id, mia.id, "ask", { question: "?" });
  expect(asked).toMatchObject({ status: "failed", failure, messageId: null });
  expect(world.messages(channel.id)).toEqual([]);
});
