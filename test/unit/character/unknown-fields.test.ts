import { describe, expect, it } from "vitest";
import { findUnknownFields } from "../../../shared/character/unknown-fields.ts";
import conductorE from "../../support/characters/conductor-e.json" with { type: "json" };
import everyField from "../../support/characters/every-field.json" with { type: "json" };

const found = (json: unknown) => findUnknownFields(json).map(({ path, nearest }) => [path, nearest]);

describe("unknown fields", () => {
  it("are none in a file that uses every field", () => {
    expect(found(everyField)).toEqual([]);
  });

  it("are found with the name that was probably meant", () => {
    expect(
      found({
        personalty: "x",
        llm: { max_tokens: 1, Temperature: 1, providers: { openai: {}, anthropic: { modle: "x" } } },
        tools: [{ url: "x", endpoints: [{ methode: "GET" }] }],
        cron: [{ promt: "x" }],
      }),
    ).toEqual([
      ["personalty", "personality"],
      ["llm.max_tokens", "maxTokens"],
      ["llm.Temperature", "temperature"],
      ["llm.providers.openai", "openai-api"],
      ["llm.providers.anthropic.modle", "model"],
      ["tools[0].endpoints[0].methode", "method"],
      ["cron[0].promt", "prompt"],
    ]);
  });

  it("have no suggestion when nothing is close", () => {
    expect(found(conductorE)).toEqual([["persona", undefined]]);
  });

  it("are not the names an author chooses", () => {
    expect(
      found({
        mcpServers: { anything: { env: { ANYTHING: "x" } } },
        webhooks: { anything: {} },
        tools: [{ url: "x", headers: { "X-Anything": "x" } }],
      }),
    ).toEqual([]);
  });

  it("are judged in a scheduled prompt whether it stands alone or in a list", () => {
    expect(found({ cron: { enabled: true } })).toEqual([["cron.enabled", undefined]]);
    expect(found({ cron: [{ enabled: true }] })).toEqual([["cron[0].enabled", undefined]]);
  });
});
