import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../durable-objects/channel-session/engine/approvals.ts";
import type { StepEntry } from "../../../durable-objects/channel-session/engine/journal.ts";
import {
  answerText,
  lostAttempts,
  MAX_CALL_ATTEMPTS,
  MAX_LOST_ATTEMPTS,
  nextAction,
  pauseAfter,
  type TurnRules,
} from "../../../durable-objects/channel-session/engine/next-action.ts";
import type { ToolCall } from "../../../shared/llm/provider.ts";
import type { Approval } from "../../../shared/session/decision.ts";

const rules: TurnRules = {
  maxToolRounds: 2,
  isIdempotent: (tool) => tool.startsWith("get_"),
  needsApproval: (tool) => tool.startsWith("delete_"),
};

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
const drop = call("c", "delete_z");
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
      { do: "run-tools", round: 0, calls: [planned(get, 1), planned(send, 2)], unknown: [], ask: [] },
    ],
    [
      "repeats an interrupted call that is idempotent, and declares the other unknown",
      [asked(0, "", get, send), tool(0, get), tool(0, send)],
      { do: "run-tools", round: 0, calls: [planned(get, 1)], unknown: [planned(send, 2)], ask: [] },
    ],
    [
      "leaves a finished call alone",
      [asked(0, "", get, send), tool(0, get, "x"), tool(0, send)],
      { do: "run-tools", round: 0, calls: [], unknown: [planned(send, 2)], ask: [] },
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

/** The call of {@link drop} in a state of its approval. */
function dropping(approval: Approval | undefined, name = drop.name): StepEntry {
  return { kind: "tool", round: 0, callId: drop.id, name, input: {}, ...(approval && { approval }) };
}

describe("a call that needs approval", () => {
  const by = { id: "1", name: "Ann" };
  const pending = { state: "pending" } as const;
  const approved = { state: "approved", by, at: 1 } as const;
  const started = { ...approved, started: true } as const;
  const none = { do: "run-tools" as const, round: 0, calls: [], unknown: [], ask: [] };

  it.each<[string, StepEntry[], ReturnType<typeof nextAction>]>([
    [
      "is asked about while the others of its round run",
      [asked(0, "", send, drop)],
      { ...none, calls: [planned(send, 1)], ask: [planned(drop, 2)] },
    ],
    [
      "does not keep the others from being brought to their end",
      [asked(0, "", send, drop), tool(0, send), dropping(pending)],
      { ...none, unknown: [planned(send, 1)] },
    ],
    [
      "parks the turn once only it is left",
      [asked(0, "", send, drop), tool(0, send, "x"), dropping(pending)],
      { do: "park" },
    ],
    [
      "stays pending when its endpoint no longer asks for approval",
      [asked(0, "", call("c", "get_x")), dropping(pending, "get_x")],
      { do: "park" },
    ],
    [
      "runs once approved, whoever else is still undecided",
      [asked(0, "", drop, drop), dropping(approved), dropping(pending)],
      { ...none, calls: [{ ...planned(drop, 1), approval: approved }] },
    ],
    [
      "is unknown when it was approved, started and interrupted",
      [asked(0, "", drop), dropping(started)],
      { ...none, unknown: [{ ...planned(drop, 1), approval: started }] },
    ],
    [
      "is repeated, without being asked about again, when it is idempotent",
      [asked(0, "", call("c", "get_x")), dropping(started, "get_x")],
      { ...none, calls: [{ ...planned(call("c", "get_x"), 1), approval: started }] },
    ],
    [
      "is unknown when it was started before its endpoint asked for approval",
      [asked(0, "", drop), dropping(undefined)],
      { ...none, unknown: [planned(drop, 1)] },
    ],
    [
      "lets the turn go on when it was declined",
      [
        asked(0, "", drop),
        {
          ...dropping({ state: "declined", by, at: 1 }),
          result: { content: "no", isError: true, outcome: "known" },
        } as StepEntry,
      ],
      { do: "call-model", step: 2, round: 1, attempt: 1, toolChoice: "auto" },
    ],
  ])("%s", (_, steps, expected) => {
    expect(nextAction(steps, rules)).toEqual(expected);
  });

  it("is asked about before it is repeated, when its endpoint asks for approval by now", () => {
    const strict = { ...rules, isIdempotent: () => true };
    expect(nextAction([asked(0, "", drop), dropping(undefined)], strict)).toEqual({
      ...none,
      ask: [planned(drop, 1)],
    });
  });

  it("is not passed over when the limit of rounds has been lowered meanwhile", () => {
    const steps = [asked(0, "", drop), dropping(pending)];
    expect(nextAction(steps, { ...rules, maxToolRounds: 0 })).toEqual({ do: "park" });
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

  it("waits the longer, the more were lost, so that a machine that fails for a minute does not cost the answer", () => {
    const pauses = Array.from({ length: MAX_LOST_ATTEMPTS }, (_, lost) => pauseAfter(lost));
    expect(pauses).toEqual([0, 0, 2_000, 10_000, 60_000, 60_000, 60_000, 60_000]);
    const ofOneCall = pauses.slice(0, MAX_CALL_ATTEMPTS).reduce((sum, pause) => sum + pause);
    expect(ofOneCall).toBeGreaterThan(60_000);
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
  /** Whether the calls that people are asked about are approved, in the order they are decided on. */
  decisions: Iterator<boolean>;
  clock: number;
}

class Killed extends Error {}

describe("a turn that is killed anywhere, any number of times", () => {
  const scripts = fc.array(fc.array(fc.constantFrom(get, send, drop), { minLength: 1, maxLength: 3 }), {
    maxLength: 3,
  });

  it("posts the same answer, never sends a call twice that is not idempotent, and none that was not approved", () => {
    fc.assert(
      fc.property(
        scripts,
        fc.uniqueArray(fc.nat(40), { maxLength: MAX_CALL_ATTEMPTS - 1 }),
        fc.infiniteStream(fc.boolean()),
        (rounds, kills, decisions) => {
          const fresh = { journal: [], requests: new Map(), clock: 0 };
          const undisturbed = live({ ...fresh, kills: [], decisions: decisions[Symbol.iterator]() }, rounds);
          const world: World = {
            ...{ journal: [], requests: new Map(), clock: 0 },
            ...{ kills, decisions: decisions[Symbol.iterator]() },
          };
          expect(live(world, rounds)).toBe(undisturbed);
          for (const [step, requests] of world.requests) {
            const entry = world.journal[step];
            if (entry?.kind !== "tool") throw new Error(`step ${step} is no tool call`);
            if (!rules.isIdempotent(entry.name)) expect(requests).toBe(1);
            if (rules.needsApproval(entry.name)) expect(entry.approval?.state).toBe("approved");
          }
          for (const entry of world.journal) expect(entry).toHaveProperty("result");
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
      if (action.do === "park") {
        decideOne(world);
        tick(world);
        continue;
      }
      if (action.do === "call-model") {
        world.journal[action.step] = { kind: "model", round: action.round, attempt: action.attempt };
        tick(world);
        const calls = action.toolChoice === "auto" ? (rounds[action.round] ?? []) : [];
        world.journal[action.step] = asked(action.round, `round ${action.round}`, ...calls);
        tick(world);
        continue;
      }
      for (const { step } of action.unknown) finish(world, step, "unknown");
      for (const { step, approval, ...rest } of action.calls) {
        const started = approval && { approval: { ...approval, started: true as const } };
        world.journal[step] = { kind: "tool", round: action.round, ...rest, ...started };
      }
      for (const { step, ...rest } of action.ask)
        world.journal[step] = { kind: "tool", round: action.round, ...rest, approval: { state: "pending" } };
      tick(world);
      for (const { step } of action.calls) {
        world.requests.set(step, (world.requests.get(step) ?? 0) + 1);
        tick(world);
        finish(world, step, "done");
        tick(world);
      }
    }
  }

  /** Somebody decides on the first call that waits for it. */
  function decideOne(world: World): void {
    const rows = world.journal.map((entry, step) => ({
      ...{ turnId: "t", step, entry },
      ...{ startedAt: 0, finishedAt: null },
    }));
    const row = rows.find(({ entry }) => entry.kind === "tool" && entry.approval?.state === "pending");
    const decision = { approve: world.decisions.next().value === true, by: { id: "1", name: "Ann" } };
    const { change } = decide(rows, { call: String(row?.step), ...decision }, 1);
    if (!change) throw new Error("parked, and nothing waits for a decision");
    world.journal[change.step] = change.entry;
  }

  function finish(world: World, step: number, content: string): void {
    const entry = world.journal[step];
    if (entry?.kind !== "tool") throw new Error(`step ${step} is no tool call`);
    world.journal[step] = { ...entry, result: { content, isError: false, outcome: "known" } };
  }

  function tick(world: World): void {
    if (world.kills.includes(world.clock++)) throw new Killed();
  }
});
