import { afterEach, describe, expect, it, vi } from "vitest";
import { withDeadline } from "../../../shared/time/deadline.ts";

afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<never>(() => {});

describe("waiting with a deadline", () => {
  it("gives what the work gives, and leaves no timer behind", async () => {
    vi.useFakeTimers();
    expect(await withDeadline(Promise.resolve(7), 1_000)).toBe(7);
    await expect(withDeadline(Promise.reject(new Error("broken")), 1_000)).rejects.toThrow("broken");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends at the deadline", async () => {
    vi.useFakeTimers();
    const waiting = expect(withDeadline(never(), 1_000)).rejects.toMatchObject({ name: "DeadlineError" });
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
  });

  it("ends with the signal's reason, before the work or in the middle of it", async () => {
    const stop = new AbortController();
    const waiting = withDeadline(never(), 1_000, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(withDeadline(never(), 1_000, stop.signal)).rejects.toThrow("stopped");
  });
});
