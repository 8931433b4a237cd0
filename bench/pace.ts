import { setTimeout as delay } from "node:timers/promises";

export interface Rate {
  perSecond: number;
  seconds: number;
}

/** Calls `send` at an even pace, in bursts where a timer is too coarse. */
export async function atPace({ perSecond, seconds }: Rate, send: (n: number) => void): Promise<void> {
  const start = performance.now();
  const count = perSecond * seconds;
  for (let n = 0; n < count; ) {
    for (; n < count && (n / perSecond) * 1_000 <= performance.now() - start; n++) send(n);
    await delay(1);
  }
}
