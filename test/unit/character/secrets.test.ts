import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCharacter } from "../../../shared/character/problems.ts";
import {
  referencedSecrets,
  resolveEnvReferences,
  secretNames,
  secretReader,
} from "../../../shared/character/secrets.ts";
import everyField from "../../support/characters/every-field.json" with { type: "json" };
import minimal from "../../support/characters/minimal.json" with { type: "json" };

describe("an agent's secret", () => {
  it("has a name of its own and a shared one", () => {
    expect(secretNames("dev-e", "ANTHROPIC_API_KEY")).toEqual([
      "DEV_E__ANTHROPIC_API_KEY",
      "ANTHROPIC_API_KEY",
    ]);
  });

  it("is the agent's own before the shared one, and never another agent's", () => {
    const env = { DEV_E__KEY: "own", KEY: "shared", QA_E__OTHER: "hers" };
    expect(secretReader(env, "dev-e")("KEY")).toBe("own");
    expect(secretReader(env, "qa-e")("KEY")).toBe("shared");
    expect(secretReader(env, "dev-e")("OTHER")).toBeUndefined();
  });

  it("is missing when it is empty, so an empty own value gives way to the shared one", () => {
    expect(secretReader({ DEV_E__KEY: "", KEY: "shared" }, "dev-e")("KEY")).toBe("shared");
    expect(secretReader({ DEV_E__KEY: "", KEY: "" }, "dev-e")("KEY")).toBeUndefined();
  });

  it("is text: a binding of the same name is none", () => {
    expect(secretReader({ KEY: { fetch: () => {} }, DEV_E__KEY: 7 }, "dev-e")("KEY")).toBeUndefined();
    expect(secretReader({}, "dev-e")("constructor")).toBeUndefined();
  });
});

describe("a reference to a secret", () => {
  const secret = secretReader({ TOKEN: "t0ken", HOST: "api.example.com", TRICKY: "$& env:TOKEN" }, "dev-e");

  it("is replaced, alone or inside a value", () => {
    expect(resolveEnvReferences("env:TOKEN", secret)).toEqual({ value: "t0ken" });
    expect(resolveEnvReferences("Bearer env:TOKEN", secret)).toEqual({ value: "Bearer t0ken" });
    expect(resolveEnvReferences("https://env:HOST/v1?key=env:TOKEN", secret)).toEqual({
      value: "https://api.example.com/v1?key=t0ken",
    });
  });

  it("leaves text without references alone", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("env:"));
        expect(resolveEnvReferences(text, secret)).toEqual({ value: text });
      }),
    );
    expect(resolveEnvReferences("myenv:TOKEN env: env:9", secret)).toEqual({
      value: "myenv:TOKEN env: env:9",
    });
  });

  it("gives no value at all while one secret is missing, and names each missing one once", () => {
    expect(resolveEnvReferences("env:TOKEN env:LOST env:GONE env:LOST", secret)).toEqual({
      missing: ["LOST", "GONE"],
    });
  });

  it("is not looked for inside a secret, nor is the secret read as a pattern", () => {
    expect(resolveEnvReferences("x env:TRICKY", secret)).toEqual({ value: "x $& env:TOKEN" });
  });
});

describe("the secrets of a character", () => {
  const secretsOf = (json: unknown) => {
    const reading = readCharacter(json);
    return "character" in reading ? referencedSecrets(reading.character) : reading.problems;
  };

  it("are those of tools, MCP servers, webhooks, cron and heartbeat, each once, sorted", () => {
    expect(secretsOf(everyField)).toEqual([
      "ARCHIVE_TOKEN",
      "CONDUCTOR_BASE_URL",
      "DISCORD_WEBHOOK_URL",
      "GITHUB_TOKEN",
      "GITHUB_WEBHOOK_SECRET",
      "SEARCH_TOKEN",
    ]);
  });

  it("are not in prose", () => {
    expect(secretsOf({ ...minimal, personality: "Say env:PERSONALITY.", lore: ["env:LORE"] })).toEqual([]);
  });
});
