import { describe, expect, it } from "vitest";
import type { InboxRow, TurnRow } from "../../../durable-objects/channel-session/engine/schema.ts";
import {
  judgePress,
  type PressedTurn,
  type PressTarget,
  takePress,
} from "../../../durable-objects/channel-session/parts/presses/presses.ts";
import type { Press, PressOutcome } from "../../../shared/interaction/press.ts";
import type { InboundEvent, InteractionTarget } from "../../../shared/session/event.ts";

const NOW = 1_800_000_000_000;
const MIA = { id: "1", name: "Mia" };
const BEN = { id: "2", name: "Ben" };

const asked: InboundEvent = {
  ...{ id: "discord:9", author: MIA, text: "Pay!" },
  target: { kind: "discord", channelId: "7", messageId: "9" },
};
const failed = { code: "overloaded", message: "Not available." };

function turn(change: Partial<PressedTurn> = {}): PressedTurn {
  return { state: "running", failure: null, events: [asked], wasRetried: false, ...change };
}

function press(action: Press["action"], by = MIA, isTrusted = false): Press {
  const presser = { ...by, isTrusted };
  if (action === "stop" || action === "retry") return { action, turn: "t", by: presser };
  return { action, turn: "t", call: "3", by: presser };
}

const refusal = (words: RegExp) => ({ do: "refuse", message: expect.stringMatching(words) });

describe("who may press", () => {
  const actions = ["stop", "approve", "decline"] as const;

  it.each(actions)("%s: whoever asked", (action) => {
    expect(judgePress(press(action), turn(), NOW).do).not.toBe("refuse");
  });

  it.each(actions)("%s: any of those who are answered together", (action) => {
    const events = [asked, { ...asked, author: BEN }] as const;
    for (const by of [MIA, BEN])
      expect(judgePress(press(action, by), turn({ events }), NOW).do).not.toBe("refuse");
  });

  it.each(actions)("%s: whoever is trusted, and nobody else", (action) => {
    expect(judgePress(press(action, BEN, true), turn(), NOW).do).not.toBe("refuse");
    expect(judgePress(press(action, BEN), turn(), NOW)).toEqual(refusal(/Only whoever asked/));
  });

  it("of an answer that is forgotten: nobody", () => {
    expect(judgePress(press("stop", MIA, true), undefined, NOW)).toEqual(refusal(/no longer know/));
  });
});

describe("stop", () => {
  it.each(["running", "parked"] as const)("ends an answer that is %s", (state) => {
    expect(judgePress(press("stop"), turn({ state }), NOW)).toEqual({ do: "stop" });
  });

  it.each([
    ["posting", /not running any more/],
    ["done", /not running any more/],
    ["failed", /not running any more/],
    ["cancelled", /stopped already/],
  ] as const)("comes too late for an answer that is %s", (state, words) => {
    expect(judgePress(press("stop"), turn({ state }), NOW)).toEqual(refusal(words));
  });
});

describe("retry", () => {
  const ended = { state: "failed", failure: failed } as const;

  it("asks the same again, in the same place, as one event for ever", () => {
    const attachments = [{ name: "a.txt", url: "https://example.com/a", contentType: "text/plain", size: 1 }];
    const action = judgePress(press("retry"), turn({ ...ended, events: [{ ...asked, attachments }] }), NOW);
    const { text, author, target } = asked;
    expect(action).toEqual({ do: "retry", event: { id: "retry:t", text, author, target, attachments } });
  });

  it("asks all of what was answered together", () => {
    const events = [asked, { ...asked, id: "discord:10", author: BEN, text: "Me too!" }] as const;
    expect(judgePress(press("retry"), turn({ ...ended, events }), NOW)).toMatchObject({
      event: { author: BEN, text: "Mia: Pay!\n\nBen: Me too!" },
    });
  });

  it("waits for the answer, though nobody did when it was asked first", () => {
    const events = [{ ...asked, mayBeQuiet: true }] as const;
    const action = judgePress(press("retry"), turn({ ...ended, events }), NOW);
    expect(action).toHaveProperty("event.id", "retry:t");
    expect(action).not.toHaveProperty("event.mayBeQuiet");
  });

  it("repeats a command", () => {
    const events = [{ ...asked, command: { name: "cost" } }] as const;
    expect(judgePress(press("retry"), turn({ ...ended, events }), NOW)).toMatchObject({
      event: { command: { name: "cost" } },
    });
  });

  it.each<[string, Partial<PressedTurn>, RegExp]>([
    ["what was tried again", { ...ended, wasRetried: true }, /tried again already/],
    ["what did not fail", { state: "done" }, /nothing to try again/],
    ["what was stopped", { state: "cancelled" }, /nothing to try again/],
    [
      "what would fail again",
      { state: "failed", failure: { ...failed, code: "authentication" } },
      /nothing to try again/,
    ],
    [
      "what Discord did not take",
      { state: "failed", failure: { ...failed, code: "undeliverable" } },
      /nothing to try again/,
    ],
  ])("does not repeat %s", (_, change, words) => {
    expect(judgePress(press("retry"), turn(change), NOW)).toEqual(refusal(words));
  });

  const target: InteractionTarget = {
    ...{ kind: "interaction", id: "5", applicationId: "6", token: "secret" },
    ...{ expiresAt: NOW + 600_000, isPrivate: false, userId: "1", channelId: "7", guildId: "8" },
  };

  it.each<[string, Partial<InteractionTarget>, object]>([
    ["by the token while it lives", {}, { kind: "interaction", token: "secret" }],
    [
      "in the channel when the token is about to end",
      { expiresAt: NOW + 30_000 },
      { kind: "discord", channelId: "7", guildId: "8" },
    ],
    ["to the user where only they may read it", { expiresAt: NOW, isPrivate: true }, { kind: "interaction" }],
  ])("answers an interaction %s", (_, change, expected) => {
    const events = [{ ...asked, target: { ...target, ...change } }] as const;
    const action = judgePress(press("retry"), turn({ ...ended, events }), NOW);
    expect(action).toMatchObject({ do: "retry", event: { target: expected } });
  });
});

const NO_SURFACES = { replaced: () => {} };

describe("what a press has set off is told", () => {
  const target = (change: Partial<PressTarget> = {}): PressTarget => ({
    stop: () => true,
    accept: () => ({ status: "stored" }),
    decide: () => ({ status: "unknown_call" }),
    ...change,
  });
  const row = (change: Partial<TurnRow> = {}): TurnRow => ({
    ...{ id: "t", seq: 1, state: "running", generation: 1, provider: null, model: null, failure: null },
    ...{ startedAt: NOW, finishedAt: null },
    ...change,
  });
  const message = (event: InboundEvent): InboxRow => ({
    ...{ seq: 1, eventId: event.id, turnId: "t", answeredBy: "t", status: "taken", receivedAt: NOW },
    event,
  });
  const store = (turn: TurnRow | undefined, events = [asked], retried?: InboundEvent) => ({
    turn: () => turn,
    messagesOf: () => events.map(message),
    messageOf: (id: string) => (id === "retry:t" && retried ? message(retried) : undefined),
  });
  const failedTurn = row({ state: "failed", failure: failed });

  it("as done when it was", () => {
    expect(takePress(press("stop"), store(row()), target(), NO_SURFACES, NOW)).toEqual({ status: "done" });
  });

  it.each<[string, PressOutcome]>([
    ["of a turn that nobody knows", takePress(press("stop"), store(undefined), target(), NO_SURFACES, NOW)],
    [
      "of a turn whose messages are forgotten",
      takePress(press("stop"), store(row(), []), target(), NO_SURFACES, NOW),
    ],
  ])("as refused %s", (_, outcome) => {
    expect(outcome).toMatchObject({ status: "refused", message: expect.stringMatching(/no longer know/) });
  });

  it("as refused when the answer ended meanwhile", () => {
    expect(
      takePress(press("stop"), store(row()), target({ stop: () => false }), NO_SURFACES, NOW),
    ).toMatchObject({
      status: "refused",
      message: expect.stringContaining("not running any more"),
    });
  });

  it("as refused when it was tried again before", () => {
    const outcome = takePress(press("retry"), store(failedTurn, [asked], asked), target(), NO_SURFACES, NOW);
    expect(outcome).toEqual({ status: "refused", message: "This was tried again already." });
  });

  it("as refused when too much waits to try again", () => {
    const busy = target({ accept: () => ({ status: "busy" }) });
    expect(takePress(press("retry"), store(failedTurn), busy, NO_SURFACES, NOW)).toMatchObject({
      status: "refused",
      message: expect.stringContaining("Try again in a moment"),
    });
  });

  it("with the name of whoever was first", () => {
    const approval = { state: "approved", by: BEN, at: NOW } as const;
    const decided = target({ decide: () => ({ status: "already_decided", approval }) });
    expect(takePress(press("decline"), store(row({ state: "parked" })), decided, NO_SURFACES, NOW)).toEqual({
      status: "refused",
      message: "This call is approved already by Ben.",
    });
  });

  it("and the answer to an interaction is replaced by the one that is tried again", () => {
    const replaced: string[] = [];
    const surfaces = { replaced: (turn: string) => void replaced.push(turn) };
    takePress(press("retry"), store(failedTurn), target(), surfaces, NOW);
    expect(replaced).toEqual([]);
    const interaction: InteractionTarget = {
      ...{ kind: "interaction", id: "5", applicationId: "6", token: "secret" },
      ...{ expiresAt: NOW + 600_000, isPrivate: true, userId: "1" },
    };
    takePress(
      press("retry"),
      store(failedTurn, [{ ...asked, target: interaction }]),
      target(),
      surfaces,
      NOW,
    );
    expect(replaced).toEqual(["t"]);
  });
});
