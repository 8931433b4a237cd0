/**
 * List prices of the models, for what a turn costs and for spend ceilings. Standard tier, no batch or regional rates.
 */
import type { TokenUsage } from "./provider.ts";

/** Day on which {@link PRICES} was last checked. */
export const PRICES_AS_OF = "2026-11-10";

/** Where the prices stand: the vendors' own pricing pages and model pages. */
export const PRICE_SOURCES = [
  "Claude Platform docs, “Pricing” and the model overviews (platform.claude.com)",
  "OpenAI API docs, “Pricing” and the model pages (developers.openai.com)",
] as const;

/** US dollars per million tokens. */
interface Rates {
  input: number;
  output: number;
  cacheRead: number;
  /** Writing to the cache with the vendor's shortest lifetime (5 minutes at Anthropic, 30 at OpenAI). */
  cacheWrite: number;
}

interface Price extends Rates {
  /** Rates of the whole call when its prompt, cached tokens included, is longer than `above` tokens. */
  longPrompt?: Rates & { above: number };
}

/** Anthropic charges 1.25 times the input rate for a cache write. */
function claude(input: number, output: number, cacheRead: number): Price {
  return { input, output, cacheRead, cacheWrite: input * 1.25 };
}

/** OpenAI before GPT-5.6: cache writes are ordinary input. */
function openai(input: number, output: number, cacheRead: number): Price {
  return { input, output, cacheRead, cacheWrite: input };
}

/** OpenAI's models with a window of a million tokens: above 272,000, input costs double and output half as much again. */
function openaiLong(price: Price): Price {
  const { input, output, cacheRead, cacheWrite } = price;
  const longPrompt = {
    input: input * 2,
    output: output * 1.5,
    cacheRead: cacheRead * 2,
    cacheWrite: cacheWrite * 2,
  };
  return { ...price, longPrompt: { above: 272_000, ...longPrompt } };
}

/** OpenAI from GPT-5.6 on: cache writes cost 1.25 times the input rate. */
function openaiCacheWrite(input: number, output: number, cacheRead: number): Price {
  return openaiLong({ input, output, cacheRead, cacheWrite: input * 1.25 });
}

/** By model id, without the date of a snapshot. A model that is not listed has no price here, not its neighbour's. */
const PRICES: ReadonlyMap<string, Price> = new Map(
  Object.entries<Price>({
    "claude-fable-5-2": claude(8, 40, 0.2),
    "claude-fable-5-1": claude(10, 50, 0.25),
    "claude-fable-5": claude(10, 50, 1),
    "claude-mythos-5-1": claude(10, 50, 0.25),
    "claude-mythos-5": claude(10, 50, 1),
    "claude-opus-5-5": claude(4, 20, 0.2),
    "claude-opus-5": claude(5, 25, 0.5),
    "claude-opus-4-8": claude(5, 25, 0.5),
    "claude-opus-4-7": claude(5, 25, 0.5),
    "claude-opus-4-6": claude(5, 25, 0.5),
    "claude-opus-4-5": claude(5, 25, 0.5),
    "claude-sonnet-5-5": claude(2, 10, 0.1),
    "claude-sonnet-5": claude(2, 10, 0.2),
    "claude-sonnet-4-6": claude(3, 15, 0.3),
    "claude-sonnet-4-5": claude(3, 15, 0.3),
    "claude-haiku-5-5": {
      ...claude(0.1, 0.5, 0.01),
      longPrompt: { above: 100_000, ...claude(0.5, 2.5, 0.05) },
    },
    "claude-haiku-4-5": claude(1, 5, 0.1),
    "gpt-6-astra": openaiCacheWrite(10, 50, 1),
    "gpt-6.1-sol": openaiCacheWrite(2, 10, 0.1),
    "gpt-6.1-terra": openaiCacheWrite(1, 5, 0.05),
    "gpt-6-sol": openaiCacheWrite(2, 10, 0.2),
    "gpt-6-luna": openaiCacheWrite(0.1, 0.5, 0.01),
    "gpt-5.6-sol": openaiCacheWrite(4, 20, 0.4),
    "gpt-5.6-terra": openaiCacheWrite(2, 12, 0.2),
    "gpt-5.6-luna": openaiCacheWrite(0.2, 1.2, 0.02),
    "gpt-5.5": openaiLong(openai(5, 30, 0.5)),
    "gpt-5.4": openaiLong(openai(2.5, 15, 0.25)),
    "gpt-5.4-mini": openai(0.75, 4.5, 0.075),
    "gpt-5.4-nano": openai(0.2, 1.25, 0.02),
    "gpt-5.2": openai(1.75, 14, 0.175),
    "gpt-5.1": openai(1.25, 10, 0.125),
    "gpt-5-mini": openai(0.25, 2, 0.025),
    "gpt-4.1": openai(2, 8, 0.5),
    "gpt-4.1-mini": openai(0.4, 1.6, 0.1),
    "gpt-4.1-nano": openai(0.1, 0.4, 0.025),
    // The one snapshot with a price of its own; it has no cache discount.
    "gpt-4o-2024-05-13": openai(5, 15, 5),
    "gpt-4o": openai(2.5, 10, 1.25),
    "gpt-4o-mini": openai(0.15, 0.6, 0.075),
    demo: openai(0, 0, 0),
  }),
);

/** Taken for a model without a known price where a ceiling must be kept: the dearest rates of the list. */
const ASSUMED_PRICE: Price = claude(10, 50, 5);

/** English has about four characters to a token, most other languages have fewer. */
const CHARACTERS_PER_TOKEN = 3;

/** Date of a snapshot: `-20251001` (Anthropic) or `-2026-04-23` (OpenAI). */
const SNAPSHOT_DATE = /-(\d{8}|\d{4}-\d{2}-\d{2})$/;

/**
 * What one model call costs, in US dollars, by {@link PRICES_AS_OF}'s list prices; `null` when the model's price is not
 * known. `usage` must be of a single call: some models charge more for a long prompt.
 *
 * @example priceUsd("gpt-5.5-2026-04-23", usage) // as gpt-5.5
 */
export function priceUsd(model: string, usage: TokenUsage): number | null {
  const price = priceOf(model);
  return price === undefined ? null : costOf(price, usage);
}

/** {@link priceUsd}, with {@link ASSUMED_PRICE} for a model whose price is not known. */
export function assumedPriceUsd(model: string, usage: TokenUsage): number {
  return costOf(priceOf(model) ?? ASSUMED_PRICE, usage);
}

/** Whether a model costs nothing, whatever it is asked. */
export function isFree(model: string): boolean {
  const price = priceOf(model);
  return price !== undefined && price.input === 0 && price.output === 0;
}

/**
 * What a call may cost at most, in US dollars: its whole prompt written to the cache and an answer of full length.
 *
 * @param promptCharacters length of everything the model is sent, in UTF-16 code units.
 * @param maxTokens upper bound of output tokens.
 */
export function estimateUsd(model: string, promptCharacters: number, maxTokens: number): number {
  const cacheWriteTokens = Math.ceil(promptCharacters / CHARACTERS_PER_TOKEN);
  return assumedPriceUsd(model, {
    inputTokens: 0,
    outputTokens: maxTokens,
    cacheReadTokens: 0,
    cacheWriteTokens,
  });
}

function priceOf(model: string): Price | undefined {
  return PRICES.get(model) ?? PRICES.get(model.replace(SNAPSHOT_DATE, ""));
}

function costOf(price: Price, usage: TokenUsage): number {
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const rates = price.longPrompt !== undefined && prompt > price.longPrompt.above ? price.longPrompt : price;
  return (
    (usage.inputTokens * rates.input +
      usage.outputTokens * rates.output +
      usage.cacheReadTokens * rates.cacheRead +
      usage.cacheWriteTokens * rates.cacheWrite) /
    1_000_000
  );
}
