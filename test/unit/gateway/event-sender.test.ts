import { describe, expect, it, vi } from "vitest";
import type { BridgeClient, EventsAnswer } from "../../../gateway/bridge-client.ts";
import { MAX_EVENT_BYTES } from "../../../gateway/event-queue.ts";
import { EventSender } from "../../../gateway/event-sender.ts";
import { type EventBatch, MAX_BATCH_BYTES, MAX_BRIDGE_BODY } from "../../../shared/bridge/protocol.ts";
import type { Logger } from "../../../shared/log.ts";

const session = { id: "one", resumeUrl: "wss://gateway.discord.gg" };
const message = (s: number, content = "") => ({ s, t: "MESSAGE_CREATE", d: { id: String(s), content } });

/** A sender, and a Worker that answers when and what the test says. */
function sending() {
  const bodies: string[] = [];
  const acked: [string, number][] = [];
  const problems: (string | null)[] = [];
  let waiting: ((answer: EventsAnswer) => void) | null = null;
  const bridge: Pick<BridgeClient, "events"> = {
    events(body) {
      bodies.push(body);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
  };
  const onFenced = vi.fn();
  const logged: string[] = [];
  const logger: Logger = {
    log: (level, event, { trace } = {}) => void logged.push(`${level} ${event} ${trace}`),
    with: () => logger,
  };
  const sender = new EventSender({
    bridge: bridge as BridgeClient,
    logger,
    sender: { gateway: "a", epoch: 3, shard: [0, 1] },
    now: () => 0,
    random: () => 0,
    onBatch: () => {},
    onRetry: () => {},
    onAcked: (id, seq) => void acked.push([id, seq]),
    onRenewed: () => {},
    onFenced,
    onProblem: (problem) => void problems.push(problem),
  });
  /** Answers the batch that is on its way, and waits for the next one where there has to be one. */
  async function answer(reply: EventsAnswer, next: "another" | "none" = "another") {
    const count = bodies.length;
    waiting?.(reply);
    waiting = null;
    await vi.waitFor(() => expect(bodies.length).toBe(next === "another" ? count + 1 : count));
  }
  const batches = () => bodies.map((body): EventBatch => JSON.parse(body));
  const sequences = () => batches().map(({ events }) => events.map(({ s }) => s));
  return { sender, answer, acked, problems, bodies, batches, sequences, onFenced, logged };
}

const taken = (acked: number | null): EventsAnswer => ({
  status: "taken",
  acknowledgement: { acked, ttlSeconds: 10 },
});

describe("events on their way to the Worker", () => {
  it("go at once, one batch at a time, and those that come meanwhile together", async () => {
    const { sender, answer, acked, batches, sequences } = sending();
    for (const s of [1, 2, 3]) sender.push(message(s), session);
    expect(sequences()).toEqual([[1]]);
    await answer(taken(1));
    expect(sequences()).toEqual([[1], [2, 3]]);
    expect(batches()[1]).toEqual({
      gateway: "a",
      epoch: 3,
      shard: [0, 1],
      session,
      events: [message(2), message(3)],
    });
    await answer(taken(3), "none");
    await sender.drained();
    expect(acked).toEqual([
      ["one", 1],
      ["one", 3],
    ]);
  });

  it("are told at debug by their trace: when each came, and when the Worker has it", async () => {
    const { sender, answer, logged } = sending();
    for (const s of [1, 2, 3]) sender.push(message(s), session);
    expect(logged).toEqual([1, 2, 3].map((id) => `debug event.received discord:${id}`));
    await answer(taken(1));
    await answer(taken(2));
    expect(logged.slice(3)).toEqual([1, 2].map((id) => `debug event.stored discord:${id}`));
  });

  it("go again from the first that is not stored, and nothing counts that was not sent", async () => {
    const { sender, answer, acked, sequences, problems } = sending();
    for (const s of [1, 2, 3, 4]) sender.push(message(s), session);
    await answer(taken(99));
    await answer(taken(2));
    await answer(taken(null));
    await answer({ status: "unavailable", message: "503", retryAfterMs: 0 });
    expect(sequences()).toEqual([[1], [2, 3, 4], [3, 4], [3, 4], [3, 4]]);
    expect(acked).toEqual([
      ["one", 1],
      ["one", 2],
    ]);
    expect(problems.at(-1)).toContain("503");
  });

  it("are of one session in a batch", async () => {
    const { sender, answer, batches, sequences } = sending();
    sender.push(message(1), session);
    sender.push(message(2), session);
    sender.push(message(1), { ...session, id: "two" });
    await answer(taken(1));
    await answer(taken(2));
    expect(sequences()).toEqual([[1], [2], [1]]);
    expect(batches()[2]?.session.id).toBe("two");
  });

  it("are at most 100, and at most 512 KiB with all that is around them", async () => {
    const { sender, answer, bodies, sequences } = sending();
    for (let s = 1; s <= 150; s += 1) sender.push(message(s), session);
    await answer(taken(1));
    expect(sequences()[1]).toHaveLength(100);
    for (let s = 151; s <= 160; s += 1) sender.push(message(s, "ä".repeat(60_000)), session);
    await answer(taken(101));
    expect(sequences()[2]?.at(0)).toBe(102);
    expect(sequences()[2]?.length).toBeLessThan(59);
    expect(sequences()[2]?.length).toBeGreaterThan(49);
    expect(Buffer.byteLength(bodies[2] ?? "")).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  });

  it("are halved when the Worker finds them too large, and a single one becomes its outline", async () => {
    const { sender, answer, batches, sequences, logged } = sending();
    const lists = (s: number) => ({ s, t: "MESSAGE_CREATE", d: { id: String(s), embeds: [{ title: "x" }] } });
    for (const s of [1, 2, 3, 4, 5]) sender.push(lists(s), session);
    await answer(taken(1));
    await answer({ status: "too-large" });
    await answer({ status: "too-large" });
    await answer({ status: "too-large" });
    expect(sequences()).toEqual([[1], [2, 3, 4, 5], [2, 3], [2], [2]]);
    expect(batches().map(({ events }) => events[0]?.d)).toEqual([
      lists(1).d,
      lists(2).d,
      lists(2).d,
      lists(2).d,
      { id: "2" },
    ]);
    expect(logged).toContainEqual(expect.stringMatching(/^error event.too_large discord:/));
    await answer(taken(2));
    expect(sequences().at(-1)).toEqual([3, 4]);
  });

  it("are an outline from the beginning where no request can carry them", () => {
    const { sender, bodies, logged } = sending();
    sender.push(message(1, "x".repeat(MAX_EVENT_BYTES)), session);
    expect(Buffer.byteLength(bodies[0] ?? "")).toBeLessThan(MAX_BRIDGE_BODY);
    expect(logged).toContain("error event.too_large discord:1");
  });

  it("stay where they are when another gateway has the lease", async () => {
    const { sender, answer, onFenced, acked } = sending();
    sender.push(message(1), session);
    onFenced.mockImplementation(() => sender.stop());
    await answer({ status: "fenced" }, "none");
    await vi.waitFor(() => expect(onFenced).toHaveBeenCalledTimes(1));
    expect(acked).toEqual([]);
    await sender.drained();
  });
});

const unreadable: EventsAnswer = { status: "unreadable", message: "400 events.0.s: expected 1 or more" };

describe("an event that the Worker cannot read", () => {
  it("is told and passed over, and nothing else is lost", async () => {
    const { sender, answer, acked, sequences, logged, batches } = sending();
    sender.push(message(1), session);
    for (const s of [2, 3, 4]) sender.push(message(s), session);
    await answer(taken(1));
    await answer(unreadable);
    expect(sequences().at(-1)).toEqual([2]);
    await answer(taken(2));
    expect(sequences().at(-1)).toEqual([3, 4]);
    await answer(unreadable);
    expect(sequences().at(-1)).toEqual([3]);
    await answer(unreadable);
    // Whether it can read a batch at all.
    expect(batches().at(-1)).toMatchObject({ gateway: "a", epoch: 3, shard: [0, 1], session, events: [] });
    await answer(taken(2));
    expect(sequences().at(-1)).toEqual([4]);
    expect(logged).toContain("error event.given_up discord:3");
    await answer(taken(4), "none");
    await sender.drained();
    expect(acked.map(([, seq]) => seq)).toEqual([1, 2, 3, 4]);
  });

  it("is kept where the Worker can read nothing at all: the two are of different versions", async () => {
    const { sender, answer, acked, problems, logged } = sending();
    sender.push(message(1), session);
    await answer(unreadable);
    await answer(unreadable, "none");
    await vi.waitFor(() => expect(problems).toEqual([expect.stringContaining("rejected: 400")]));
    expect(sender.size).toBe(1);
    expect(acked).toEqual([]);
    expect(logged).not.toContain("error event.given_up discord:1");
    sender.stop();
  });

  it("is passed over when not even its outline is taken", async () => {
    const { sender, answer, acked, sequences } = sending();
    for (const s of [1, 2]) sender.push(message(s), session);
    for (const sent of [[1, 2], [1], [2]]) {
      await answer({ status: "too-large" });
      expect(sequences().at(-1)).toEqual(sent);
    }
    await answer(taken(2), "none");
    expect(acked.map(([, seq]) => seq)).toEqual([1, 2]);
  });
});

describe("sessions of one id", () => {
  it("go in batches of their own", async () => {
    const { sender, answer, batches } = sending();
    sender.push(message(7), { ...session, begunAt: 1 });
    sender.push(message(8), { ...session, begunAt: 1 });
    sender.push(message(1), { ...session, begunAt: 2 });
    await answer(taken(7));
    expect(batches().at(-1)).toMatchObject({ session: { begunAt: 1 }, events: [{ s: 8 }] });
    await answer(taken(8));
    expect(batches().at(-1)).toMatchObject({ session: { begunAt: 2 }, events: [{ s: 1 }] });
    sender.stop();
  });
});
