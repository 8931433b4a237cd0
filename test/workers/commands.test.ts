import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { addFact } from "../../d1/memory/facts.ts";
import { AgentHub } from "../../durable-objects/agent-hub/agent-hub.ts";
import type { TurnView } from "../../shared/chat/protocol.ts";
import type { Command } from "../../shared/commands/command.ts";
import { sessionName } from "../../shared/session/name.ts";
import { installCrashPoints, planFate } from "./crash-points.ts";
import { answerOf, Chat, postJson, request } from "./support.ts";

const mia = { id: "1088510058284990111", name: "Mia" };

beforeAll(installCrashPoints);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A command as an interaction brings it: in a conversation of its own. @returns what it was answered. */
async function ask(agent: string, command: Command, by = mia): Promise<TurnView> {
  const id = `interaction:${crypto.randomUUID()}`;
  const session = env.CHANNEL_SESSION.getByName(sessionName({ agent, conversation: id }));
  await session.accept({ id, author: by, text: `/${command.name}`, command, target: { kind: "none" } });
  return vi.waitFor(
    async () => {
      const [turn] = (await session.history()) as TurnView[];
      if (!turn?.finishedAt) throw new Error("not answered yet");
      return turn;
    },
    { timeout: 20_000, interval: 20 },
  );
}

const answer = async (...asked: Parameters<typeof ask>) => answerOf(await ask(...asked));

const callsOf = async (agent: string) =>
  (await (await request(`/agents/${agent}/spend`)).json<{ month: { calls: number } }>()).month.calls;

describe("a message that is a command", () => {
  it("is answered without the model, costs nothing, and stays in the conversation", async () => {
    const chat = new Chat("pulse-at-home");
    const turn = await chat.ask("/status");
    expect(turn).toMatchObject({ state: "done", provider: null, usage: null, costUsd: null, notice: null });
    expect(answerOf(turn)).toMatch(/^\*\*At home\*\* is answered by/);
    expect(await callsOf("pulse-at-home")).toBe(0);
  });

  it.each(
    ["answerCommand 1", "finish 1"].flatMap((write) =>
      (["before", "after"] as const).map((side) => ({ write, side })),
    ),
  )("is answered once when the instance dies $side $write", async (death) => {
    const [word, chat] = [`command-${crypto.randomUUID().slice(0, 8)}`, new Chat()];
    const fate = planFate(word, [death]);
    await chat.send("provider", word);
    await vi.waitFor(() => expect(fate.died).toBe(1), { timeout: 20_000 });
    await abortAllDurableObjects();
    await runDurableObjectAlarm(chat.stub);
    const turns = await chat.settled();
    expect(turns.map((turn) => [turn.state, answerOf(turn).split("\n")[0]])).toEqual([
      ["done", "**Providers of Tester**"],
    ]);
  });

  it("is never answered together with another message", async () => {
    const chat = new Chat("per-thread");
    await chat.send("[[chunks 5]] [[slow 10]] [[say first]]");
    for (const text of ["[[say second]]", "provider", "[[say third]]"]) await chat.send(text);
    const turns = await chat.settled();
    const [first, second, command, third] = turns.map((turn) => answerOf(turn));
    expect(first).toBe("first");
    expect(command).toMatch(/^\*\*Providers/);
    // The other two waited together, and the last of them carries the answer.
    expect([second, third]).toEqual(["", "third"]);
  });

  it("switches the provider as it always did, in everyday words", async () => {
    const chat = new Chat("switcher");
    expect(answerOf(await chat.ask("use OpenAI"))).toBe(
      "`openai-api` answers from now on, with `gpt-6.1-terra`.",
    );
    expect(answerOf(await chat.ask("Provider"))).toContain("- `openai-api` answers with");
    expect(answerOf(await chat.ask("/use nobody"))).toMatch(/no provider `nobody` here. Known: `anthropic`/);
    expect(answerOf(await chat.ask("use claude"))).toMatch(/needs a runner.*Nothing was switched/);
    expect(answerOf(await chat.ask("use anthropic"))).toMatch(/`anthropic` answers from now on/);
  });
});

describe("/status", () => {
  it("tells of every agent of the rig, and of its issues", async () => {
    const beat = (fields: object) => postJson("/api/events", { type: "HEARTBEAT", ...fields });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
    await beat({ agentId: "rig-late-e", status: "idle" });
    vi.useRealTimers();
    await beat({ agentId: "rig-dev-e", status: "working", currentIssue: 7, currentRepo: "acme/shop" });
    const text = await answer("pulse-at-home", { name: "status" });
    expect(text).toContain("🟢 `rig-dev-e` working · on acme/shop#7");
    expect(text).toContain("🔴 `rig-late-e` offline");
  });

  it("says what it cannot read, and tells the rest", async () => {
    vi.spyOn(AgentHub.prototype, "spent").mockRejectedValue(new Error("hub away"));
    const text = await answer("tester", { name: "status" });
    expect(text).toMatch(/^\*\*Tester\*\* is answered by `/);
    expect(text).toContain("What was spent cannot be told right now.");
    expect(text).not.toContain("Rig");
  });
});

describe("/model", () => {
  it("offers what the character offers, and what is chosen answers", async () => {
    const shown = await ask("chooser", { name: "model" });
    expect(answerOf(shown)).toBe("`claude-sonnet-5-5` answers, by `anthropic`.");
    expect(await answer("chooser", { name: "model", model: "claude-haiku-5-5" })).toBe(
      "`claude-haiku-5-5` answers from now on.",
    );
    expect((await new Chat("chooser").ask("[[say hello]]")).model).toBe("claude-haiku-5-5");
    expect(await answer("chooser", { name: "model", model: "gpt-4o" })).toMatch(
      /`gpt-4o` is not offered with `anthropic`. Offered: `claude-sonnet-5-5`, `claude-haiku-5-5`/,
    );
    expect(await answer("chooser", { name: "model", model: "claude-sonnet-5-5" })).toMatch(
      /answers from now on/,
    );
    expect((await new Chat("chooser").ask("[[say hello]]")).model).toBe("claude-sonnet-5-5");
  });

  it("says where models are offered when there is nothing to choose", async () => {
    expect(await answer("tester", { name: "model" })).toContain("`llm.models`");
  });
});

describe("/cancel and /reset", () => {
  const slow = "[[chunks 200]] [[slow 10]] [[say a long answer that nobody wants to hear]]";

  it("stop what was being answered, and say so", async () => {
    const chat = new Chat();
    await chat.send(slow);
    await chat.until(([first]) => first !== undefined && answerOf(first) !== "");
    const conversation = `chat:${chat.id}`;
    expect(await answer("tester", { name: "cancel", conversation })).toBe("Stopped.");
    expect((await chat.settled()).map(({ state }) => state)).toEqual(["cancelled"]);
    expect(await answer("tester", { name: "cancel", conversation })).toMatch(/^Nothing is being answered/);
    expect(await answer("tester", { name: "reset", conversation })).toMatch(/is forgotten/);
    expect(await chat.turns()).toEqual([]);
  });

  it("do not touch what began after they were asked for", async () => {
    const chat = new Chat();
    await chat.send(slow);
    await chat.until(([first]) => first !== undefined && answerOf(first) !== "");
    expect(await chat.stub.stop({ begunBefore: Date.now() - 60_000 })).toBe(false);
    expect(await chat.stub.stop({ begunBefore: Date.now() })).toBe(true);
  });
});

describe("/memory", () => {
  it("shows and forgets what is known about whoever asks, and about nobody else", async () => {
    const ben = { id: "1088510058284990222", name: "Ben" };
    const clock = { now: Date.now(), since: 0 };
    for (const [user, fact] of [
      [mia.id, "likes tea"],
      [mia.id, "lives in Oslo"],
      [ben.id, "likes coffee"],
    ] as const)
      await addFact(drizzle(env.DB), { agent: "tester", user }, { fact, confidence: 1 }, clock);
    const list = { name: "memory", do: "list" } as const;
    expect(await answer("tester", list)).toMatch(/- (likes tea|lives in Oslo)\n- (likes tea|lives in Oslo)$/);
    expect(await answer("tester", { name: "memory", do: "forget", fact: "likes coffee" })).toMatch(
      /^I remember nothing of that/,
    );
    expect(await answer("tester", { name: "memory", do: "forget", fact: "Likes tea" })).toBe(
      "Forgotten: Likes tea",
    );
    expect(await answer("tester", list)).toBe("**What I remember about you**\n- lives in Oslo");
    expect(await answer("tester", { name: "memory", do: "forget", fact: "lives in Oslo" })).toBe(
      "Forgotten: lives in Oslo",
    );
    expect(await answer("tester", list)).toBe("I remember nothing about you.");
    expect(await answer("tester", list, ben)).toBe("**What I remember about you**\n- likes coffee");
  });
});

describe("a conversation of one question", () => {
  const day = 24 * 3_600_000;

  it("leaves nothing behind after a week", async () => {
    const id = `interaction:${crypto.randomUUID()}`;
    const session = () => env.CHANNEL_SESSION.getByName(sessionName({ agent: "tester", conversation: id }));
    const command = { name: "provider" } as const;
    await session().accept({ id, author: mia, text: "/provider", command, target: { kind: "none" } });
    const isOver = async () => expect((await session().turnOf(id))?.state).toBe("done");
    await vi.waitFor(isOver, { timeout: 20_000 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6 * day });
    await runDurableObjectAlarm(session());
    await isOver();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * day });
    await runDurableObjectAlarm(session());
    await vi.waitFor(async () => expect(await session().turnOf(id)).toBeUndefined(), { timeout: 20_000 });
    const left = await runInDurableObject(session(), (_, { storage }) => storage.getAlarm());
    expect(left).toBeNull();
  });
});

describe("/cost and /cron", () => {
  it("tells what was spent and how much may be", async () => {
    expect(await answer("thrifty", { name: "cost" })).toMatch(
      /^\*\*What Thrifty has spent\*\*\n- Today: .* of \$.* · \d+ model calls?\n- This month: /,
    );
  });

  it("lists jobs, and runs one once for each event", async () => {
    const jobs = () => answer("cron-limits", { name: "cron", do: "list" });
    expect(await jobs()).toMatch(
      /^\*\*Scheduled prompts\*\*\n- `default` `0 9 \* \* \*` Europe\/Oslo · next in \d+ (min|h)/,
    );
    const run = { name: "cron", do: "run", job: "default" } as const;
    expect(await answer("cron-limits", run)).toMatch(/^`default` runs now/);
    await vi.waitFor(async () => expect(await jobs()).toMatch(/· last succeeded$/), { timeout: 20_000 });
    expect(await answer("tester", { name: "cron", do: "list" })).toBe("There are no scheduled prompts.");
    expect(await answer("tester", { name: "cron", do: "run", job: "nightly" })).toBe(
      "There is no job `nightly` here. Known: none.",
    );
  });

  it("says so when what it needs does not answer", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    vi.spyOn(AgentHub.prototype, "spent").mockRejectedValue(new Error("hub away"));
    expect(await answer("tester", { name: "cost" })).toBe(
      "That did not work just now. Please try again in a moment.",
    );
    expect(log).toHaveBeenCalledWith(expect.stringContaining("command.failed"));
  });
});
