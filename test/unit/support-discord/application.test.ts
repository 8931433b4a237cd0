import * as schemas from "discord-api-spec/zod";
import { expect, it } from "vitest";
import * as z from "zod";
import { startSetting } from "./setting.ts";

type Command = { id: string; name: string; version: string; code: number };

const status = {
  name: "status",
  description: "How it goes",
  name_localizations: { de: "stand" },
  default_member_permissions: "32",
  contexts: [0],
};
const who = { type: 2, name: "Who is this" };

it("overwrites commands, and keeps ids of those that stay and versions of those that are the same", async () => {
  const { discord, world, guild, call } = await startSetting();
  const path = `/applications/${world.bot().id}/commands`;
  const { body: first } = await call<Command[]>("PUT", path, [status, who]);
  expect(first).toMatchObject([
    { name: "status", type: 1, default_member_permissions: "32", contexts: [0], integration_types: [0] },
    { name: "Who is this", type: 2, description: "" },
  ]);
  const { error } = z.safeParse(z.array(schemas.ApplicationCommandResponseSchema), first);
  expect(error && z.prettifyError(error)).toBeUndefined();
  const { body: second } = await call<Command[]>("PUT", path, [who, { ...status, description: "Well?" }]);
  expect(second.map(({ id }) => id)).toEqual([first[1]?.id, first[0]?.id]);
  expect(second[0]?.version).toBe(first[1]?.version);
  expect(second[1]?.version).not.toBe(first[0]?.version);
  const { body: bare } = await call<Command[]>("GET", path);
  const { body: full } = await call<Command[]>("GET", `${path}?with_localizations=true`);
  expect([bare[1], full[1]]).toMatchObject([{ name: "status" }, { name_localizations: { de: "stand" } }]);
  expect(bare[1]).not.toHaveProperty("name_localizations");
  const ofGuild = `/applications/${world.bot().id}/guilds/${guild.id}/commands`;
  expect((await call<Command[]>("PUT", ofGuild, [who])).body).toMatchObject([{ guild_id: guild.id }]);
  expect((await call<Command[]>("PUT", path, [])).body).toEqual([]);
  expect((await call<Command[]>("GET", ofGuild)).body).toHaveLength(1);
  expect(await call<Command>("GET", "/applications/1/commands")).toMatchObject({
    status: 403,
    body: { code: 20012 },
  });
  expect(discord.violations).toEqual([]);
});

const badCommands: [what: string, commands: object[], code: number][] = [
  ["a name in capitals", [{ name: "Ask", description: "x" }], 50035],
  ["a name that is too long", [{ name: "a".repeat(33), description: "x" }], 50035],
  ["no description", [{ name: "ask" }], 50035],
  ["a description of a menu command", [{ ...who, description: "x" }], 50035],
  ["a name twice", [status, status], 50035],
  ["101 commands", Array.from({ length: 101 }, (_, n) => ({ name: `c${n}`, description: "x" })), 30032],
  ["16 user commands", Array.from({ length: 16 }, (_, n) => ({ type: 2, name: `c${n}` })), 30032],
  ["an option that is required after one that is not", [withOptions({}, { required: true })], 50035],
  ["an option of no type", [withOptions({ type: 99 })], 50035],
  [
    "choices of an option that is autocompleted",
    [withOptions({ autocomplete: true, choices: [{ name: "a", value: "a" }] })],
    50035,
  ],
  [
    "more than 8,000 characters",
    [
      withOptions(
        ...Array.from({ length: 4 }, () => ({
          choices: Array.from({ length: 25 }, (_, n) => ({ name: `${n}`, value: "v".repeat(90) })),
        })),
      ),
    ],
    50035,
  ],
];

it("refuses commands that cannot be, and keeps what is there", async () => {
  const { world, call } = await startSetting();
  world.setCommands([{ name: "kept", description: "x" }]);
  const path = `/applications/${world.bot().id}/commands`;
  for (const [what, commands, code] of badCommands)
    expect(await call("PUT", path, commands), what).toMatchObject({ status: 400, body: { code } });
  expect(world.commands()).toMatchObject([{ name: "kept" }]);
});

function withOptions(...options: object[]) {
  const named = options.map((option, index) => ({ type: 3, name: `o${index}`, description: "x", ...option }));
  return { name: "ask", description: "x", options: named };
}

it("shows commands only where and to whom they are for", async () => {
  const { world, guild, channel, mia } = await startSetting();
  world.setCommands([status]);
  const use = (channelId: string) => world.slash(channelId, mia.id, "status", {}, { via: "hand" });
  await expect(use(channel.id)).rejects.toThrow("without its permissions");
  await expect(use(world.openDm(mia.id).id)).rejects.toThrow("cannot be used there");
  for (const permissions of ["32", "8"]) {
    world.join(guild.id, mia.id, { permissions });
    expect((await use(channel.id)).payload).toMatchObject({ member: { permissions } });
  }
});

it("does not let a user send what their client would not", async () => {
  const { world, channel, mia } = await startSetting();
  const text = {
    type: 3,
    name: "text",
    description: "x",
    required: true,
    choices: [{ name: "A", value: "a" }],
  };
  const count = { type: 4, name: "count", description: "x", max_value: 10 };
  world.setCommands([{ name: "ask", description: "x", options: [text, count] }]);
  const use = (name: string, values: Record<string, string | number>) =>
    world.slash(channel.id, mia.id, name, values, { via: "hand" });
  await expect(use("ask", {})).rejects.toThrow("needs the option text");
  await expect(use("ask", { text: "a", other: 1 })).rejects.toThrow("no option other");
  await expect(use("ask", { text: "a", count: "1" })).rejects.toThrow("count of /ask must be an integer");
  await expect(use("ask", { text: "a", count: 11 })).rejects.toThrow("count of /ask must be between");
  await expect(use("ask", { text: "b" })).rejects.toThrow("text of /ask must be one of a");
  await expect(use("gone", {})).rejects.toThrow("no command gone");
  expect((await use("ask", { text: "a", count: 10 })).status).toBe("pending");
});

const button = (custom_id: string, more: object = {}) => ({
  type: 2,
  style: 1,
  label: "B",
  custom_id,
  ...more,
});
const row = (...components: object[]) => ({ type: 1, components });
const text = (content: string) => ({ type: 10, content });
const V2 = 1 << 15;

const badMessages: [what: string, message: object][] = [
  ["six rows", { components: [1, 2, 3, 4, 5, 6].map((n) => row(button(`${n}`))) }],
  ["six buttons in a row", { components: [row(...[1, 2, 3, 4, 5, 6].map((n) => button(`${n}`)))] }],
  ["a custom id twice", { components: [row(button("a"), button("a"))] }],
  ["a custom id of 101 characters", { components: [row(button("a".repeat(101)))] }],
  ["a button without a custom id", { components: [row({ type: 2, style: 1, label: "B" })] }],
  ["a button without a label", { components: [row({ type: 2, style: 1, custom_id: "a" })] }],
  ["a link with a custom id", { components: [row(button("a", { style: 5, url: "https://example.com" }))] }],
  ["a select beside a button", { components: [row(button("a"), { type: 5, custom_id: "b" })] }],
  ["a text without the flag for it", { components: [text("x")] }],
  ["a content beside Components V2", { content: "x", flags: V2, components: [text("x")] }],
  ["4,001 characters in Components V2", { flags: V2, components: [text("x".repeat(4000)), text("x")] }],
];

it("refuses messages with components that cannot be shown", async () => {
  const { world, channel, call, messagesPath } = await startSetting({ rateLimits: false });
  for (const [what, message] of badMessages)
    expect(await call("POST", messagesPath, message), what).toMatchObject({
      status: 400,
      body: { code: 50035 },
    });
  expect(world.messages(channel.id)).toEqual([]);
});

it("keeps components of a message, also when its text changes, and finds those inside of others", async () => {
  const { discord, world, channel, mia, call, messagesPath } = await startSetting();
  const components = [
    {
      type: 17,
      components: [
        { type: 9, components: [text("Approve?")], accessory: button("inner") },
        row(button("yes"), button("no")),
      ],
    },
  ];
  const { body } = await call<{ id: string }>("POST", messagesPath, { flags: V2, components });
  const kept = await call("PATCH", `${messagesPath}/${body.id}`, { flags: 0 });
  expect(kept.body).toMatchObject({ flags: V2, components });
  for (const customId of ["inner", "no"]) {
    const { payload } = await world.press(channel.id, mia.id, body.id, customId, { via: "hand" });
    expect(payload).toMatchObject({ type: 3, message: { id: body.id }, data: { custom_id: customId } });
  }
  expect(discord.violations).toEqual([]);
});

it("shows an application without MESSAGE_CONTENT over REST only what it wrote, or is meant by", async () => {
  const { world, channel, mia, call, messagesPath } = await startSetting({ disallowedIntents: 1 << 15 });
  const mention = `<@${world.bot().id}> open`;
  world.say(channel.id, mia.id, "secret", {
    attachments: [{ filename: "secret.txt", contentType: "text/plain", text: "secret" }],
  });
  world.say(channel.id, mia.id, mention);
  await call("POST", messagesPath, { content: "mine" });
  const dm = world.openDm(mia.id);
  world.say(dm.id, mia.id, "private");
  type Read = { id: string; content: string; attachments: unknown[] }[];
  const read = async (path: string) => (await call<Read>("GET", path)).body;
  const [mine, open, hidden] = await read(messagesPath);
  expect([mine?.content, open?.content, hidden?.content]).toEqual(["mine", mention, ""]);
  expect(hidden).toMatchObject({ attachments: [], embeds: [], components: [] });
  expect((await call("GET", `${messagesPath}/${hidden?.id}`)).body).toMatchObject({ content: "" });
  expect(await read(`/channels/${dm.id}/messages`)).toMatchObject([{ content: "private" }]);
  // The owner switches the intent on.
  await call("PATCH", "/applications/@me", { flags: 1 << 19 });
  expect((await read(messagesPath))[2]).toMatchObject({ content: "secret", attachments: [{}] });
});
