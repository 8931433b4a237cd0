/** What people are shown of tool calls that wait for their approval. */
import { type AnswerAddress, approvalControls } from "./answer-controls.ts";
import { type AnswerParts, livePosts } from "./answer-posts.ts";
import { type ControlRow, MAX_ROWS } from "./controls.ts";
import type { DesiredPosts } from "./posting-plan.ts";
import { inputAsJson } from "./shown-input.ts";
import { MAX_CONTENT, splitText } from "./split.ts";

/** A tool call that waits for a decision. */
export interface PendingCall {
  /** As a turn's view shows it. */
  id: string;
  name: string;
  input: unknown;
  /** When it is declined if nobody decides, in Unix milliseconds. */
  until: number;
}

/** How much of one call's arguments is shown, in UTF-16 code units. */
const SHOWN_ARGUMENTS = 1_000;
/** Longest name that is shown whole, in UTF-16 code units. */
const SHOWN_NAME = 100;

/**
 * Posts of an answer that waits for approval: what there is of it, then each call with its arguments, then the buttons.
 * No more calls than Discord has rows; the next are shown when these are decided.
 */
export function approvalPosts(
  answer: Pick<AnswerParts, "above" | "text">,
  calls: readonly PendingCall[],
  address: AnswerAddress,
): DesiredPosts {
  const { text, controls } = approvalRequest(calls, address);
  const said = livePosts(answer).parts;
  const last = said.at(-1);
  const together = last === undefined ? text : `${last}\n\n${text}`;
  const parts =
    together.length <= MAX_CONTENT ? [...said.slice(0, -1), together] : [...said, ...splitText(text)];
  return { parts, controls };
}

function approvalRequest(
  calls: readonly PendingCall[],
  address: AnswerAddress,
): { text: string; controls: ControlRow[] } {
  const shown = calls.slice(0, MAX_ROWS);
  const isOne = shown.length === 1;
  const controls = shown.flatMap(({ id }, index) =>
    approvalControls(address, id, isOne ? undefined : index + 1),
  );
  const lines = [
    isOne ? "✋ **This call needs approval:**" : "✋ **These calls need approval:**",
    ...shown.map((call, index) => describe(call, isOne ? "" : `${index + 1}. `)),
    ...(calls.length > shown.length
      ? [`-# ${calls.length - shown.length} more wait, and are shown when these are decided.`]
      : []),
    ...(controls.length === 0
      ? ["-# The name of this conversation is too long for buttons: it cannot be approved here."]
      : []),
    `-# Declined by itself <t:${Math.floor(Math.min(...shown.map(({ until }) => until)) / 1_000)}:R> if nobody decides.`,
  ];
  return { text: lines.join("\n"), controls };
}

function describe({ name, input }: PendingCall, number: string): string {
  const tool = `${number}\`${plain(name).slice(0, SHOWN_NAME).replaceAll("`", "'")}\``;
  const all = plain(inputAsJson(input, 2));
  if (all === "" || all === "{}") return `${tool}, without arguments`;
  const head = all.slice(0, SHOWN_ARGUMENTS).replace(/[\uD800-\uDBFF]$/, "");
  const hidden = all.length - head.length;
  const rest =
    hidden > 0
      ? `\n-# ${hidden.toLocaleString("en-US")} more characters of its arguments are not shown here.`
      : "";
  return `${tool}\n\`\`\`json\n${head.replaceAll("```", "`\u200B``")}\n\`\`\`${rest}`;
}

/** Whoever approves must see what is there: characters that change how others look are written out. */
function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cf}\p{Zl}\p{Zp}\u007F-\u009F]/gu, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}
