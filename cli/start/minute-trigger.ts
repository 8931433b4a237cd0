const MINUTE_MS = 60_000;

/** The clock that it goes by; the machine's own, unless it is a test's. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back after `ms` milliseconds, or a little earlier, as timers do. */
  after(ms: number, call: () => void): void;
}

const machine: Clock = {
  now: Date.now,
  // It keeps no process from ending.
  after: (ms, call) => void setTimeout(call, ms).unref(),
};

/** Calls `fire` at each full minute (Unix milliseconds), once; minutes that a sleeping machine has missed are left out. */
export function everyMinute(fire: (time: number) => void, clock: Clock = machine): void {
  let last = Math.floor(clock.now() / MINUTE_MS);
  const wait = () => {
    const now = clock.now();
    const minute = Math.floor(now / MINUTE_MS);
    if (minute > last) {
      last = minute;
      fire(minute * MINUTE_MS);
    }
    clock.after((minute + 1) * MINUTE_MS - now, wait);
  };
  wait();
}
