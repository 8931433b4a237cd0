import { describe, expect, it } from "vitest";
import { compareCommands, isSame } from "../../../cli/commands/difference.ts";
import { readCommand, registered } from "../../../cli/commands/registered.ts";

const ours = {
  type: 1,
  name: "find",
  description: "Finds a book.",
  description_localizations: { no: "Finner en bok.", de: "Findet ein Buch." },
  default_member_permissions: "32",
  integration_types: [0, 1],
  contexts: [0, 1, 2],
  options: [
    { type: 3, name: "title", description: "Its title.", required: true },
    { type: 4, name: "year", description: "Its year.", choices: [{ name: "This", value: 2026 }] },
  ],
};

/** The same command, as Discord tells it: with what it fills in, adds and orders in its own way. */
const theirs = {
  id: "1088510058284990888",
  application_id: "1088510058284990777",
  version: "1088510058284990999",
  default_permission: true,
  dm_permission: true,
  nsfw: false,
  type: 1,
  name: "find",
  name_localizations: null,
  description: "Finds a book.",
  description_localizations: { de: "Findet ein Buch.", no: "Finner en bok." },
  default_member_permissions: "32",
  integration_types: [1, 0],
  contexts: [2, 0, 1],
  some_new_field: 1,
  options: [
    {
      type: 3,
      name: "title",
      name_localizations: null,
      description: "Its title.",
      description_localizations: null,
      required: true,
    },
    {
      type: 4,
      name: "year",
      description: "Its year.",
      required: false,
      choices: [{ name: "This", name_localizations: null, value: 2026 }],
    },
  ],
};

function compared(registered: unknown[], wanted: unknown[], scope: "global" | "guild" = "global") {
  return compareCommands(registered.map(readCommand), wanted.map(readCommand), scope);
}

/** The fields that are told where `find` is wanted otherwise. */
function changed(change: Record<string, unknown>, scope: "global" | "guild" = "global") {
  return compared([theirs], [{ ...ours, ...change }], scope).changed.flatMap(({ fields }) =>
    fields.map(({ field, before, after }) => `${field}: ${before} → ${after}`),
  );
}

describe("the difference of commands", () => {
  it("is none for what Discord adds by itself", () => {
    expect(compared([theirs], [ours])).toEqual({ added: [], changed: [], removed: [], unchanged: ["/find"] });
  });

  it("is none for a menu's command, which Discord tells with an empty description", () => {
    const told = { id: "1", type: 3, name: "Ask Dev-E", description: "", options: [] };
    expect(isSame(compared([told], [{ type: 3, name: "Ask Dev-E" }]))).toBe(true);
  });

  it.each<[field: string, change: Record<string, unknown>]>([
    ['description: "Finds a book." → "Finds books."', { description: "Finds books." }],
    [
      'description_localizations.no: "Finner en bok." → undefined',
      { description_localizations: { de: "Findet ein Buch." } },
    ],
    ['name_localizations.ja: undefined → "検索"', { name_localizations: { ja: "検索" } }],
    ['default_member_permissions: "32" → undefined', { default_member_permissions: null }],
    ["contexts: [0,1,2] → [0,1]", { contexts: [0, 1] }],
    ["integration_types: [0,1] → [0]", { integration_types: [0] }],
    ["nsfw: undefined → true", { nsfw: true }],
  ])("is told as %s", (field, change) => {
    expect(changed(change)).toEqual([field]);
  });

  it.each<[fields: string[], change: (title: object, year: object) => object[]]>([
    [["options: title, year → year, title"], (title, year) => [year, title]],
    [["options.title.required: true → undefined"], (title, year) => [{ ...title, required: false }, year]],
    [
      ["options.title.autocomplete: undefined → true"],
      (title, year) => [{ ...title, autocomplete: true }, year],
    ],
    [["options.title.max_length: undefined → 50"], (title, year) => [{ ...title, max_length: 50 }, year]],
    [["options: title, year → undefined", "options.year: (an option) → undefined"], (title) => [title]],
    [["options.year.type: 4 → 10"], (title, year) => [title, { ...year, type: 10 }]],
  ])("is told as %j of an option", (fields, change) => {
    const [title, year] = ours.options;
    expect(changed({ options: change({ ...title }, { ...year }) })).toEqual(fields);
  });

  it("reaches into subcommands", () => {
    const command = (description: string) => ({
      name: "memory",
      description: "Memory",
      options: [
        { type: 1, name: "forget", description: "Forget", options: [{ type: 3, name: "fact", description }] },
      ],
    });
    expect(compared([command("What")], [command("Which")]).changed).toEqual([
      {
        command: "/memory",
        fields: [{ field: "options.forget.options.fact.description", before: '"What"', after: '"Which"' }],
      },
    ]);
  });

  it("knows commands by type and name", () => {
    expect(compared([{ type: 2, name: "find" }], [ours])).toMatchObject({
      added: ["/find"],
      removed: ["find (user)"],
      changed: [],
    });
  });

  it("has nothing to say of where a server's own command is shown", () => {
    expect(changed({ contexts: undefined, integration_types: undefined }, "guild")).toEqual([]);
  });
});

describe("what Discord has registered", () => {
  it("holds the entry point apart, with all that keeps it as it is", () => {
    const launch = { id: "1", type: 4, name: "launch", handler: 2, contexts: [0], version: "7" };
    const { commands, entryPoint } = registered.parse([theirs, launch]);
    expect(commands.map(({ name }) => name)).toEqual(["find"]);
    expect(entryPoint).toEqual({ id: "1", type: 4, name: "launch", handler: 2, contexts: [0] });
  });
});
