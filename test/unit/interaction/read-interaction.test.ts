import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Interaction } from "../../../shared/interaction/interaction.ts";
import { readInteraction } from "../../../shared/interaction/read-interaction.ts";
import {
  APPLICATION,
  CHANNEL,
  GUILD,
  interactionOf,
  slash,
  text,
  uploaded,
} from "../../support/interaction-payloads.ts";

function read(data: unknown): Interaction {
  const reading = readInteraction(data);
  if ("problem" in reading) throw new Error(reading.problem);
  return reading.value;
}

const readFile = (id: string, name = "notes.txt") => ({
  ...{ name, contentType: "text/plain", size: 12 },
  url: `https://cdn.example/${id}/${name}`,
});

describe("reading an interaction", () => {
  it("takes a ping, with or without its application", () => {
    expect(read({ type: 1 })).toEqual({ kind: "ping", applicationId: undefined });
    expect(read(interactionOf(1))).toEqual({ kind: "ping", applicationId: APPLICATION });
  });

  it("says who did it where, on a server", () => {
    const member = { nick: "Mia M.", roles: ["7"], permissions: "48" };
    expect(read(slash("status", [], { member }))).toMatchObject({
      applicationId: APPLICATION,
      user: { id: "900000000000000002", name: "Mia M.", roles: ["7"], permissions: 48n },
      place: { context: "guild", channel: { id: CHANNEL, type: 0 }, guildId: GUILD },
    });
  });

  it("says who did it where, in a DM and between people", () => {
    const channel = { id: CHANNEL, type: 1 };
    expect(read(slash("status", [], { member: null, channel }))).toMatchObject({
      user: { name: "Mia", roles: [], permissions: 0n },
      place: { context: "bot-dm", channel },
    });
    const among = { member: null, channel: { id: CHANNEL, type: 3 }, context: 2 };
    expect(read(slash("status", [], among))).toMatchObject({ place: { context: "private-channel" } });
  });

  it("reads every type of option, and what ids stand for", () => {
    const user = { id: "11", username: "bo", global_name: "Bo" };
    const resolved = {
      users: { "11": user },
      members: { "11": { nick: "Bobo", roles: [] } },
      channels: { "12": { id: "12", name: "general", type: 0 } },
      roles: { "13": { id: "13", name: "Team" } },
      attachments: { "14": uploaded("14") },
    };
    const options = [
      text("what", "a text"),
      { name: "count", type: 4, value: 3 },
      { name: "ratio", type: 10, value: 0.5 },
      { name: "sure", type: 5, value: false },
      { name: "who", type: 6, value: "11" },
      { name: "where", type: 7, value: "12" },
      { name: "team", type: 8, value: "13" },
      { name: "either", type: 9, value: "13" },
      { name: "file", type: 11, value: "14" },
      { name: "newer", type: 99, value: "x" },
    ];
    const interaction = read(slash("custom", options, {}, resolved));
    expect(interaction).toMatchObject({ kind: "command", name: "custom" });
    const use = interaction.kind === "command" && interaction.use.type === "chat-input" && interaction.use;
    expect(use && Object.fromEntries(use.options)).toEqual({
      what: { type: "string", value: "a text" },
      count: { type: "number", value: 3 },
      ratio: { type: "number", value: 0.5 },
      sure: { type: "boolean", value: false },
      who: { type: "user", id: "11", name: "Bobo" },
      where: { type: "channel", id: "12", name: "general" },
      team: { type: "role", id: "13", name: "Team" },
      either: { type: "role", id: "13", name: "Team" },
      file: { type: "attachment", file: readFile("14") },
    });
  });

  it("finds options below subcommands and their groups", () => {
    const run = { name: "run", type: 1, options: [text("job", "daily")] };
    expect(read(slash("cron", [run]))).toMatchObject({ use: { subcommand: "run" } });
    expect(read(slash("cron", [{ name: "jobs", type: 2, options: [run] }]))).toMatchObject({
      use: { subcommand: "jobs run", options: new Map([["job", { type: "string", value: "daily" }]]) },
    });
  });

  it("reads what a menu's command was used on", () => {
    const author = { id: "11", username: "bo" };
    const users = { "11": author };
    const user = { name: "Greet", type: 2, target_id: "11", resolved: { users } };
    expect(read(interactionOf(2, user))).toMatchObject({
      use: { type: "user", target: { id: "11", name: "bo" } },
    });
    const message = { id: "21", channel_id: CHANNEL, content: "hi", author, mentions: [], attachments: [] };
    const used = { name: "Ask Me", type: 3, target_id: "21", resolved: { messages: { "21": message } } };
    expect(read(interactionOf(2, used))).toMatchObject({
      use: { type: "message", target: { content: "hi", author: { id: "11" } } },
    });
    expect(read(interactionOf(2, { name: "Launch", type: 4 }))).toMatchObject({
      use: { type: "entry-point" },
    });
  });

  it("reads what is being typed", () => {
    const typing = { name: "fact", type: 3, value: "li", focused: true };
    const data = { name: "memory", type: 1, options: [{ name: "forget", type: 1, options: [typing] }] };
    expect(read(interactionOf(4, data))).toMatchObject({
      ...{ kind: "autocomplete", name: "memory", subcommand: "forget" },
      ...{ option: "fact", typed: "li" },
    });
  });

  it.each([
    [2, "button"],
    [3, "string-select"],
    [5, "other-select"],
    [6, "other-select"],
    [7, "other-select"],
    [8, "other-select"],
    [99, "unknown"],
  ])("knows a component of type %s as %s", (component_type, component) => {
    const data = { custom_id: "1:model", component_type, values: ["a"] };
    expect(read(interactionOf(3, data))).toMatchObject({
      ...{ kind: "component", customId: "1:model", component, values: ["a"] },
    });
  });

  it("reads a form's texts and files, in labels and in rows", () => {
    const label = { type: 18, component: { type: 4, custom_id: "prompt", value: "why?" } };
    const upload = { type: 18, component: { type: 19, custom_id: "files", values: ["14", "15"] } };
    const row = { type: 1, components: [{ type: 4, custom_id: "older", value: "because" }] };
    const resolved = { attachments: { "14": uploaded("14"), "15": uploaded("15", "more.txt") } };
    const components = [{ type: 10 }, label, upload, row];
    expect(read(interactionOf(5, { custom_id: "1:ask:public", components, resolved }))).toMatchObject({
      ...{ kind: "modal", customId: "1:ask:public" },
      fields: new Map([
        ["prompt", "why?"],
        ["older", "because"],
      ]),
      files: [readFile("14"), readFile("15", "more.txt")],
    });
  });

  it("knows that it does not know kinds that Discord has added", () => {
    expect(read(interactionOf(42))).toMatchObject({ kind: "unknown", what: "an interaction of type 42" });
    const odd = { name: "x", type: 42 };
    expect(read(interactionOf(2, odd))).toMatchObject({ kind: "unknown", what: "a command of type 42" });
  });

  it.each([
    ["absent", undefined, undefined],
    ["null", null, undefined],
    ["of another form", "all", [expect.stringMatching(/^member\.permissions: expected a number/)]],
  ])("gives nobody permissions that are %s", (_, permissions, unread) => {
    const { user, ...honest } = { user: undefined, ...slash("ask", [], { member: null }) };
    const reading = readInteraction({ ...honest, member: { user, permissions } });
    expect(reading).toMatchObject({ value: { kind: "command", user: { permissions: 0n } } });
    expect(reading).toEqual({ value: expect.anything(), ...(unread && { unread }) });
  });

  it.each([{ "1": "9" }, "1", 7, true])("gives no permissions where the owners are %j", (owners) => {
    const honest = slash("ask", [], { member: { permissions: "48" } });
    const interaction = read({ ...honest, authorizing_integration_owners: owners });
    expect(interaction).toMatchObject({ user: { permissions: 0n } });
  });

  it.each<[string, unknown, RegExp]>([
    ["no object", [], /^interaction: /],
    ["a ping of no application", { type: 1, application_id: "x" }, /^application_id: expected a snowflake/],
    ["no id", { ...slash("ask"), id: 7 }, /^id: /],
    ["no application", { ...slash("ask"), application_id: "x" }, /^application_id: expected a snowflake/],
    ["no type", { ...slash("ask"), type: "2" }, /^type: /],
    ["no token", { ...slash("ask"), token: "" }, /^token: expected a token/],
    ["nobody", { ...slash("ask"), member: null }, /^user: expected the user/],
    ["no data", { ...slash("ask"), data: undefined }, /^data: /],
    ["a command without a name", interactionOf(2, { type: 1 }), /^data\.name: /],
    ["an option without a name", slash("ask", [{ type: 3 }]), /^data\.options\.0\.name: /],
    [
      "a text that is none",
      slash("ask", [{ name: "prompt", type: 3, value: 1 }]),
      /^data\.options\.prompt: expected a text/,
    ],
    [
      "a file that is not there",
      slash("ask", [{ name: "file", type: 11, value: "1" }]),
      /^data\.options\.file: expected its file/,
    ],
    [
      "a user who is not there",
      slash("x", [{ name: "who", type: 6, value: "1" }]),
      /^data\.options\.who: .*resolved\.users/,
    ],
    [
      "a message that is not there",
      interactionOf(2, { name: "Ask Me", type: 3, target_id: "1" }),
      /^data\.resolved\.messages: /,
    ],
    [
      "nothing that is typed",
      interactionOf(4, { name: "use", type: 1 }),
      /^data\.options: expected one that is focused/,
    ],
    ["a component without an id", interactionOf(3, { component_type: 2 }), /^data\.custom_id: /],
    ["a form without fields", interactionOf(5, { custom_id: "1:ask:public" }), /^data\.components: /],
  ])("refuses %s, naming the field", (_, data, problem) => {
    expect(readInteraction(data)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it("never throws, whatever comes", () => {
    const honest = slash("ask", [text("prompt", "hi")]);
    const broken = fc.tuple(fc.constantFrom(...Object.keys(honest)), fc.jsonValue());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), broken, fc.jsonValue(), (type, [field, value], data) => {
        readInteraction({ ...honest, type, [field]: value });
        readInteraction({ ...honest, type, data });
        readInteraction(data);
      }),
    );
  });
});
