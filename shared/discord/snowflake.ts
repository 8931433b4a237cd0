/** Discord's ids: 64-bit numbers that grow with time, written as text (Discord, "Snowflakes"). */

/** 2015-01-01T00:00:00Z, where Discord's time begins, in Unix milliseconds. */
const DISCORD_EPOCH = 1_420_070_400_000n;

/** When an id was made, in Unix milliseconds. @throws SyntaxError for a text that is no number. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + DISCORD_EPOCH);
}

/**
 * The smallest id that can be made at a time; everything made earlier is smaller.
 *
 * @param time Unix milliseconds; before Discord's time it is `"0"`.
 */
export function snowflakeAt(time: number): string {
  const since = BigInt(Math.floor(time)) - DISCORD_EPOCH;
  return String((since < 0n ? 0n : since) << 22n);
}

/** Orders ids by age, oldest first; as numbers, since a text of more digits may be alphabetically smaller. */
export function compareSnowflakes(a: string, b: string): number {
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The youngest of some ids; `"0"` for none. */
export function newestSnowflake(...ids: readonly (string | null | undefined)[]): string {
  return ids.reduce<string>((newest, id) => (id && compareSnowflakes(id, newest) > 0 ? id : newest), "0");
}
