import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  answerText,
  lostAttempts,
  MAX_CALL_ATTEMPTS,
  MAX_LOST_ATTEMPTS,
  nextAction,
  type TurnRules,
} from "../../../durable-objects/channel-session/next-action.ts";
import type { StepEntry } from "../../../durable-objects/channel-session/schema.ts";
import type { ToolCall } from "../../../shared/llm/provider.ts";

const rules: TurnRules = { maxToolRounds: 2, isIdempotent: (tool) => tool.startsWith("get_") };

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

function call(id: string, name: string): ToolCall {
  return { id, name, input: {} };
}

function asked(round: number, text: string, ...toolCalls: ToolCall[]): StepEntry {
  const stopReason = toolCalls.length > 0 ? "tools" : "end";
  return { kind: "model", round, attempt: 1, result: { text, toolCalls, usage, model: "m", stopReason } };
}

function tool(round: number, { id, name, input }: ToolCall, content?: string): StepEntry {
  const entry = { kind: "tool" as const, round, callId: id, name, input };
  return content === undefined ? entry : { ...entry, result: { content, isError: false, outcome: "known" } };
}

const get = call("a", "get_x");
const send = call("b", "post_y");
const planned = ({ id, name, input }: ToolCall, step: number) => ({ step, callId: id, name, input });

describe("what a turn does next", () => {
  it.each<[string, StepEntry[], ReturnType<typeof nextAction>]>([
    ["begins with a model call", [], { do: "call-model", step: 0, round: 0, attempt: 1, toolChoice: "auto" }],
    [
      "makes a model call again whose result was lost",
      [{ kind: "model", round: 0, attempt: 1 }],
      { do: "call-model", step: 0, round: 0, attempt: 2, toolChoice: "auto" },
    ],
    ["posts an answer without tool calls", [asked(0, "Hello.")], { do: "post", text: "Hello." }],
    [
      "runs all calls of a round",
      [asked(0, "", get, send)],
      { do: "run-tools", round: 0, calls: [planned(get, 1), planned(send, 2)], unknown: [] },
    ],
    [
      "repeats an interrupted call that is idempotent, and declares the other unknown",
      [asked(0, "", get, send), tool(0, get), tool(0, send)],
      { do: "run-tools", round: 0, calls: [planned(get, 1)], unknown: [planned(send, 2)] },
    ],
    [
      "leaves a finished call alone",
      [asked(0, "", get, send), tool(0, get, "x"), tool(0, send)],
      { do: "run-tools", round: 0, calls: [], unknown: [planned(send, 2)] },
    ],
    [
      "goes back to the model once every call has a result",
      [asked(0, "", get, send), tool(0, get, "x"), tool(0, send, "y")],
      { do: "call-model", step: 3, round: 1, attempt: 1, toolChoice: "auto" },
    ],
    [
      "asks for an answer without tools after the last round",
      [asked(0, "", get), tool(0, get, "x"), asked(1, "", get), tool(1, get, "x")],
      { do: "call-model", step: 4, round: 2, attempt: 1, toolChoice: "none" },
    ],
    [
      "posts what there is when the model calls a tool all the same",
      [
        asked(0, "One.", get),
        tool(0, get, "x"),
        asked(1, "Two.", get),
        tool(1, get, "x"),
        asked(2, "Three.", get),
      ],
      { do: "post", text: "One.\n\nTwo.\n\nThree." },
    ],
  ])("%s", (_, steps, expected) => {
    expect(nextAction(steps, rules)).toEqual(expected);
  });

  it("joins what was said in all rounds, and what is being said", () => {
    expect(answerText([asked(0, " One. ", get), tool(0, get, "x"), asked(1, "")], "Two")).toBe("One.\n\nTwo");
  });
});

describe("a turn that loses one model call after the other", () => {
  /** A round that needed `attempt` attempts. */
  const hard = (round: number, attempt: number): StepEntry =>
    ({ ...asked(round, "x", get), attempt }) as StepEntry;
  const dying = (round: number, attempt: number): StepEntry => ({ kind: "model", round, attempt });

  it("counts those that left no result, in all rounds", () => {
    expect(lostAttempts([])).toBe(0);
    expect(lostAttempts([hard(0, 1), tool(0, get, "x"), asked(1, "done")])).toBe(0);
    expect(lostAttempts([hard(0, 3), tool(0, get, "x"), dying(1, 2)])).toBe(4);
  });

  it.each<[string, StepEntry[], number]>([
    ["of one call", [dying(0, MAX_CALL_ATTEMPTS)], MAX_CALL_ATTEMPTS],
    ["of all rounds", [hard(0, MAX_LOST_ATTEMPTS - 1), tool(0, get, "x"), dying(1, 2)], MAX_LOST_ATTEMPTS],
    [
      "of all rounds, before the next begins",
      [hard(0, MAX_LOST_ATTEMPTS + 1), tool(0, get, "x")],
      MAX_LOST_ATTEMPTS,
    ],
  ])("gives up at the limit %s", (_, steps, lost) => {
    expect(nextAction(steps, rules)).toEqual({ do: "give-up", lostAttempts: lost });
  });

  it.each<[string, StepEntry[]]>([
    ["of one call", [dying(0, MAX_CALL_ATTEMPTS - 1)]],
    ["of all rounds", [hard(0, MAX_LOST_ATTEMPTS - 1), tool(0, get, "x"), dying(1, 1)]],
  ])("goes on just below the limit %s", (_, steps) => {
    expect(nextAction(steps, rules)).toMatchObject({ do: "call-model" });
  });

  it("still runs tools and posts what the last attempt has brought", () => {
    expect(nextAction([hard(0, MAX_LOST_ATTEMPTS + 1)], rules)).toMatchObject({ do: "run-tools" });
    const said: StepEntry[] = [{ ...asked(0, "at last"), attempt: MAX_LOST_ATTEMPTS + 1 } as StepEntry];
    expect(nextAction(said, rules)).toEqual({ do: "post", text: "at last" });
  });
});

/** A world in which a turn runs until it is killed, again and again. */
interface World {
  journal: StepEntry[];
  /** Requests that reached each tool call's endpoint, by journal place. */
  requests: Map<number, number>;
  kills: number[];
  clock: number;
}

class Killed extends Error {}

describe("a turn that is killed anywhere, any number of times", () => {
  const scripts = fc.array(fc.array(fc.constantFrom(get, send), { minLength: 1, maxLength: 3 }), {
    maxLength: 3,
  });

  it("posts the same answer, and never sends a call twice that is not idempotent", () => {
    fc.assert(
      fc.property(
        scripts,
        fc.uniqueArray(fc.nat(40), { maxLength: MAX_CALL_ATTEMPTS - 1 }),
        (rounds, kills) => {
          const undisturbed = live({ journal: [], requests: new Map(), kills: [], clock: 0 }, rounds);
          const world: World = { journal: [], requests: new Map(), kills, clock: 0 };
          expect(live(world, rounds)).toBe(undisturbed);
          for (const [step, requests] of world.requests) {
            const entry = world.journal[step];
            if (entry?.kind === "tool" && !rules.isIdempotent(entry.name)) expect(requests).toBe(1);
          }
          for (const entry of world.journal) expect(entry.result).toBeDefined();
        },
      ),
    );
  });

  /** Runs to the end, started anew after each kill; returns what is posted. */
  function live(world: World, rounds: ToolCall[][]): string {
    for (;;) {
      try {
        return run(world, rounds);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  }

  function run(world: World, rounds: ToolCall[][]): string {
    for (;;) {
      const action = nextAction(world.journal, rules);
      if (action.do === "post") return action.text;
      if (action.do === "give-up") throw new Error("gave up");
      if (action.do === "call-model") {
        world.journal[action.step] = { kind: "model", round: action.round, attempt: action.attempt };
        tick(world);
        const calls = action.toolChoice === "auto" ? (rounds[action.round] ?? []) : [];
        world.journal[action.step] = asked(action.round, `round ${action.round}`, ...calls);
        tick(world);
        continue;
      }
      for (const { step, callId, name, input } of action.unknown) {
        const result = { content: "unknown", isError: true, outcome: "unknown" as const };
        world.journal[step] = { kind: "tool", round: action.round, callId, name, input, result };
      }
      for (const { step, ...rest } of action.calls)
        world.journal[step] = { kind: "tool", round: action.round, ...rest };
      tick(world);
      for (const { step, callId, name, input } of action.calls) {
        world.requests.set(step, (world.requests.get(step) ?? 0) + 1);
        tick(world);
        world.journal[step] = tool(action.round, { id: callId, name, input }, "done");
        tick(world);
      }
    }
  }

  function tick(world: World): void {
    if (world.kills.includes(world.clock++)) throw new Killed();
  }
});
