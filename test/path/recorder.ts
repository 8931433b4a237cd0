/**
 * Notes down which functions run, who called them and where they reach out of their program. Runs inside the gateway's Node
 * and inside workerd; code that {@link instrument} has been through calls it by the name {@link RECORDER}.
 *
 * Who called whom follows the work, not the clock: a function that is called after an `await`, from a timer or from a
 * promise's reaction has the caller that a reader of the source would name.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** The global that instrumented code calls. */
export const RECORDER = "__trace";

/**
 * Where a message leaves one room for another: `socket` is a WebSocket's frame, `http` a request to the Worker, `object` a
 * call of a Durable Object, `fetch` a request to anybody else, `sql` a statement in an object's database, `d1` one in D1.
 */
export type Border = "socket" | "http" | "object" | "fetch" | "sql" | "d1";

/** `frame` and `parent` are calls, numbered within one program; `parent` is `null` where nobody of this program called. */
export type TraceEntry =
  | { type: "call"; frame: number; parent: number | null; fn: number }
  | { type: "enter"; frame: number; border: Border; data: string }
  | { type: "cross"; parent: number | null; border: Border; data: string };

const frames = new AsyncLocalStorage<number>();
const entries: TraceEntry[] = [];
let lastFrame = 0;
let open = 0;

/** What has been noted down so far, in order. */
export function recorded(): readonly TraceEntry[] {
  return entries;
}

/** The program is about to hand `data` over to somebody else. */
export function cross(border: Border, data: string): void {
  entries.push({ type: "cross", parent: frames.getStore() ?? null, border, data });
}

/** Somebody else hands `data` over to the program, which `body` takes. */
export function enter<T>(border: Border, data: string, body: () => T): T {
  const frame = ++lastFrame;
  entries.push({ type: "enter", frame, border, data });
  open++;
  const left = () => {
    open--;
  };
  let result: T;
  try {
    result = frames.run(frame, body);
  } catch (error) {
    left();
    throw error;
  }
  Promise.resolve(result).then(left, left);
  return result;
}

/** Whether this is part of something that was entered. */
export function isInside(): boolean {
  return frames.getStore() !== undefined;
}

/** Whether all that was entered has been answered. */
export function isAnswered(): boolean {
  return open === 0;
}

function begin(fn: number): number {
  const frame = ++lastFrame;
  entries.push({ type: "call", frame, parent: frames.getStore() ?? null, fn });
  return frame;
}

const recorder = {
  call: <T>(fn: number, body: () => T): T => frames.run(begin(fn), body),
  /** A generator's body runs for whoever asks for the next value, on behalf of the generator. */
  generate(fn: number, inner: Generator | AsyncGenerator) {
    const frame = begin(fn);
    const outer = {
      next: (value: unknown) => frames.run(frame, () => inner.next(value)),
      return: (value: unknown) => frames.run(frame, () => inner.return(value)),
      throw: (error: unknown) => frames.run(frame, () => inner.throw(error)),
      [Symbol.iterator]: () => outer,
      [Symbol.asyncIterator]: () => outer,
    };
    return outer;
  },
};

Object.assign(globalThis, { [RECORDER]: recorder });
