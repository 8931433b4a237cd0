import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPath, type Path, readCharacter } from "../../../shared/character/problems.ts";
import { findUnknownFields } from "../../../shared/character/unknown-fields.ts";
import everyField from "../../support/characters/every-field.json" with { type: "json" };
import minimal from "../../support/characters/minimal.json" with { type: "json" };

function firstProblem(json: unknown) {
  const reading = readCharacter(json);
  return "problems" in reading ? reading.problems[0] : undefined;
}

/** Every place in a JSON value. */
function placesIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...members.flatMap(([key, member]) => placesIn(member, [...at, key]))];
}

/** A copy of a JSON value with one place changed. */
function replaced(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy: Record<string | number, unknown> = Object.assign(Array.isArray(value) ? [] : {}, value);
  copy[key] = replaced(copy[key], rest, replacement);
  return copy;
}

describe("what was found", () => {
  it.each<[found: string, name: unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a list", []],
    ["an object", {}],
    ["an empty text", ""],
    ["7", 7],
    ["false", false],
  ])("is %s", (found, name) => {
    expect(firstProblem({ ...minimal, name })).toMatchObject({ path: "name", found });
  });

  it("is the text itself where a choice is wrong, cut when it is long", () => {
    expect(firstProblem({ ...minimal, llm: { provider: "gpt" } })?.found).toBe('"gpt"');
    expect(firstProblem({ ...minimal, llm: { provider: "x".repeat(500) } })?.found).toHaveLength(58);
  });

  it("never shows a value that may be a secret", () => {
    const secret = 987654321;
    for (const fields of [
      { webhooks: { github: { secret } } },
      { cron: { prompt: "a", discordWebhookUrl: secret } },
      { tools: [{ url: "https://x.example", headers: { Authorization: secret } }] },
      { tools: [{ url: secret }] },
      { mcpServers: { a: { command: "a", args: [secret] } } },
    ]) {
      expect(firstProblem({ ...minimal, ...fields })).toMatchObject({ found: "a number" });
    }
  });
});

describe("a path", () => {
  it.each<[text: string, path: Path]>([
    ["(root)", []],
    ["tools[0].endpoints[2].method", ["tools", 0, "endpoints", 2, "method"]],
    ["llm.providers.openai-api.model", ["llm", "providers", "openai-api", "model"]],
    ['mcpServers["my server"].command', ["mcpServers", "my server", "command"]],
    ['["1"]', ["1"]],
  ])("is written as %s", (text, path) => {
    expect(formatPath(path)).toBe(text);
  });
});

describe("any JSON value", () => {
  const explains = (json: unknown) => {
    const reading = readCharacter(json);
    if ("character" in reading) return;
    expect(reading.problems.length).toBeGreaterThan(0);
    for (const { path, found, expected } of reading.problems) {
      expect(path).not.toBe("");
      expect(found).not.toBe("");
      expect(expected).toMatch(/^[^A-Z]/);
    }
  };

  it("is a character or is explained", () => {
    fc.assert(fc.property(fc.jsonValue(), explains));
  });

  it("in any one place of a good file is accepted or blamed by that place alone", () => {
    const places = placesIn(everyField);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        const json = replaced(everyField, place, value);
        explains(json);
        const reading = readCharacter(json);
        for (const { segments } of "problems" in reading ? reading.problems : []) {
          expect(segments.slice(0, place.length)).toEqual(place);
        }
        for (const { segments } of findUnknownFields(json)) {
          expect(segments.slice(0, place.length)).toEqual(place);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("may be nested deeper than any stack", () => {
    const deep: unknown = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);
    expect(firstProblem(deep)?.path).toBe("(root)");
    expect(firstProblem({ ...minimal, lore: [deep] })?.path).toBe("lore[0]");
    expect(readCharacter({ ...minimal, extra: deep })).toHaveProperty("character");
  });

  it("may name fields after members of Object.prototype", () => {
    const json: unknown = JSON.parse('{"name":"A","personality":"B","__proto__":{"bio":1},"constructor":1}');
    expect(readCharacter(json)).toMatchObject({ character: { name: "A", bio: "" } });
    expect(findUnknownFields(json).map(({ path }) => path)).toEqual(["__proto__", "constructor"]);
  });
});
