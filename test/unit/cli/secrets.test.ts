import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missingSecrets, neededSecrets } from "../../../cli/deploy/needed-secrets.ts";
import { type CollectInput, collectSecrets, withSecretsFile } from "../../../cli/deploy/secrets.ts";
import { settingsFrom } from "../../../cli/settings.ts";
import { defineAgents } from "../../../shared/character/registry.ts";

const character = (more: object = {}) => ({
  name: "X",
  personality: "plain",
  tools: [],
  ...more,
});

const agents = defineAgents({
  "dev-e": character({ llm: { provider: "anthropic" } }),
  free: character(),
  tooled: character({
    llm: { provider: "demo" },
    discord: { channels: ["#tools"] },
    tools: [{ url: "env:API_URL", headers: { authorization: "Bearer env:API_KEY" } }],
  }),
});

const needed = neededSecrets(agents);
const names = (secrets: readonly { name: string }[]) => secrets.map(({ name }) => name);

function collect(input: Partial<CollectInput>): { values: Promise<Record<string, string>>; said: string[] } {
  const said: string[] = [];
  const values = collectSecrets({
    needed,
    present: [],
    environment: {},
    ask: null,
    makeAdminToken: async () => "made",
    say: (line) => said.push(line),
    ...input,
  });
  return { values, said };
}

describe("what a deployment needs", () => {
  it("is the admin token and the keys that characters name; what they refer to, what has a stand-in, and Discord are optional", () => {
    expect(needed.map(({ name, variables, optional }) => [name, variables, optional])).toEqual([
      ["ADMIN_TOKEN", ["ADMIN_TOKEN"], false],
      ["ANTHROPIC_API_KEY", ["DEV_E__ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"], false],
      ["ANTHROPIC_API_KEY", ["FREE__ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"], true],
      ["DISCORD_BOT_TOKEN", ["TOOLED__DISCORD_BOT_TOKEN", "DISCORD_BOT_TOKEN"], true],
      ["DISCORD_PUBLIC_KEY", ["TOOLED__DISCORD_PUBLIC_KEY", "DISCORD_PUBLIC_KEY"], true],
      ["BRIDGE_SECRET", ["TOOLED__BRIDGE_SECRET", "BRIDGE_SECRET"], true],
      ["API_KEY", ["TOOLED__API_KEY", "API_KEY"], true],
      ["API_URL", ["TOOLED__API_URL", "API_URL"], true],
    ]);
  });

  it("asks for one name once, as required as its strictest use", () => {
    const missing = missingSecrets(needed, () => false);
    expect(names(missing)).toEqual([
      "ADMIN_TOKEN",
      "ANTHROPIC_API_KEY",
      "DISCORD_BOT_TOKEN",
      "DISCORD_PUBLIC_KEY",
      "BRIDGE_SECRET",
      "API_KEY",
      "API_URL",
    ]);
    expect(missing[1]).toMatchObject({ optional: false, purpose: expect.stringContaining("free") });
  });

  it("has an agent's need met by its own variable, and nobody else's", () => {
    const missing = missingSecrets(needed, (variable) => variable === "DEV_E__ANTHROPIC_API_KEY");
    expect(missing[1]).toMatchObject({ name: "ANTHROPIC_API_KEY", optional: true });
  });
});

describe("an agent of a rig", () => {
  const named = (sections: object) =>
    neededSecrets(defineAgents({ worker: { name: "W", personality: "You work.", tools: [], ...sections } }));
  const redis = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"];

  it.each([
    ["takes its issues from there", { assignments: { source: "redis" } }, true],
    ["shares a lock there", { discord: { channels: ["#a"], sharedLock: "lock:{messageId}" } }, true],
    ["takes its issues from a conductor", { assignments: {} }, false],
  ])("that %s has to have the Redis only if it needs it", (_, sections, isNeeded) => {
    const required = named(sections).filter(({ name, optional }) => redis.includes(name) && !optional);
    expect(required.map(({ name }) => name)).toEqual(isNeeded ? redis : []);
  });
});

describe("collecting secrets", () => {
  it("takes from the environment what is needed, and nothing else that lies there", async () => {
    const environment = { ADMIN_TOKEN: "a", ANTHROPIC_API_KEY: "k", GITHUB_TOKEN: "of the CI", API_URL: "" };
    const { values, said } = collect({ environment });
    expect(await values).toEqual({ ADMIN_TOKEN: "a", ANTHROPIC_API_KEY: "k" });
    expect(said).toContain("ANTHROPIC_API_KEY is taken from the environment");
  });

  it("never uploads again what the Worker has", async () => {
    const environment = { ADMIN_TOKEN: "another", ANTHROPIC_API_KEY: "k" };
    const { values } = collect({ present: ["ADMIN_TOKEN", "ANTHROPIC_API_KEY"], environment });
    expect(await values).toEqual({});
  });

  it("asks a person for what is missing, makes an admin token on Enter, and skips what is optional", async () => {
    const questions: string[] = [];
    const { values, said } = collect({
      ask: async (question) => {
        questions.push(question);
        return question.includes("ANTHROPIC") ? "typed" : "";
      },
    });
    expect(await values).toEqual({ ADMIN_TOKEN: "made", ANTHROPIC_API_KEY: "typed" });
    expect(questions).toHaveLength(7);
    expect(said.filter((line) => line.includes("is skipped"))).toHaveLength(5);
  });

  it("stops when a person gives no value for what is required", async () => {
    const { values } = collect({ ask: async () => "" });
    await expect(values).rejects.toMatchObject({
      code: "secrets",
      message: expect.stringContaining("ANTHROPIC_API_KEY"),
    });
  });

  it("stops where nobody can be asked, with the command for each required one", async () => {
    const { values } = collect({});
    await expect(values).rejects.toThrow(/secret put ADMIN_TOKEN[\s\S]*secret put ANTHROPIC_API_KEY/);
    await expect(values).rejects.not.toThrow(/API_URL/);
  });
});

describe("a secrets file", () => {
  it("is readable by this user alone and gone afterwards, also after a failure", async () => {
    let seen = "";
    const used = withSecretsFile({ ADMIN_TOKEN: "a" }, async (file) => {
      seen = file;
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ ADMIN_TOKEN: "a" });
      throw new Error("upload failed");
    });
    await expect(used).rejects.toThrow("upload failed");
    expect(seen).not.toBe("");
    expect(existsSync(seen)).toBe(false);
  });
});

describe("settings of a local run", () => {
  it("are the known names, an agent's own, and what characters refer to", () => {
    const environment = {
      ANTHROPIC_API_KEY: "shared",
      DEV_E__ANTHROPIC_API_KEY: "own",
      TOOLED__API_URL: "http://own",
      API_KEY: "k",
      FREE__API_KEY: "that character refers to no such thing",
      OPENAI_API_KEY: "",
      PATH: "/bin",
    };
    expect(settingsFrom(environment, agents)).toEqual({
      ANTHROPIC_API_KEY: "shared",
      DEV_E__ANTHROPIC_API_KEY: "own",
      TOOLED__API_URL: "http://own",
      API_KEY: "k",
    });
  });
});
