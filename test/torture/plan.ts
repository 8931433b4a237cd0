/** What a torture run does, drawn from a seed: the same seed gives the same messages and kills at the same times. */

/** One message and how it is sent. */
export interface PlannedMessage {
  id: string;
  text: string;
  /** Tool calls of each round, as the model will ask for them. */
  rounds: PlannedCall[][];
  /** The answer's text when no tool is called. */
  say: string;
  door: "http" | "socket";
  /** When it is sent, in milliseconds after the start; later when the one before it has not been accepted by then. */
  at: number;
  /** How often it is sent again although it was accepted. */
  duplicates: number;
}

export interface PlannedCall {
  name: "get_echo_id" | "post_orders";
  /** Found in what the tool receives, and in no other call. */
  mark: string;
}

export interface Plan {
  conversations: { id: string; messages: PlannedMessage[] }[];
  /** When the runtime is killed, in milliseconds after the start, whatever it has come to by then. */
  kills: number[];
}

/** Shortest and longest time between two kills, in milliseconds. */
const BETWEEN_KILLS = { least: 1_000, most: 3_000 };

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param seconds for how long messages are sent and the runtime is killed. */
export function drawPlan(random: () => number, options: { conversations: number; seconds: number }): Plan {
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const end = options.seconds * 1_000;
  const kills: number[] = [];
  const { least, most } = BETWEEN_KILLS;
  for (let at = between(least, most); at < end; at += between(least, most)) kills.push(at);
  const conversations = Array.from({ length: options.conversations }, (_, c) => {
    const times = Array.from({ length: between(2, 4) }, () => between(0, end)).sort((a, b) => a - b);
    const messages = times.map((at, m) => drawMessage(`t${c}m${m}`, at));
    return { id: `torture-${c}`, messages };
  });
  return { conversations, kills };

  function drawMessage(id: string, at: number): PlannedMessage {
    const rounds = ROUNDS[between(0, ROUNDS.length - 1)] ?? [];
    const calls = rounds.map((names, round) =>
      names.map((name, n): PlannedCall => ({ name, mark: `${id}r${round}c${n}x` })),
    );
    const say = `${id} says ${"so ".repeat(between(0, 40))}and ends`;
    const pace = `[[chunks ${between(3, 12)}]] [[slow ${between(20, 150)}]]`;
    const text = calls.length === 0 ? `[[say ${say}]] ${pace}` : `${id} ${script(calls)} ${pace}`;
    const door = random() < 0.5 ? "http" : "socket";
    return { id, text, rounds: calls, say, door, at, duplicates: random() < 0.25 ? between(1, 3) : 0 };
  }
}

const ROUNDS: PlannedCall["name"][][][] = [
  [],
  [["get_echo_id"]],
  [["post_orders"]],
  [["get_echo_id", "post_orders"]],
  [["get_echo_id", "post_orders"], ["post_orders"]],
];

/** Directives of the fake model server: the first round side by side, each later one alone. */
function script([first = [], ...later]: PlannedCall[][]): string {
  const directives = first.map((call) => `[[tool ${call.name} ${inputOf(call)}]]`);
  for (const call of later.flat()) directives.push(`[[rounds 1 ${call.name} ${inputOf(call)}]]`);
  return directives.join(" ");
}

function inputOf({ name, mark }: PlannedCall): string {
  return JSON.stringify(name === "get_echo_id" ? { id: mark } : { body: { mark } });
}
