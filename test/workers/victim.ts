/** A conversation whose instances die, and what must have become of it in the end. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { type CrashPoint, type Fate, planFate } from "./crash-points.ts";
import { answerOf, Chat, type ChatSocket, postJson } from "./support.ts";

/** Longest time any stage of such a test may take, in milliseconds: the machine may be busy. */
export const PATIENCE = 20_000;

/** A request that a tool call of a scripted conversation made. */
export interface Sent {
  method: string;
  body: string;
  headers: Record<string, string>;
}

/**
 * A conversation of two messages. The answer to the first takes two tool rounds: a GET and a POST side by side, then a
 * POST. The second waits behind it.
 */
export class Victim {
  readonly chat = new Chat();
  readonly word = `victim-${crypto.randomUUID().slice(0, 8)}`;
  readonly fate: Fate;
  readonly deaths: readonly CrashPoint[];
  #socket: ChatSocket | undefined;

  constructor(deaths: readonly CrashPoint[]) {
    this.deaths = deaths;
    this.fate = planFate(`${this.word}-1`, deaths);
  }

  get messages(): { id: string; text: string }[] {
    const post = (n: number) => JSON.stringify({ body: { word: this.word, n } });
    const get = JSON.stringify({ id: this.word });
    const first = `[[tool get_echo_id ${get}]] [[tool post_orders ${post(1)}]] [[rounds 1 post_orders ${post(2)}]]`;
    return [
      { id: `${this.word}-1`, text: first },
      { id: `${this.word}-2`, text: `[[say next ${this.word}]]` },
    ];
  }

  /** Sends both messages back to back, over a socket, and does not wait for anything. */
  async begin(): Promise<void> {
    this.#socket = await this.chat.connect();
    for (const message of this.messages) this.#socket.send({ type: "send", ...message });
  }

  /** Whether both messages were acknowledged: nobody will send them again. */
  get isAcknowledged(): boolean {
    const accepted = (this.#socket?.frames ?? []).flatMap((frame) =>
      frame.type === "accepted" ? [frame.id] : [],
    );
    return this.messages.every(({ id }) => accepted.includes(id));
  }

  /** Waits until its `nth` instance is cut off, or had nothing to do any more where it should have been. */
  async isDead(nth: number): Promise<void> {
    await vi.waitFor(
      async () => {
        if (this.fate.died < nth && !(await this.#isOver()))
          throw new Error(`${describeDeaths(this.deaths)}: still alive after ${this.fate.lives.at(-1)}`);
      },
      { timeout: PATIENCE, interval: 20 },
    );
  }

  async #isOver(): Promise<boolean> {
    if (nthDeathIsCertain(this.deaths[this.fate.died])) return false;
    const turns = await this.chat.turns();
    return turns.length === 2 && turns.every(({ finishedAt }) => finishedAt !== null);
  }

  /** Does what is left to do for those outside: the alarm rings; who was not acknowledged sends again. */
  async comeBack(killed: number): Promise<void> {
    if (this.isAcknowledged) {
      await runDurableObjectAlarm(this.chat.stub).catch(() => false);
      return;
    }
    for (const message of this.messages) await this.#sendUntilAccepted(message, killed);
  }

  /** A client repeats itself until it is told 202; here also until the instance that should tell it is dead. */
  async #sendUntilAccepted(message: { id: string; text: string }, killed: number): Promise<void> {
    await vi.waitFor(
      async () => {
        const { status } = await postJson(`${this.chat.path}/messages`, message);
        if (status !== 202 && this.fate.died === killed) throw new Error(`status ${status}`);
      },
      { timeout: PATIENCE, interval: 20 },
    );
  }
}

/** Only a first instance's writes are known beforehand; a second one may have less to do than it should die at. */
function nthDeathIsCertain(death: CrashPoint | undefined): boolean {
  return death !== undefined && !death.write.startsWith("write ");
}

export function describeDeaths(deaths: readonly CrashPoint[]): string {
  return deaths.map(({ write, side }) => `${side} ${write}`).join(", then ");
}

/** What tools were asked so far. */
export async function sentByTools(): Promise<Sent[]> {
  return (await fetch(`${env.TOOLS_URL}/__requests`)).json<Sent[]>();
}

/** Each message has one answer, whole and in order, and what has an effect was done at most once. */
export async function expectOneCompleteAnswer(
  { chat, word, deaths, messages }: Victim,
  requests: readonly Sent[],
) {
  const story = describeDeaths(deaths);
  const turns = await chat.turns();
  const shape = turns.map(({ event, state }) => `${event} ${state}`);
  expect(shape, story).toEqual(messages.map(({ id }) => `chat:${id} done`));
  const [first, second] = turns as [TurnView, TurnView];
  expect(
    first.parts.map((part) => (part.type === "tool" ? part.name : part.type)),
    story,
  ).toEqual(["get_echo_id", "post_orders", "post_orders", "text"]);
  for (const part of first.parts) {
    if (part.type !== "tool") continue;
    const key = `${first.id}-${part.id}`;
    const sent = requests.filter(({ headers }) => headers["idempotency-key"] === key).length;
    if (part.name === "get_echo_id" || part.status === "ok") {
      expect(part.status, `${story}: ${part.output}`).toBe("ok");
      expect(sent, `${story}: requests of ${part.name}`).toBeGreaterThanOrEqual(1);
    }
    if (part.name !== "get_echo_id") {
      expect(["ok", "unknown"], story).toContain(part.status);
      expect(sent, `${story}: requests of ${part.name}`).toBeLessThanOrEqual(1);
    }
  }
  const last = first.parts[2];
  const outcome = last?.type === "tool" ? last.output : null;
  expect(answerOf(first), story).toBe(`result of post_orders: ${outcome}`);
  expect(answerOf(second), story).toBe(`next ${word}`);
  expect(await kept(chat), story).toEqual({
    inbox: messages.map(({ id }) => `chat:${id}`),
    transcript: [
      { role: "user", content: messages[0]?.text },
      { role: "assistant", content: answerOf(first) },
      { role: "user", content: messages[1]?.text },
      { role: "assistant", content: answerOf(second) },
    ],
    outbox: [first, second].map((turn) => ({ status: "sent", text: answerOf(turn) })),
  });
}

/** What the conversation's storage holds. */
export function kept(chat: Chat) {
  return runInDurableObject(chat.stub, (_, { storage: { sql } }) => ({
    inbox: sql
      .exec("SELECT event_id FROM inbox ORDER BY seq")
      .toArray()
      .map(({ event_id }) => event_id),
    transcript: sql.exec("SELECT role, content FROM transcript ORDER BY seq").toArray(),
    outbox: sql.exec("SELECT status, text FROM outbox ORDER BY seq").toArray(),
  }));
}
