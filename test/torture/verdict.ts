/** Compares what became of a torture run with what should have. */
import type { TurnView } from "../../shared/chat/protocol.ts";
import type { RecordedRequest } from "../support/tool-server.ts";
import type { Plan, PlannedMessage } from "./plan.ts";

/** Broken promises, one line each. All lists must be empty. */
export interface Verdict {
  lost: string[];
  duplicated: string[];
  outOfOrder: string[];
  wrong: string[];
  repeatedRequests: string[];
  /** Not a broken promise: POSTs whose outcome nobody knows, and the model was told so. */
  unknownOutcomes: number;
}

/** @param turns what each conversation shows at the end, by its id. */
export function judge(
  plan: Plan,
  turns: ReadonlyMap<string, TurnView[]>,
  requests: readonly RecordedRequest[],
): Verdict {
  const verdict: Verdict = {
    lost: [],
    duplicated: [],
    outOfOrder: [],
    wrong: [],
    repeatedRequests: repeated(requests),
    unknownOutcomes: 0,
  };
  for (const { id, messages } of plan.conversations) {
    const shown = turns.get(id) ?? [];
    for (const message of messages) judgeMessage(message, shown, verdict);
    const order = shown.map(({ event }) => event);
    const isInOrder = order.join() === messages.map((message) => `chat:${message.id}`).join();
    const overlaps = shown.some((turn, n) => (turn.startedAt ?? 0) < (shown[n - 1]?.finishedAt ?? 0));
    if (!isInOrder || overlaps) verdict.outOfOrder.push(`${id}: ${order.join(" ")}`);
  }
  return verdict;
}

function judgeMessage(message: PlannedMessage, shown: readonly TurnView[], verdict: Verdict): void {
  const [turn, ...more] = shown.filter(({ event }) => event === `chat:${message.id}`);
  if (more.length > 0) verdict.duplicated.push(message.id);
  if (turn?.finishedAt == null) {
    verdict.lost.push(`${message.id} (${turn?.state ?? "never stored"})`);
    return;
  }
  const problem = problemOf(message, turn);
  if (problem !== null) verdict.wrong.push(`${message.id}: ${problem}`);
  for (const part of turn.parts)
    if (part.type === "tool" && part.status === "unknown") verdict.unknownOutcomes += 1;
}

/** What is wrong with an answer, or `null`. */
function problemOf({ rounds, say }: PlannedMessage, { state, notice, parts }: TurnView): string | null {
  if (state !== "done") return `${state}: ${notice}`;
  const calls = rounds.flat();
  const tools = parts.flatMap((part) => (part.type === "tool" ? [part] : []));
  if (tools.map(({ name }) => name).join() !== calls.map(({ name }) => name).join())
    return "other tool calls";
  for (const [n, { name, status, output }] of tools.entries()) {
    const isHonest = status === "unknown" && name === "post_orders" && output?.startsWith("Outcome unknown");
    const isAnswered = status === "ok" && output?.includes(calls[n]?.mark ?? "");
    if (!isHonest && !isAnswered) return `${name} ${status}: ${output}`;
  }
  const lastRound = tools.slice(tools.length - (rounds.at(-1)?.length ?? 0));
  const results = lastRound.map(({ name, output }) => `result of ${name}: ${output}`).join("\n");
  const text = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  if (text.length !== 1 || parts.at(-1)?.type !== "text") return `${text.length} texts`;
  return text[0] === (rounds.length === 0 ? say : results) ? null : `says ${JSON.stringify(text[0])}`;
}

/** POSTs that reached the API more than once, whatever their key said. */
function repeated(requests: readonly RecordedRequest[]): string[] {
  const posts = requests.filter(({ method }) => method === "POST");
  const bodies = Map.groupBy(posts, ({ body }) => body);
  const byBody = [...bodies].filter(([, same]) => same.length > 1).map(([body]) => body);
  const byKey = posts
    .filter(({ keyUses }) => keyUses !== 1)
    .map(({ headers }) => `key ${headers["idempotency-key"]}`);
  return [...byBody, ...byKey];
}
