/** An answer as Discord messages. */
import type { ControlRow } from "./controls.ts";
import type { DesiredPosts } from "./posting-plan.ts";
import { isBlank, MAX_CONTENT, splitText } from "./split.ts";

/** Messages that an answer may take; a longer one becomes a file with its beginning above it. */
export const MAX_PARTS = 5;
/** How much of an answer stands above its file, in UTF-16 code units. */
const HEAD = 1_500;

/** Stands under what was shown of an answer when it was stopped. */
const STOPPED = "\n-# stopped";
/** Stands under what Discord has taken of an answer that it did not take whole. */
const INCOMPLETE = "\n-# The rest could not be posted here.";
/** Stands in place of what a rule of the server blocks. It repeats nothing of it. */
const HELD_BACK = "\n-# A rule of this server does not let this answer pass.";
/** Room in every message for {@link STOPPED}. */
const PART = MAX_CONTENT - STOPPED.length;

/** What an answer consists of. */
export interface AnswerParts {
  /** Lines above the text; `""` for none. */
  above: string;
  text: string;
  /** A remark below the text, or `null`. */
  notice: string | null;
  /** What can be pressed under it. */
  controls?: readonly ControlRow[];
}

/** Posts of an answer that is complete. `files: "refused"`: the bot may not attach files there. */
export function finalPosts(answer: AnswerParts, files: "allowed" | "refused" = "allowed"): DesiredPosts {
  const controls = answer.controls?.length ? { controls: answer.controls } : {};
  const notice = answer.notice === null ? "" : `\n-# ${answer.notice}`;
  const said = isBlank(answer.text) ? "" : answer.text.trim();
  const text = (said + notice).trim() || "-# The model gave no text.";
  const parts = splitText(joinLines(answer.above, text), PART);
  if (parts.length <= MAX_PARTS || files === "refused") return { parts, ...controls };
  const [head = ""] = splitText(joinLines(answer.above, text), HEAD);
  const size = answer.text.length.toLocaleString("en-US");
  const remark = `-# This is the beginning. The whole answer (${size} characters) is in the file.`;
  return {
    parts: [`${head}\n${remark}${notice}`],
    file: { name: "answer.md", type: "text/markdown; charset=utf-8", content: answer.text },
    ...controls,
  };
}

/** Posts of an answer that is being written: those that its final form may keep. */
export function livePosts({ above, text, controls }: Omit<AnswerParts, "notice">): DesiredPosts {
  const whole = joinLines(above, text);
  const parts = isBlank(whole) ? [] : splitText(whole, PART).slice(0, MAX_PARTS);
  return { parts, ...(controls?.length && { controls }) };
}

/** What was posted of an answer, with a mark that nothing will follow, and nothing to press. */
export function stoppedPosts(posted: readonly string[]): DesiredPosts {
  return marked(posted, STOPPED);
}

/** The same of an answer whose end Discord does not take. */
export function incompletePosts(posted: readonly string[]): DesiredPosts {
  return marked(posted, INCOMPLETE);
}

/** The same of an answer of which a rule of the place blocks the rest. @param posted what it has let pass; maybe nothing. */
export function heldBackPosts(posted: readonly string[]): DesiredPosts {
  return posted.length === 0 ? { parts: [HELD_BACK.trim()] } : marked(posted, HELD_BACK);
}

/** The last message with a mark under it, or the mark as a message of its own where there is no room. */
function marked(posted: readonly string[], mark: string): DesiredPosts {
  const last = posted.at(-1) ?? "";
  if (last.endsWith(mark.trim())) return { parts: posted };
  if (last.length + mark.length > MAX_CONTENT) return { parts: [...posted, mark.trim()] };
  return { parts: [...posted.slice(0, -1), (last + mark).trimStart()] };
}

function joinLines(above: string, text: string): string {
  return [above, text].filter((lines) => lines.trim() !== "").join("\n");
}
