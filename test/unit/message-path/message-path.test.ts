/** Which files a message is said to pass, from traces that are written by hand. */
import { describe, expect, it } from "vitest";
import type { TracedFunction } from "../../path/instrument.ts";
import { followMessage, type Program, undocumented } from "../../path/message-path.ts";
import type { Border, TraceEntry } from "../../path/recorder.ts";

const message = { id: "7", text: "hello?", answer: "hello!" };
const dispatch = JSON.stringify({ op: 0, s: 3, t: "MESSAGE_CREATE", d: { id: "7", content: "hello?" } });
const batch = JSON.stringify({ events: [{ id: "7", content: "hello?" }] });
const post = JSON.stringify({ content: "hello!" });

const enter = (frame: number, border: Border, data: string): TraceEntry => ({
  type: "enter",
  frame,
  border,
  data,
});
const cross = (parent: number | null, border: Border, data: string): TraceEntry => ({
  type: "cross",
  parent,
  border,
  data,
});

/** @param calls frame, its caller, and its function's file; or what has come in or left. */
function program(...calls: readonly (TraceEntry | [number, number | null, string])[]): Program {
  const functions: TracedFunction[] = [];
  const entries = calls.map((call): TraceEntry => {
    if (!Array.isArray(call)) return call;
    const [frame, parent, file] = call;
    return { type: "call", frame, parent, fn: functions.push({ file, name: `of ${file}` }) - 1 };
  });
  return { functions, entries };
}

const gateway = program(
  [1, null, "main"],
  enter(2, "socket", JSON.stringify({ op: 0, s: 2, t: "MESSAGE_CREATE", d: { id: "6" } })),
  [3, 2, "not for this message"],
  enter(4, "socket", dispatch),
  [5, 4, "shard"],
  [6, 5, "rule"],
  [7, 5, "sender"],
  cross(1, "http", batch),
  cross(7, "http", batch),
  [8, 7, "after it has left"],
);

const worker = program(
  enter(1, "http", "another batch"),
  [2, 1, "not for this message"],
  enter(3, "http", batch),
  [4, 3, "route"],
  [5, 4, "schema"],
  [6, 5, "field"],
  cross(4, "object", 'accept ["7"]'),
  cross(2, "object", 'accept ["6"]'),
  enter(7, "object", 'accept ["6"]'),
  [8, 7, "not for this message"],
  enter(9, "object", 'accept ["7"]'),
  [10, 9, "session"],
  cross(null, "sql", "SELECT 1"),
  [11, 10, "store"],
  cross(11, "sql", "INSERT"),
  [12, 10, "poster"],
  [13, 12, "poster"],
  cross(13, "fetch", `POST /messages ${post}`),
  [14, 10, "after the post"],
);

describe("the files that a message passes", () => {
  const { files, crossings } = followMessage({ gateway, worker }, message);
  const passed = files.filter(({ isPassed }) => isPassed).map(({ file }) => file);

  it("are on the stack when it leaves for elsewhere, in the order of their first call", () => {
    expect(passed).toEqual(["shard", "sender", "route", "session", "poster"]);
  });

  it("are told from those that only write it down or look something up", () => {
    expect(files.filter(({ isLookedUp }) => isLookedUp).map(({ file }) => file)).toEqual(["store"]);
  });

  it("are not those that are only asked something, whoever these ask in turn", () => {
    const asked = files.filter(({ isPassed, isLookedUp }) => !isPassed && !isLookedUp);
    expect(asked.map(({ file }) => file)).toEqual(["rule", "schema", "field"]);
    expect(files.find(({ file }) => file === "schema")?.callsOthers).toBe(true);
  });

  it("are followed over each border", () => {
    expect(crossings.at(-1)).toEqual({
      border: "fetch",
      data: `POST /messages ${post}`,
      files: ["shard", "sender", "route", "session", "poster"],
    });
  });

  it("are not known when the traces lose the message on its way", () => {
    const entries = worker.entries.filter((entry) => !(entry.type === "enter" && entry.frame === 9));
    const torn = { ...worker, entries };
    expect(() => followMessage({ gateway, worker: torn }, message)).toThrow("lost in the Worker");
    expect(() => followMessage({ gateway: worker, worker }, message)).toThrow("not handed the message over");
  });
});

it("a document names a file by its whole path", () => {
  const document = "- `a/term.ts` waits\n- see b/a/host.ts, a/host.tsx; c/lease.ts.";
  expect(undocumented(["a/term.ts", "c/lease.ts"], document)).toEqual([]);
  expect(undocumented(["a/host.ts", "term.ts"], document)).toEqual(["a/host.ts", "term.ts"]);
});
