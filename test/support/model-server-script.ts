/**
 * What the model server is told to do: directives in the last user text of a conversation.
 *
 * The server keeps no script of its own, so hundreds of conversations can run against one server at once.
 */

/** A tool call to make; `json` is sent as written, valid or not. */
export interface ScriptedCall {
  name: string;
  json: string;
}

/** What to do with a request, read from its last user text. */
export interface Script {
  /** Text that {@link failures} are counted by. */
  key: string;
  /** Answer when no tool is called, or when the calls are over; `null`: tell the tool results. */
  say: string | null;
  /** Answer when the calls are over; `null`: tell their results. */
  finally: string | null;
  /** The calls of each round, in order. */
  rounds: ScriptedCall[][];
  think: string | null;
  refuse: boolean;
  /** Pause between two pieces of the answer, in milliseconds. */
  slowMs: number;
  /** Pieces that the answer's text comes in. */
  chunks: number;
  failures: ScriptedFailure[];
}

/** A failure that happens the first `times` times that the same text is asked. */
export type ScriptedFailure = { times: number } & (
  | { kind: "status"; status: number; headers: Record<string, string> }
  /** The connection breaks in the middle; `politely`: the stream just ends there, as behind a proxy. */
  | { kind: "cut"; politely: boolean }
  /** An error event inside the stream, as an overloaded API sends it. */
  | { kind: "error-event" }
  /** Never answers; `stream` begins to. */
  | { kind: "hang"; where: "request" | "stream" }
);

const MAX_ROUNDS = 50;
const CHARACTERS_PER_TOKEN = 4;

/**
 * Reads the directives of `text`:
 *
 * - `[[say TEXT]]`: answer TEXT, in which `{N x WORDS}` stands for the words N times. Without it the answer is `echo: <text>`.
 * - `[[tool NAME JSON]]`: call a tool; several are called in one round. Then answer `result of NAME: <content>` for each.
 * - `[[rounds N NAME JSON]]`: call the tool in N rounds, one call each.
 * - `[[finally TEXT]]`: answer TEXT instead when the tools are done.
 * - `[[think TEXT]]`: think first; a tool round must repeat the thought unchanged.
 * - `[[refuse]]`: decline.
 * - `[[slow MS]]`, `[[chunks N]]`: pace and pieces of the answer.
 * - `[[status CODE]]`, `[[cut]]`, `[[cut politely]]`, `[[error]]`, `[[hang]]`, `[[hang stream]]`: fail always, or with `once` or `times=N` that
 *   often; `[[status 429 retry-after=1]]` and `retry-after-ms=50` send that header.
 */
export function readScript(text: string): Script {
  const script: Script = {
    key: text,
    say: null,
    finally: null,
    rounds: [],
    think: null,
    refuse: false,
    slowMs: 0,
    chunks: 4,
    failures: [],
  };
  const calls: ScriptedCall[] = [];
  for (const directive of directives(text)) {
    const [word = "", ...rest] = directive.split(/\s+/);
    const argument = directive.slice(word.length).trim();
    switch (word) {
      case "say":
        script.say = repeated(argument);
        break;
      case "finally":
        script.finally = argument;
        break;
      case "tool":
        calls.push(scriptedCall(argument));
        break;
      case "rounds": {
        const count = Math.min(Number(rest[0]), MAX_ROUNDS);
        const call = scriptedCall(argument.replace(/^\d+\s*/, ""));
        for (let round = 0; round < count; round++) script.rounds.push([call]);
        break;
      }
      case "think":
        script.think = argument;
        break;
      case "refuse":
        script.refuse = true;
        break;
      case "slow":
        script.slowMs = Number(argument);
        break;
      case "chunks":
        script.chunks = Math.max(1, Number(argument));
        break;
      case "status":
        script.failures.push({
          kind: "status",
          status: Number(rest[0]),
          headers: retryHeaders(rest),
          times: times(rest),
        });
        break;
      case "cut":
        script.failures.push({ kind: "cut", politely: rest.includes("politely"), times: times(rest) });
        break;
      case "error":
        script.failures.push({ kind: "error-event", times: times(rest) });
        break;
      case "hang":
        script.failures.push({
          kind: "hang",
          where: rest.includes("stream") ? "stream" : "request",
          times: times(rest),
        });
        break;
      default:
        throw new Error(`unknown directive [[${directive}]]`);
    }
  }
  if (calls.length > 0) script.rounds.unshift(calls);
  return script;
}

/** Lets a short message ask for a long answer. */
function repeated(text: string): string {
  return text.replace(/\{(\d+) x ([^}]*)\}/g, (_, count: string, words: string) =>
    Array.from({ length: Number(count) }, () => words).join(" "),
  );
}

/** The insides of every `[[…]]`. A directive that ends in JSON ends where its JSON does, brackets and all. */
function directives(text: string): string[] {
  const found: string[] = [];
  let from = text.indexOf("[[");
  while (from >= 0) {
    const ends = [...text.slice(from).matchAll(/\]\](?!\])/g)].map((match) => from + match.index);
    const end = ends.find((candidate) => isWhole(text.slice(from + 2, candidate))) ?? ends[0];
    if (end === undefined) break;
    found.push(text.slice(from + 2, end));
    from = text.indexOf("[[", end);
  }
  return found;
}

function isWhole(directive: string): boolean {
  if (!/^(tool|rounds)\b/.test(directive)) return true;
  const json = directive.indexOf("{");
  return json < 0 || isJson(directive.slice(json));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function scriptedCall(argument: string): ScriptedCall {
  const [name = ""] = argument.split(/\s/);
  return { name, json: argument.slice(name.length).trim() };
}

function times(words: readonly string[]): number {
  if (words.includes("once")) return 1;
  const count = words.map((word) => /^times=(\d+)$/.exec(word)?.[1]).find((match) => match !== undefined);
  return count === undefined ? Number.POSITIVE_INFINITY : Number(count);
}

function retryHeaders(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word) => {
      const [, name, value] = /^(retry-after(?:-ms)?)=(.+)$/.exec(word) ?? [];
      return name !== undefined && value !== undefined ? [[name, value]] : [];
    }),
  );
}

/** What the server does in answer to one request that is in order. */
export interface Reply {
  /** Thought, text and calls in the order in which they are sent. */
  think: string | null;
  text: string;
  calls: ScriptedCall[];
  refuse: boolean;
}

/** A conversation as every API tells it, reduced to what decides the reply. */
export interface Conversation {
  /** The last text a user wrote. */
  lastUserText: string;
  /** Tool rounds answered since then. */
  roundsDone: number;
  /** Results of the last round, when it is what the conversation ends with. */
  results: { name: string; content: string }[];
  mayCallTools: boolean;
}

/** Decides the reply to a conversation. */
export function replyTo(conversation: Conversation, script: Script): Reply {
  const calls = script.rounds[conversation.roundsDone];
  const think = script.think;
  const refuse = script.refuse;
  if (calls !== undefined && conversation.mayCallTools) {
    return { think, refuse, text: conversation.roundsDone === 0 ? (script.say ?? "") : "", calls };
  }
  const results = conversation.results
    .map((result) => `result of ${result.name}: ${result.content}`)
    .join("\n");
  const told = results && (script.finally ?? results);
  const text = told || (script.say ?? `echo: ${conversation.lastUserText}`);
  return { think, refuse, text: refuse ? "I cannot help with that." : text, calls: [] };
}

/** The part of a reply that fits into `maxTokens`; a call that does not fit is cut inside its arguments. */
export function fitReply(reply: Reply, maxTokens: number): { reply: Reply; cut: boolean } {
  let room = maxTokens * CHARACTERS_PER_TOKEN;
  const text = reply.text.slice(0, room);
  room -= text.length;
  const calls: ScriptedCall[] = [];
  for (const call of reply.calls) {
    if (room <= 0) break;
    calls.push({ name: call.name, json: call.json.slice(0, room) });
    room -= call.json.length;
  }
  return {
    reply: { ...reply, text, calls },
    cut: room < 0 || text !== reply.text || calls.length < reply.calls.length,
  };
}

/** Splits `text` into at most `count` pieces of like length, never inside a surrogate pair. */
export function pieces(text: string, count: number): string[] {
  const characters = [...text];
  const size = Math.max(1, Math.ceil(characters.length / count));
  const split: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    split.push(characters.slice(start, start + size).join(""));
  }
  return split;
}

/** Tokens that the server counts for a text: one for four characters. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
