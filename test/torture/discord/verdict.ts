/** Compares what stands in Discord after a torture run with what should. */
import type { PlannedConversation, PlannedMessage } from "./plan.ts";

/** A message of the bot as it stands at the end. */
export interface ShownMessage {
  content: string;
  /** Text of an attached file, when there is one. */
  file: string | null;
}

/** Broken promises, one line each. All lists must be empty. */
export interface Verdict {
  lost: string[];
  duplicated: string[];
  outOfOrder: string[];
  /** An answer that is there once and is not what the model said. */
  wrong: string[];
}

/** @param shown what the bot has written in each conversation, oldest first. */
export function judge(
  conversations: readonly PlannedConversation[],
  shown: (conversation: PlannedConversation) => readonly ShownMessage[],
): Verdict {
  const verdict: Verdict = { lost: [], duplicated: [], outOfOrder: [], wrong: [] };
  for (const conversation of conversations) judgeConversation(conversation, shown(conversation), verdict);
  return verdict;
}

function judgeConversation(
  { messages }: PlannedConversation,
  shown: readonly ShownMessage[],
  verdict: Verdict,
): void {
  const found: { message: PlannedMessage; at: number }[] = [];
  for (const message of messages) {
    const places = placesOf(message, shown);
    if (places.length === 0) verdict.lost.push(message.mark);
    if (places.length > 1) verdict.duplicated.push(`${message.mark}: ${places.length} times`);
    const [at] = places;
    if (at === undefined) continue;
    found.push({ message, at });
    const problem = places.length === 1 ? problemOf(message, shown, at) : null;
    if (problem !== null) verdict.wrong.push(`${message.mark}: ${problem}`);
  }
  const order = found.toSorted((a, b) => a.at - b.at).map(({ message }) => message.mark);
  const expected = found.map(({ message }) => message.mark);
  if (order.join() !== expected.join()) verdict.outOfOrder.push(order.join(" "));
}

/** Where an answer begins. */
function placesOf({ mark }: PlannedMessage, shown: readonly ShownMessage[]): number[] {
  return shown.flatMap(({ content }, at) => (content.includes(`${mark} begins`) ? [at] : []));
}

/** What is wrong with the answer that begins at `at`, or `null`: it must be there to its last word, in one piece. */
function problemOf({ mark, say }: PlannedMessage, shown: readonly ShownMessage[], at: number): string | null {
  const file = shown[at]?.file;
  if (file != null) return words(file) === words(say) ? null : `the file has ${file.length} characters`;
  let text = "";
  for (const { content } of shown.slice(at)) {
    text += `${content}\n`;
    if (content.includes(`${mark} ends`)) break;
  }
  if (words(text) === words(say)) return null;
  return `${JSON.stringify(text.slice(0, 60))} … ${JSON.stringify(text.slice(-60))}, ${text.length} characters`;
}

/** Text without regard to how it is broken into lines and messages. */
function words(text: string): string {
  return text.split(/\s+/).filter(Boolean).join(" ");
}
