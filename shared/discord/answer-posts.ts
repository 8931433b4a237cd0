/** An answer as Discord messages. */
import type { ControlRow } from "./controls.ts";
import type { DesiredPosts } from "./posting-plan.ts";
import { MAX_CONTENT, splitText } from "./split.ts";

/** Messages that an answer may take; a longer one becomes a file with its beginning above it. */
export const MAX_PARTS = 5;
/** How much of an answer stands above its file, in UTF-16 code units. */
const HEAD = 1_500;

/** Stands under what was shown of an answer when it was stopped. */
const STOPPED = "\n-# stopped";
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
  const text = (answer.text.trim() + notice).trim() || "-# The model gave no text.";
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
  const parts = splitText(joinLines(above, text), PART).slice(0, MAX_PARTS);
  return { parts, ...(controls?.length && { controls }) };
}

/** What was posted of an answer, with a mark that nothing will follow, and nothing to press. */
export function stoppedPosts(posted: readonly string[]): DesiredPosts {
  const last = posted.length - 1;
  const mark = (content: string) => (content.endsWith(STOPPED) ? content : content + STOPPED);
  return { parts: posted.map((content, part) => (part === last ? mark(content) : content)) };
}

function joinLines(above: string, text: string): string {
  return [above, text].filter((lines) => lines.trim() !== "").join("\n");
}
