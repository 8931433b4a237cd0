import { describe, expect, it } from "vitest";
import { Metrics } from "../../../gateway/metrics.ts";

/** Prometheus' text format, as strictly as its documentation has it ("Exposition formats", version 0.0.4). */
const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const LINE = new RegExp(
  `^(?:# HELP (?<help>${NAME}) .+|# TYPE (?<typed>${NAME}) (?<type>counter|gauge)|` +
    `(?<sample>${NAME})(?:\\{${LABEL}(?:,${LABEL})*\\})? (?<value>-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?))$`,
);

interface Line {
  line: string;
  /** Of which family it is the help, the type or a sample. */
  help?: string;
  typed?: string;
  type?: string;
  sample?: string;
}

function readPage(page: string): Line[] {
  expect(page.endsWith("\n")).toBe(true);
  return page
    .slice(0, -1)
    .split("\n")
    .map((line) => {
      const groups = LINE.exec(line)?.groups;
      if (!groups) throw new Error(`not a line of the format: ${line}`);
      return { line, ...groups };
    });
}

describe("the page of metrics", () => {
  it("tells help and type of every family once, before its samples, and counters by their suffix", () => {
    const metrics = new Metrics();
    metrics.add("rig_gateway_events_total", { shard: "0", type: "MESSAGE_CREATE" });
    metrics.set("rig_gateway_lag_seconds", { shard: "0" }, 0.000_000_1);
    const lines = readPage(metrics.text());
    const types = new Map<string, string>();
    for (const line of lines) {
      if (line.typed !== undefined) {
        expect(types.has(line.typed)).toBe(false);
        types.set(line.typed, line.type ?? "");
        expect(line.typed.endsWith("_total")).toBe(line.type === "counter");
      }
      if (line.sample !== undefined) expect(types.has(line.sample)).toBe(true);
    }
    expect(lines.flatMap(({ help }) => help ?? []).sort()).toEqual([...types.keys()].sort());
    expect(lines.filter(({ sample }) => sample !== undefined)).toHaveLength(2);
  });

  it("counts by labels, and keeps what a label's text could break", () => {
    const metrics = new Metrics();
    const labels = { shard: "0", reason: 'a "quote", a \\ and\na line' };
    metrics.add("rig_gateway_reconnects_total", labels);
    metrics.add("rig_gateway_reconnects_total", labels, 2);
    const [sample] = readPage(metrics.text()).filter((line) => line.sample !== undefined);
    expect(sample?.line).toBe(
      'rig_gateway_reconnects_total{shard="0",reason="a \\"quote\\", a \\\\ and\\na line"} 3',
    );
  });
});
