/** Discord's ids ("Snowflakes" in its API reference): a time, and a count that keeps them apart. */

/** The first millisecond of 2015. */
const DISCORD_EPOCH = 1_420_070_400_000;

/** Makes ids that rise, whatever the clock does. */
export function snowflakes(now: () => number): () => string {
  let last = 0n;
  return () => {
    const fromClock = BigInt(Math.trunc(now()) - DISCORD_EPOCH) << 22n;
    last = fromClock > last ? fromClock : last + 1n;
    return last.toString();
  };
}

/** When an id was made, in milliseconds since 1970. */
export function timestampOf(id: string): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH;
}

/** Orders ids as Discord does: by number, which is by time. */
export function compareSnowflakes(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
