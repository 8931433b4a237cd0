import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_ANTHROPIC_MODEL } from "../../../shared/llm/anthropic.ts";
import { DEFAULT_OPENAI_MODEL } from "../../../shared/llm/openai.ts";
import { assumedPriceUsd, estimateUsd, isFree, PRICES_AS_OF, priceUsd } from "../../../shared/llm/prices.ts";

const million = 1_000_000;
const usage = (inputTokens: number, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
});

describe("priceUsd", () => {
  it.each([
    ["claude-sonnet-5-5", usage(million), 2],
    ["claude-sonnet-5-5", usage(0, million), 10],
    ["claude-sonnet-5-5", usage(0, 0, million), 0.1],
    ["claude-sonnet-5-5", usage(0, 0, 0, million), 2.5],
    ["claude-haiku-4-5-20251001", usage(million, million), 6],
    ["gpt-5.5-2026-04-23", usage(100_000, 10_000), 0.8],
    ["gpt-4o-2024-05-13", usage(million), 5],
    ["gpt-4o-2024-11-20", usage(million), 2.5],
    ["gpt-5.4-mini", usage(100_000, 10_000), 0.12],
    ["gpt-6.1-terra", usage(100_000, 10_000), 0.15],
  ])("prices %s", (model, tokens, usd) => {
    expect(priceUsd(model, tokens)).toBeCloseTo(usd, 10);
  });

  it.each([
    "gpt-5.4-micro",
    "gpt-5.4-pro",
    "gpt-5.5-pro",
    "claude-sonnet-5-6",
    "claude-sonnet",
    "toString",
    "",
    "gpt-4o-audio-preview-2025-06-03",
  ])("has no price for %s, whatever its neighbours cost", (model) => {
    expect(priceUsd(model, usage(1_000))).toBeNull();
  });

  it("prices a long prompt by its own rates, cached tokens counted in", () => {
    expect(priceUsd("claude-haiku-5-5", usage(100_000, 1_000))).toBeCloseTo(0.0105, 10);
    expect(priceUsd("claude-haiku-5-5", usage(50_000, 1_000, 50_001))).toBeCloseTo(0.03000005, 10);
    expect(priceUsd("gpt-5.5", usage(300_000, 1_000))).toBeCloseTo(3.045, 10);
  });

  it("costs nothing to try the demo", () => {
    expect(priceUsd("demo", usage(5_000, 5_000))).toBe(0);
  });

  it("knows what the default models cost", () => {
    for (const model of [DEFAULT_ANTHROPIC_MODEL, DEFAULT_OPENAI_MODEL])
      expect(priceUsd(model, usage(1))).toBeGreaterThan(0);
  });

  it("never gets cheaper with more tokens", () => {
    const model = fc.constantFrom("claude-haiku-5-5", "gpt-5.6-luna", "claude-opus-5-5");
    fc.assert(
      fc.property(
        model,
        fc.nat(500_000),
        fc.nat(500_000),
        fc.nat(500_000),
        fc.nat(9_999),
        (name, input, read, output, more) => {
          const before = priceUsd(name, usage(input, output, read)) ?? Number.NaN;
          expect(priceUsd(name, usage(input + more, output, read))).toBeGreaterThanOrEqual(before);
          expect(priceUsd(name, usage(input, output + more, read))).toBeGreaterThanOrEqual(before);
        },
      ),
    );
  });

  it("says from which day its prices are", () => {
    expect(new Date(PRICES_AS_OF).toISOString()).toContain(PRICES_AS_OF);
  });
});

describe("an estimate", () => {
  it.each(["claude-sonnet-5-5", "gpt-5.5", "claude-haiku-5-5", "a-model-of-my-own"])(
    "is never less than what the call costs: %s",
    (model) => {
      fc.assert(
        fc.property(fc.nat(900_000), fc.nat(8192), fc.nat(8192), (characters, output, maxTokens) => {
          const input = Math.floor(characters / 4);
          const cost = assumedPriceUsd(model, usage(input, Math.min(output, maxTokens)));
          expect(estimateUsd(model, characters, maxTokens)).toBeGreaterThanOrEqual(cost);
        }),
      );
    },
  );

  it("of an unlisted model is made as if it were a dear one", () => {
    expect(estimateUsd("a-model-of-my-own", 0, 1000)).toBe(0.05);
    expect(priceUsd("a-model-of-my-own", usage(1))).toBeNull();
  });

  it("is nothing for the demo, the one model that is free", () => {
    expect(estimateUsd("demo", 1_000_000, 4096)).toBe(0);
    expect(["demo", "claude-haiku-5-5", "a-model-of-my-own"].map(isFree)).toEqual([true, false, false]);
  });
});
