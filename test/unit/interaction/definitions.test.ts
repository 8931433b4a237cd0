import { ApplicationCommandUpdateRequestSchema } from "discord-api-spec/zod";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readCharacter } from "../../../shared/character/problems.ts";
import { applicationCommands } from "../../../shared/interaction/definitions.ts";
import { DESCRIPTIONS } from "../../../shared/interaction/descriptions.ts";
import { askMessageName, RUNTIME_COMMANDS } from "../../../shared/interaction/runtime-commands.ts";
import minimal from "../../support/characters/minimal.json" with { type: "json" };

function character(fields: Record<string, unknown> = {}) {
  const reading = readCharacter({ ...minimal, ...fields });
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.character;
}

const globally = (fields?: Record<string, unknown>) =>
  applicationCommands(character(fields), { kind: "global" });
const named = (name: string, fields?: Record<string, unknown>) =>
  globally(fields).find((command) => command.name === name);

const own = [
  {
    name: "translate",
    description: "Translates a text.",
    prompt: "Translate {{text}} to {{to}}",
    options: [
      { name: "text", description: "What.", type: "string", required: true },
      { name: "to", description: "To.", type: "string", choices: [{ name: "Norwegian", value: "no" }] },
    ],
  },
  { name: "Explain this", type: "message", prompt: "Explain {{message}}" },
];

/** What Discord's specification writes as a number and its documents as text; it takes both. */
function asSpecified({ default_member_permissions: bits, ...rest }: ReturnType<typeof globally>[number]) {
  return { ...rest, ...(bits != null && { default_member_permissions: Number(bits) }) };
}

describe("the commands of an agent", () => {
  it("are those of every agent, the message command and its character's own", () => {
    expect(globally({ commands: own }).map(({ type, name }) => `${type} ${name}`)).toEqual([
      ...RUNTIME_COMMANDS.map((name) => `1 ${name}`),
      `3 Ask ${minimal.name}`,
      "1 translate",
      "3 Explain this",
    ]);
  });

  it("are what Discord's specification takes", () => {
    for (const command of globally({ commands: own })) {
      const reading = z.safeParse(ApplicationCommandUpdateRequestSchema, asSpecified(command));
      expect(reading.error?.issues ?? [], command.name).toEqual([]);
      // Nothing of it is unknown to the specification, which drops what it does not know.
      expect(reading.data).toEqual(asSpecified(command));
    }
  });

  it("take what was given as the character says", () => {
    expect(named("translate", { commands: own })).toMatchObject({
      type: 1,
      description: "Translates a text.",
      options: [
        { type: 3, name: "text", description: "What.", required: true },
        { type: 3, name: "to", description: "To.", choices: [{ name: "Norwegian", value: "no" }] },
      ],
    });
  });

  it("are for those who manage the server, where they change the agent for everybody", () => {
    const forManagers = globally().filter(({ default_member_permissions: bits }) => bits === "32");
    expect(forManagers.map(({ name }) => name)).toEqual(["use", "model", "cron"]);
  });

  it.each([
    [{}, [0], [0, 1]],
    [{ dm: false }, [0], [0]],
    [{ install: ["guild", "user"] }, [0, 1], [0, 1, 2]],
    [{ install: ["user"] }, [1], [0, 1, 2]],
    [{ install: ["user"], dm: false }, [1], [0]],
  ])("are with %o where they can be used", (discord, integrationTypes, contexts) => {
    for (const command of globally({ discord }))
      expect(command).toMatchObject({ integration_types: integrationTypes, contexts });
  });

  it("say nothing of other places where they are a single server's", () => {
    const commands = applicationCommands(character(), { kind: "guild", guildId: "1" });
    expect(commands).toHaveLength(globally().length);
    for (const command of commands) {
      expect(command).not.toHaveProperty("contexts");
      expect(command).not.toHaveProperty("integration_types");
    }
  });
});

describe("what people read of the commands", () => {
  it.each(Object.entries(DESCRIPTIONS))(
    "of %s fits into what Discord shows, in every language",
    (_, texts) => {
      for (const text of Object.values(texts)) {
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(100);
      }
    },
  );

  it("is told in other languages where it is the runtime's own, at every depth", () => {
    const untold: string[] = [];
    const visit = (told: { name: string; description_localizations?: object | null; options?: unknown }) => {
      if (!("ja" in (told.description_localizations ?? {}))) untold.push(told.name);
      for (const inner of (told.options as (typeof told)[] | undefined) ?? []) visit(inner);
    };
    const slashCommands = globally().filter(({ type }) => type === 1);
    slashCommands.forEach(visit);
    expect(slashCommands).toHaveLength(RUNTIME_COMMANDS.length);
    expect(untold).toEqual([]);
  });
});

describe("the message command", () => {
  it("is named after the character, in every language", () => {
    expect(named("Ask Dev-E", { name: "Dev-E" })?.name_localizations).toEqual({
      de: "Dev-E fragen",
      fr: "Demander à Dev-E",
      "es-ES": "Preguntar a Dev-E",
      ja: "Dev-Eに聞く",
      no: "Spør Dev-E",
    });
  });

  it("has a name that Discord takes, however long the character's is", () => {
    const name = `The Very Honourable Agent of the ${"🦉".repeat(20)}`;
    const command = named(askMessageName(name), { name });
    const names = [command?.name ?? "", ...Object.values(command?.name_localizations ?? {})];
    expect(names).toHaveLength(6);
    for (const each of names) {
      expect(each?.length).toBeLessThanOrEqual(32);
      expect(each).toBe(each?.trim());
      expect(each?.isWellFormed()).toBe(true);
    }
    expect(askMessageName("  Line\nbreak ")).toBe("Ask Line break");
  });
});
