/** What a Discord torture run does, drawn from a seed: who writes what, when, and what goes wrong. */

/** One message of a user. */
export interface PlannedMessage {
  /** Stands in the answer's text, and in no other. */
  mark: string;
  /** What the user writes: directives of the fake model server. */
  text: string;
  /** What the model says to it, as one text. */
  say: string;
  /** Earliest time, in milliseconds after the start. */
  at: number;
}

/** Messages that belong together: a thread that the first one starts, or a direct conversation. */
export interface PlannedConversation {
  place: { kind: "channel"; index: number } | { kind: "dm"; index: number };
  messages: PlannedMessage[];
}

/** What goes wrong. Durations in milliseconds. */
export type Fault =
  | { kind: "gateway-kill"; downFor: number }
  | { kind: "worker-kill" }
  | { kind: "socket-drop" }
  | { kind: "session-lost" }
  | { kind: "session-expired"; downFor: number }
  | { kind: "worker-unreachable"; for: number }
  | { kind: "rest-trouble"; for: number }
  | { kind: "batch-trouble"; for: number }
  | { kind: "second-gateway"; for: number };

export interface Plan {
  conversations: PlannedConversation[];
  faults: { at: number; fault: Fault }[];
}

export const CHANNELS = 40;
export const DMS = 10;
/** Conversations of each channel, and messages of each conversation in a channel and of a DM: 400 messages in all. */
const PER_CHANNEL = 2;
const IN_THREAD = 4;
const IN_DM = 8;
/** Before this nothing goes wrong, and each DM is opened: nobody can know of a DM that was opened while nobody looked. */
const CALM_MS = 4_000;

/** @param seconds for how long messages are sent and things go wrong. */
export function drawPlan(random: () => number, seconds: number): Plan {
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const end = seconds * 1_000;
  const conversations: PlannedConversation[] = [];
  for (let index = 0; index < CHANNELS; index++)
    for (let nth = 0; nth < PER_CHANNEL; nth++)
      conversations.push({
        place: { kind: "channel", index },
        messages: drawMessages(`c${index}n${nth}`, IN_THREAD, between(0, end / 2)),
      });
  for (let index = 0; index < DMS; index++)
    conversations.push({
      place: { kind: "dm", index },
      messages: drawMessages(`d${index}`, IN_DM, between(0, CALM_MS / 2)),
    });
  return { conversations, faults: drawFaults() };

  function drawMessages(name: string, count: number, first: number): PlannedMessage[] {
    const later = Array.from({ length: count - 1 }, () => between(first, end)).sort((a, b) => a - b);
    return [first, ...later].map((at, n) => drawMessage(`${name}m${n}`, at));
  }

  /** Mostly short; one in eight needs several messages, one in forty a file. */
  function drawMessage(mark: string, at: number): PlannedMessage {
    const size = random();
    const words = size < 0.025 ? 2_600 : size < 0.125 ? between(420, 900) : between(3, 60);
    const say = `${mark} begins ${"so ".repeat(words)}and ${mark} ends`;
    const text = `[[say ${mark} begins {${words} x so} and ${mark} ends]] [[chunks ${between(3, 10)}]] [[slow ${between(20, 250)}]]`;
    return { mark, text, say, at };
  }

  /** Every kind once in a random order, again and again, one every few seconds. */
  function drawFaults(): Plan["faults"] {
    const faults: Plan["faults"] = [];
    let bag: Fault[] = [];
    for (let at = CALM_MS; at < end; at += between(2_000, 5_000)) {
      if (bag.length === 0) bag = shuffled(everyFault());
      const fault = bag.pop();
      if (fault) faults.push({ at, fault });
    }
    return faults;
  }

  function everyFault(): Fault[] {
    return [
      { kind: "gateway-kill", downFor: between(0, 3_000) },
      { kind: "gateway-kill", downFor: between(0, 500) },
      { kind: "worker-kill" },
      { kind: "worker-kill" },
      { kind: "socket-drop" },
      { kind: "session-lost" },
      { kind: "session-expired", downFor: 10_000 },
      { kind: "worker-unreachable", for: 20_000 },
      { kind: "rest-trouble", for: between(2_000, 5_000) },
      { kind: "batch-trouble", for: between(2_000, 5_000) },
      { kind: "second-gateway", for: between(4_000, 12_000) },
    ];
  }

  function shuffled<T>(list: readonly T[]): T[] {
    const keyed = list.map((item) => ({ item, key: random() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
  }
}
