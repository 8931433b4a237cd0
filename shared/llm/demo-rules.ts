/** What the demo model says: a few rules over the conversation, no language model. */

import { followPlaybook } from "./demo-follow.ts";
import { chooseMemoryCall, withoutMemoryTools } from "./demo-memory.ts";
import { findPlaybook } from "./demo-playbook.ts";
import { answer, type DemoReply } from "./demo-reply.ts";
import { describeToolResult } from "./demo-tool-result.ts";
import { chooseDemoCalls } from "./demo-tools.ts";
import type { ModelRequest, ToolDefinition } from "./provider.ts";
import { isSummaryRequest } from "./summary.ts";

const MAX_COUNT = 1_000;
const LONG_PARAGRAPHS = 40;
const QUOTED_MESSAGES = 3;
const LISTED_TOOLS = 6;
const SUMMARISED_MESSAGES = 20;

/**
 * Decides the reply. After tool results comes the answer, never another call, so that a turn always ends; only a playbook
 * goes on, and it has an end.
 *
 * The rules, first match first: a summary, a playbook of the system prompt, results to tell, memory, a long answer, the
 * conversation recalled, tools, files, an introduction.
 */
export function demoReply(request: ModelRequest): DemoReply {
  const playbook = isSummaryRequest(request) ? null : findPlaybook(request.system.stable, askedIn(request));
  if (playbook !== null) return followPlaybook(playbook, request, countCalls(request.messages));
  const last = request.messages.at(-1);
  if (last?.role === "tool") return answer(last.results.map(describeToolResult).join("\n\n"));

  const said = request.messages.flatMap((message) => (message.role === "user" ? [message.text.trim()] : []));
  const text = said.pop() ?? "";
  if (isSummaryRequest(request)) return answer(summarise(text));
  const mayCallTools = request.toolChoice === "auto";
  const callsBefore = countCalls(request.messages);
  const memory = mayCallTools ? chooseMemoryCall(text, request.tools) : null;
  if (memory !== null) {
    const { announcement, ...call } = memory;
    return { text: announcement, toolCalls: [{ id: `demo-${callsBefore + 1}`, ...call }] };
  }
  const long = longAnswer(text);
  if (long !== null) return answer(long);
  if (asksForThePast(text)) return answer(recall(said));

  if (mayCallTools) {
    const choice = chooseDemoCalls(text, withoutMemoryTools(request.tools), callsBefore);
    if (choice.calls.length > 0) return { text: "Let me look that up.", toolCalls: choice.calls };
    if (choice.incomplete !== null) return answer(askForArguments(choice.incomplete));
  }
  const files = attachedFiles(text);
  if (files.length > 0) return answer(acknowledge(files));
  return answer(introduction(text, request.tools));
}

/** The message that the turn is about. */
function askedIn({ messages }: ModelRequest): string {
  return messages.findLast((message) => message.role === "user")?.text ?? "";
}

function countCalls(messages: ModelRequest["messages"]): number {
  const calls = messages.map((message) => (message.role === "assistant" ? message.toolCalls.length : 0));
  return calls.reduce((total, count) => total + count, 0);
}

/** Answers that take a while, for trying the Stop button and live updates. */
function longAnswer(text: string): string | null {
  const count = /\bcount (?:up )?(?:from 1 )?to (\d{1,6})\b/i.exec(text);
  if (count !== null) {
    const end = Math.min(Number(count[1]), MAX_COUNT);
    return Array.from({ length: end }, (_, index) => index + 1).join(" ");
  }
  if (!/\b(long|lengthy) (answer|text|story|message|reply)\b/i.test(text)) return null;
  return Array.from({ length: LONG_PARAGRAPHS }, (_, index) => {
    const number = index + 1;
    return `${number}. This is paragraph ${number} of ${LONG_PARAGRAPHS}. It says nothing new; it is here so that you can watch a long answer arrive word by word, and stop it whenever you have seen enough.`;
  }).join("\n\n");
}

function asksForThePast(text: string): boolean {
  return /\b(did|have) i (just )?(say|said|ask|asked|tell|told|write|written)\b|\bwhat i (said|asked|told|wrote)\b|\bdo you remember\b|\bmy (last|previous|first|earlier) (message|question)s?\b/i.test(
    text,
  );
}

function recall(said: readonly string[]): string {
  if (said.length === 0) return "This is the first message that I can see from you here.";
  const quoted = said
    .slice(-QUOTED_MESSAGES)
    .map((message) => `> ${cut(message.replaceAll(/\s+/g, " "), 300)}`);
  const lead =
    said.length === 1
      ? "Before this, you wrote:"
      : `Before this, you wrote ${said.length} messages. The latest:`;
  return `${lead}\n\n${quoted.join("\n\n")}`;
}

/** Keeps what the user wrote, the newest last; what a summary so far kept stands in a list as well. */
function summarise(material: string): string {
  const messagesAt = material.indexOf("Messages:\n");
  const kept = [
    ...material.slice(0, messagesAt).matchAll(/^- (.+)$/gm),
    ...material.slice(messagesAt).matchAll(/^User: (.+)$/gm),
  ].map(([, said = ""]) => `- ${cut(said, 120)}`);
  return ["The user wrote, among other things:", ...kept.slice(-SUMMARISED_MESSAGES)].join("\n");
}

/** Names of the files that a message says are attached, as `tellAttachment` writes it. */
function attachedFiles(text: string): string[] {
  return [...text.matchAll(/^\[Attached: (.+) \([^()]*\): /gm)].map(([, name = ""]) => name);
}

function acknowledge(files: readonly string[]): string {
  const named = files.map((name) => `\`${cut(name, 80)}\``).join(", ");
  return `You attached ${named}. A real model would read ${files.length === 1 ? "it" : "them"}; I only see that ${files.length === 1 ? "it is" : "they are"} there.`;
}

function askForArguments(tool: ToolDefinition): string {
  return `That sounds like \`${tool.name}\` (${summary(tool)}), but I could not find everything it needs in your message. Put texts in "quotes" and ids behind a #.`;
}

function introduction(text: string, allTools: readonly ToolDefinition[]): string {
  const tools = withoutMemoryTools(allTools);
  const greeting = text === "" ? "Hello!" : `Hello! You wrote “${cut(text, 120)}”.`;
  const remembering =
    tools.length < allTools.length
      ? "Say “remember that I like tea”, and ask “what do you know about me?” in another conversation. "
      : "";
  const tryThese = `${remembering}Ask me “what did I say before?” to see that I remember, or “count to 200” to watch me write.`;
  if (tools.length === 0) return `${greeting} I only know a few tricks, and have no tools. ${tryThese}`;
  const listed = tools.slice(0, LISTED_TOOLS).map((tool) => `- \`${tool.name}\`: ${summary(tool)}`);
  const more = tools.length > LISTED_TOOLS ? [`- and ${tools.length - LISTED_TOOLS} more`] : [];
  return `${greeting} I only know a few tricks, but I can really call these tools when you mention them:\n\n${[...listed, ...more].join("\n")}\n\n${tryThese}`;
}

function summary(tool: ToolDefinition): string {
  const [first = ""] = tool.description.split(/(?<=\.)\s/);
  return cut(first === "" ? "no description" : first, 120);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
