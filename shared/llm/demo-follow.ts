/** How the demo model goes through a playbook: from what the steps so far gave back to the next reply. */
import { type Each, type Playbook, type PlaybookStep, readJson } from "./demo-playbook.ts";
import { answer, type DemoReply } from "./demo-reply.ts";
import { describeToolResult } from "./demo-tool-result.ts";
import type { ModelRequest, ToolCall, ToolResult } from "./provider.ts";

/** Results of the turn by the number of their step, in the order of the calls. */
type Results = ReadonlyMap<number, readonly ToolResult[]>;

/** A place that a step refers to: a name, a step's field, a field of the item at hand. */
type LookUp = (path: string) => unknown;

/** A reply that comes before its time: a step refers to what is not there. */
class Unknown extends Error {
  override readonly name = "Unknown";
}

/**
 * The next reply. Calls that only read are made together, as far as none needs another's result; a call that changes
 * something is made alone, so that what happens has an order. The first call that fails ends the playbook.
 *
 * @param callsBefore calls that the conversation already has; ids go on from there.
 */
export function followPlaybook(
  playbook: Playbook,
  request: Pick<ModelRequest, "messages" | "tools" | "toolChoice">,
  callsBefore: number,
): DemoReply {
  const results = resultsOf(request.messages);
  for (const [step, given] of results) {
    const failed = given.find(({ isError }) => isError);
    if (failed) return answer(`I stopped at step ${step}. ${describeToolResult(failed)}`);
  }
  const calls: ToolCall[] = [];
  const done = Math.max(0, ...results.keys());
  for (const [index, step] of playbook.steps.entries()) {
    const number = index + 1;
    if (number <= done) continue;
    try {
      const next = takeStep(step, results, lookUpIn(playbook, results));
      if (next === null) continue;
      if (typeof next === "string") return calls.length > 0 ? call(calls) : answer(next);
      if (!request.tools.some(({ name }) => name === next.tool))
        return answer(`I stopped at step ${number}: I have no tool \`${next.tool}\`.`);
      if (calls.length > 0 && !onlyReads(next.tool)) return call(calls);
      for (const input of next.inputs)
        calls.push({ id: `demo-${callsBefore + calls.length + 1}-step-${number}`, name: next.tool, input });
      if (request.toolChoice === "none")
        return answer(`I stopped before step ${number}: no more calls are allowed.`);
      if (!onlyReads(next.tool)) return call(calls);
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return calls.length > 0 ? call(calls) : answer(`I stopped at step ${number}: ${error.message}`);
    }
  }
  return calls.length > 0 ? call(calls) : answer("Done.");
}

function call(toolCalls: ToolCall[]): DemoReply {
  return { text: "", toolCalls };
}

function onlyReads(tool: string): boolean {
  return tool.startsWith("get_");
}

/** What the calls since the last message gave back. */
function resultsOf(messages: ModelRequest["messages"]): Results {
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
  const results = new Map<number, ToolResult[]>();
  for (const result of turn.flatMap((message) => (message.role === "tool" ? message.results : []))) {
    const step = Number(/-step-(\d+)$/.exec(result.callId)?.[1]);
    results.set(step, [...(results.get(step) ?? []), result]);
  }
  return results;
}

/** What to say, what to call, or `null` for nothing. */
function takeStep(
  step: PlaybookStep,
  results: Results,
  lookUp: LookUp,
): string | { tool: string; inputs: unknown[] } | null {
  switch (step.kind) {
    case "say":
      return step.ifNothingBy !== null && results.has(step.ifNothingBy) ? null : fillText(step.text, lookUp);
    case "call": {
      const { tool, input, each } = step;
      if (each === null) return { tool, inputs: [fill(input, lookUp)] };
      const inputs = itemsOf(each, lookUp).map((item) =>
        fill(input, (path) => (path.startsWith("item.") ? fieldOf(item, path.slice(5)) : lookUp(path))),
      );
      return inputs.length === 0 ? null : { tool, inputs };
    }
    default:
      return step satisfies never;
  }
}

function itemsOf({ list, unless }: Each, lookUp: LookUp): unknown[] {
  const items = listAt(list, lookUp);
  if (unless === null) return items;
  const others = listAt(unless.other, lookUp).map((other) => fieldOf(other, unless.otherField));
  return items.filter((item) => !others.includes(fieldOf(item, unless.field)));
}

function listAt(path: string, lookUp: LookUp): unknown[] {
  const list = lookUp(path);
  if (Array.isArray(list)) return list;
  throw new Unknown(`${path} is no list.`);
}

function lookUpIn({ names }: Playbook, results: Results): LookUp {
  return (path) => {
    const [first = "", ...rest] = path.split(".");
    if (first === "count") return results.get(Number(rest[0]))?.length ?? 0;
    const given = results.get(Number(first))?.[0];
    return given ? fieldOf(readJson(given.content), rest.join(".")) : names.get(path);
  };
}

function fieldOf(value: unknown, path: string): unknown {
  const names = path === "" ? [] : path.split(".");
  return names.reduce<unknown>(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    value,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Fills in every text of `value`; one that is nothing but a reference becomes what it refers to, a number for example. */
function fill(value: unknown, lookUp: LookUp): unknown {
  if (typeof value === "string") {
    const only = /^\{([\w.]+)\}$/.exec(value)?.[1];
    return only === undefined ? fillText(value, lookUp) : known(only, lookUp);
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, lookUp));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fill(field, lookUp)]));
}

function fillText(text: string, lookUp: LookUp): string {
  return text.replaceAll(/\{([\w.]+)\}/g, (_, path: string) => String(known(path, lookUp)));
}

function known(path: string, lookUp: LookUp): unknown {
  const value = lookUp(path);
  if (value === undefined) throw new Unknown(`I do not know ${path}.`);
  return value;
}
