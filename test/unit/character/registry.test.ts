import { describe, expect, it } from "vitest";
import { agents } from "../../../agents/index.ts";
import { CharacterError, defineAgents, isAgentId } from "../../../shared/character/registry.ts";
import minimal from "../../support/characters/minimal.json" with { type: "json" };

describe("the registry", () => {
  it("holds every agent of this repository, and each loads", () => {
    expect(agents.ids).toEqual(["example-e", "assistant"]);
    for (const id of agents.ids) expect(agents.get(id)?.character.name).not.toBe("");
  });

  it("gives an agent with its id, read once", () => {
    const registry = defineAgents({ "dev-e": minimal });
    expect(registry.get("dev-e")).toMatchObject({ id: "dev-e", character: { name: "Minimal" } });
    expect(registry.get("dev-e")).toBe(registry.get("dev-e"));
  });

  it("knows nobody else, whatever JavaScript thinks of the name", () => {
    const registry = defineAgents({ "dev-e": minimal });
    for (const id of ["qa-e", "", "constructor", "__proto__", "toString"]) {
      expect(registry.get(id)).toBeUndefined();
    }
  });

  it("serves the other agents when one is broken, and says what is wrong with that one", () => {
    const registry = defineAgents({
      good: minimal,
      "bad-e": { name: "Bad", personality: "x", tools: [{ url: 7 }], lore: "x" },
    });
    expect(registry.get("good")?.character.name).toBe("Minimal");
    const failure = captured(() => registry.get("bad-e"));
    expect(failure).toMatchObject({ name: "CharacterError", code: "invalid_character", agent: "bad-e" });
    expect(failure.problems.map(({ path }) => path)).toEqual(["lore", "tools[0].url"]);
    expect(failure.message).toBe(
      [
        'agents/bad-e/character.json: lore: found "x", expected a list',
        "agents/bad-e/character.json: tools[0].url: found a number, expected a text",
      ].join("\n"),
    );
  });

  it("refuses an id that cannot be a folder, a URL segment and a secret's prefix", () => {
    expect(captured(() => defineAgents({ Dev_E: minimal }))).toMatchObject({
      code: "invalid_agent_id",
      agent: "Dev_E",
    });
  });
});

describe("an agent's id", () => {
  it.each(["a", "dev-e", "conductor-e2", "x".repeat(64)])("may be %s", (id) => {
    expect(isAgentId(id)).toBe(true);
  });

  it.each([
    "",
    "Dev-E",
    "dev_e",
    "dev--e",
    "-dev",
    "dev-",
    "2dev",
    "dev e",
    "dév",
    "dev-e\n",
    "x".repeat(65),
  ])("may not be %j", (id) => {
    expect(isAgentId(id)).toBe(false);
  });
});

function captured(action: () => unknown): CharacterError {
  try {
    action();
  } catch (error) {
    if (error instanceof CharacterError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
