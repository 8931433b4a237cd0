/** What a model can take in. What it costs stands in prices.ts. */

/** How much a model reads, and whether it sees images. */
export interface ModelTraits {
  /** Tokens of one call, prompt and answer together. */
  contextWindow: number;
  seesImages: boolean;
}

/** A name that no family claims, as on a server of one's own: small enough for most of them. */
const UNKNOWN: ModelTraits = { contextWindow: 32_000, seesImages: false };

/**
 * Families by the beginning of their names; the first that fits holds. Windows are what the vendors' model pages say, or
 * the most they accept as input where that is less (checked 2026-11-21).
 */
const FAMILIES: readonly (readonly [name: RegExp, traits: ModelTraits])[] = [
  [/^claude-(fable|mythos|opus|sonnet)-[5-9]/, { contextWindow: 1_000_000, seesImages: true }],
  [/^claude-(opus-4-[6-9]|sonnet-4-6)/, { contextWindow: 1_000_000, seesImages: true }],
  [/^claude-/, { contextWindow: 200_000, seesImages: true }],
  [/^gpt-5\.\d+-(mini|nano)/, { contextWindow: 272_000, seesImages: true }],
  [/^gpt-(5\.[4-9]|[6-9])/, { contextWindow: 922_000, seesImages: true }],
  [/^gpt-5/, { contextWindow: 272_000, seesImages: true }],
  [/^gpt-4\.1/, { contextWindow: 1_000_000, seesImages: true }],
  [/^(gpt-4o|gpt-4-turbo|chatgpt-)/, { contextWindow: 128_000, seesImages: true }],
  [/^gpt-(3\.5|4)(-|$)/, { contextWindow: 8_000, seesImages: false }],
  [/^(o1|o3|o4-mini)(?!-mini)/, { contextWindow: 200_000, seesImages: true }],
];

/**
 * Traits of a model by its name, snapshots included.
 *
 * @example modelTraits("claude-haiku-4-5-20251001").contextWindow // 200000
 */
export function modelTraits(model: string): ModelTraits {
  return FAMILIES.find(([name]) => name.test(model))?.[1] ?? UNKNOWN;
}
