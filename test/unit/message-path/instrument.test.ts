/** Code that tells of its calls does what it did before, and tells who called whom. */
import { describe, expect, it } from "vitest";
import { instrument } from "../../path/instrument.ts";
import { recorded } from "../../path/recorder.ts";

const BUNDLE = `
// ../../shared/sum.ts
function sum(...numbers) { return numbers.reduce((a, b) => a + b, 0); }
var nothing = () => ({});
var nobody = () => {};
// node_modules/theirs/index.js
function theirs(f) { return f(); }
// durable-objects/counter.ts
var Base = class { #by = 2; constructor(from) { this.from = from; } get next() { return sum(this.from, this.#by); } };
var Counter = class extends Base {
  constructor() { super(sum(1)); }
  get next() { return super.next; }
  count() { return arguments.length; }
  async later() { await null; return theirs(() => this.next); }
  async *all(limit) { for (;;) { const reply = yield await this.later(); if (reply === limit) return "over"; } }
  *few() { try { yield this.next; yield 0; } finally { this.from = -1; } }
};
async function run() {
  const counter = new Counter();
  const all = counter.all("stop");
  const seen = [await all.next(), await all.next("go on"), await all.next("stop")];
  for (const few of counter.few()) { seen.push(few); break; }
  const thrown = await Promise.reject(new Error("no")).catch(({ message }) => message);
  return [seen, counter.from, counter.count(1, 2), nothing(), nobody(), thrown, (() => (x) => x + 1)()(1)];
}
`;
const isOurs = (path: string) => !path.startsWith("node_modules/");

function load(code: string): () => Promise<unknown> {
  return new Function(`${code}; return run;`)();
}

describe("instrumented code", () => {
  it("does what it did before, in generators, constructors, getters and arrow functions too", async () => {
    expect(await load(instrument(BUNDLE, isOurs).code)()).toEqual(await load(BUNDLE)());
  });

  it("names the file and the function of each call of ours, and nobody else's", () => {
    const { functions } = instrument(BUNDLE, isOurs);
    expect(functions).toContainEqual({ file: "shared/sum.ts", name: "sum" });
    expect(functions).toContainEqual({ file: "durable-objects/counter.ts", name: "later" });
    expect(functions.map(({ name }) => name)).not.toContain("theirs");
  });

  it("tells who called, across what was awaited, through generators and code that is not ours", async () => {
    const { code, functions } = instrument(BUNDLE, isOurs);
    const before = recorded().length;
    await load(code)();
    const calls = recorded()
      .slice(before)
      .filter((entry) => entry.type === "call");
    const stackOf = (frame: number | null): string[] => {
      const call = calls.find((each) => each.frame === frame);
      return call ? [functions[call.fn]?.name ?? "", ...stackOf(call.parent)] : [];
    };
    const stacks = calls.map(({ frame }) => stackOf(frame).join(" < "));
    // The second `next` is the base class's; `later` is also the name of what it hands to `theirs`.
    expect(stacks).toContain("sum < next < next < later < later < all < run");
    expect(stacks).toContain("sum < next < next < few < run");
    expect(stacks).toContain("constructor < constructor < run");
  });
});
