import { describe, expect, it } from "vitest";
import { readCharacter } from "../../../shared/character/problems.ts";
import minimal from "../../support/characters/minimal.json" with { type: "json" };

const text = { name: "text", description: "What to translate.", type: "string" };
const translate = {
  name: "translate",
  description: "Translates a text.",
  prompt: "Translate {{text}}",
  options: [text],
};

function read(...commands: unknown[]) {
  return readCharacter({ ...minimal, commands });
}

/** `translate` with other options, and a prompt that mentions each. */
function withOptions(...options: Record<string, unknown>[]) {
  return { ...translate, prompt: options.map(({ name }) => `{{${name}}}`).join(" "), options };
}

describe("a character's own commands", () => {
  it("are read with what is left out filled in", () => {
    const reading = read(translate, { name: "Explain this", type: "message", prompt: "Explain {{message}}" });
    expect(reading).toMatchObject({
      character: {
        commands: [
          { ...translate, type: "chat-input", options: [{ ...text, required: false, choices: [] }] },
          { name: "Explain this", type: "message", options: [] },
        ],
      },
    });
  });

  it.each<[why: string, ...commands: unknown[]]>([
    ["a name in another script", { ...translate, name: "翻訳" }],
    ["one name for two kinds", translate, { name: "translate", type: "user", prompt: "Greet {{user}}" }],
    ["spaces in a menu's name", { name: "Who is this", type: "user", prompt: "Who is {{ user }}?" }],
    ["a menu's command named like a slash command", { name: "status", type: "user", prompt: "{{user}}" }],
    ["no options", { ...translate, options: [], prompt: "Tell a joke" }],
    [
      "a file, which comes along anyway",
      { ...translate, options: [text, { ...text, name: "file", type: "attachment" }] },
    ],
    ["choices", withOptions({ ...text, choices: [{ name: "Norwegian", value: "no" }] })],
    [
      "whole numbers to choose from",
      withOptions({ ...text, type: "integer", choices: [{ name: "One", value: 1 }] }),
    ],
  ])("take %s", (_, ...commands) => {
    expect(read(...commands)).toHaveProperty("character");
  });

  const isOwn =
    "a name that is not the runtime's own (ask, status, provider, use, model, cancel, reset, memory, cost, cron)";
  const plainName = "lower-case letters, digits, - or _, as Discord wants it";

  it.each<[path: string, expected: string, ...commands: unknown[]]>([
    ["commands[0].name", isOwn, { ...translate, name: "status" }],
    ["commands[0].name", isOwn, { ...translate, name: "ask" }],
    [
      "commands[0].name",
      "a name that is not the runtime's own (“Ask …”)",
      { name: "Ask Minimal", type: "message", prompt: "{{message}}" },
    ],
    ["commands[0].name", plainName, { ...translate, name: "Translate" }],
    ["commands[0].name", plainName, { ...translate, name: "to norwegian" }],
    [
      "commands[0].name",
      "a name without spaces around it",
      { name: "Who ", type: "user", prompt: "{{user}}" },
    ],
    ["commands[0].name", "at most 32 characters", { ...translate, name: "t".repeat(33) }],
    ["commands[1].name", "a name that no chat-input command before it has", translate, translate],
    ["commands[0].type", 'one of "chat-input", "user", "message"', { ...translate, type: "slash" }],
    [
      "commands[0].description",
      "what the command does, as Discord shows it",
      { name: "joke", prompt: "Tell a joke" },
    ],
    ["commands[0].description", "at most 100 characters", { ...translate, description: "d".repeat(101) }],
    [
      "commands[0].description",
      "nothing: Discord shows none for a user command",
      { name: "Greet", type: "user", description: "Greets", prompt: "{{user}}" },
    ],
    [
      "commands[0].options",
      "no options: a message command has none",
      { name: "Explain", type: "message", prompt: "{{message}}", options: [text] },
    ],
    ["commands[0].options[0].name", plainName, withOptions({ ...text, name: "To" })],
    ["commands[0].options[1].name", "a name that no option before it has", withOptions(text, text)],
    [
      "commands[0].options[0].name",
      "{{text}} in the command's prompt",
      { ...translate, prompt: "Translate" },
    ],
    [
      "commands[0].options[1].required",
      "required options before all others",
      withOptions(text, { ...text, name: "to", required: true }),
    ],
    [
      "commands[0].options[0].choices",
      "choices for a string, an integer or a number only",
      withOptions({ ...text, type: "user", choices: [{ name: "Mia", value: "1" }] }),
    ],
    [
      "commands[0].options[0].choices[0].value",
      "a text",
      withOptions({ ...text, choices: [{ name: "One", value: 1 }] }),
    ],
    [
      "commands[0].options[0].choices[0].value",
      "a whole number",
      withOptions({ ...text, type: "integer", choices: [{ name: "Half", value: 0.5 }] }),
    ],
    [
      "commands[0].options[0].choices[1].name",
      "a name that no choice before it has",
      withOptions({
        ...text,
        choices: [
          { name: "One", value: "1" },
          { name: "One", value: "2" },
        ],
      }),
    ],
    [
      "commands[0].options[0].choices",
      "at most 25 choices",
      withOptions({
        ...text,
        choices: Array.from({ length: 26 }, (_, n) => ({ name: `${n}`, value: `${n}` })),
      }),
    ],
    [
      "commands[0].options",
      "at most 25 options",
      withOptions(...Array.from({ length: 26 }, (_, n) => ({ ...text, name: `o${n}` }))),
    ],
    [
      "commands[0].prompt",
      "placeholders of {{text}} only (not {{txt}})",
      { ...translate, prompt: "Translate {{text}} {{txt}}" },
    ],
    [
      "commands[0].prompt",
      "no placeholder, as there are no options (not {{text}})",
      { ...translate, options: [] },
    ],
    [
      "commands[0].prompt",
      "{{message}} in it: what the command was used on",
      { name: "Explain", type: "message", prompt: "Explain it" },
    ],
    [
      "commands[15]",
      "at most 15 user commands",
      ...Array.from({ length: 16 }, (_, n) => ({ name: `Greet ${n}`, type: "user", prompt: "{{user}}" })),
    ],
    [
      "commands[0].options",
      "at most 8000 characters in all of the command",
      withOptions(
        {
          ...text,
          choices: Array.from({ length: 25 }, (_, n) => ({
            name: "n".repeat(90) + n,
            value: "v".repeat(90) + n,
          })),
        },
        {
          ...text,
          name: "to",
          choices: Array.from({ length: 25 }, (_, n) => ({
            name: "n".repeat(90) + n,
            value: "v".repeat(90) + n,
          })),
        },
      ),
    ],
  ])("say at %s: expected %s", (path, expected, ...commands) => {
    expect(read(...commands)).toEqual({ problems: [expect.objectContaining({ path, expected })] });
  });
});
