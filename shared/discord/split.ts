/**
 * Longest text of a message. Discord counts characters; a UTF-16 code unit is never more than one, so a text that fits
 * by `length` fits however it is counted.
 *
 * @see https://docs.discord.com/developers/resources/message#create-message-jsonform-params
 */
export const MAX_CONTENT = 2_000;

/** Closes a code block at the end of a part. */
const CLOSE = "\n```";
/** What opens or closes a code block. */
const FENCE = /`{3,}/g;
/** The end of a part in which a code block is opened and nothing is in it yet. */
const EMPTY_BLOCK = /`{3,}[^\s`]{0,40}\s*$/;
/** How far back a character may begin that cannot be cut, in UTF-16 code units. */
const LONGEST_CLUSTER = 48;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The code block that is open at the end of a text: its language (maybe `""`), or `null` outside of one. */
type OpenBlock = string | null;

/** What shows, in a text: neither white space nor anything that Unicode has shown as nothing. */
const SHOWS = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether nothing of a text shows. Discord refuses such a message as empty (50006). */
export function isBlank(text: string): boolean {
  return !SHOWS.test(text);
}

/**
 * Cuts a text into messages: at a blank line if it can, at a line's end, at a space, and in the middle of a word if it
 * must, but not inside of a character. A code block that is cut is closed, and opened again in the next part.
 *
 * Nothing but white space at the cuts is lost. Parts are stable: when a text grows at its end, all parts of it but the last
 * stay as they are.
 *
 * @param limit longest part in UTF-16 code units, at least 100.
 * @returns no part for a text of white space.
 */
export function splitText(text: string, limit = MAX_CONTENT): string[] {
  const parts: string[] = [];
  // Half a surrogate pair waits for its other half.
  let rest = text.replace(/[\uD800-\uDBFF]$/, "").trimEnd();
  let open: OpenBlock = null;
  while (rest !== "") {
    const prefix: string = open === null ? "" : `\`\`\`${open}\n`;
    const mayEndOpen = open !== null || rest.includes("```");
    const isLast = prefix.length + rest.length + (mayEndOpen ? CLOSE.length : 0) <= limit;
    const cut = isLast ? rest.length : findCut(rest, limit - prefix.length - CLOSE.length, open);
    const body = rest.slice(0, cut).trimEnd();
    open = blockAfter(body, open);
    if (body !== "") parts.push(prefix + body + (open === null ? "" : CLOSE));
    rest = rest.slice(cut);
    // The block's end is written already.
    const end = open === null ? null : /^\s*`{3,}/.exec(rest);
    if (end) {
      rest = rest.slice(end[0].length);
      open = null;
    }
    // A first line's indentation stays: it means something in code and in lists.
    rest = rest.replace(/^(?:(?:[^\S\n]*\n)+| +)/, "");
  }
  return parts;
}

/** Where to cut a text that is longer than `room`: after at least one character and at most `room`. */
function findCut(text: string, room: number, open: OpenBlock): number {
  const window = text.slice(0, room);
  const cut = preferredCut(text, window);
  // A block of which only the first line would fit begins in the next part.
  const block = EMPTY_BLOCK.exec(window.slice(0, cut));
  if (block === null) return cut;
  const before = window.slice(0, block.index);
  return before.trim() !== "" && blockAfter(before, open) === null ? block.index : cut;
}

function preferredCut(text: string, window: string): number {
  const paragraph = window.lastIndexOf("\n\n");
  if (paragraph >= window.length / 2) return paragraph;
  const line = window.lastIndexOf("\n");
  if (line >= window.length / 4) return line;
  const space = window.lastIndexOf(" ");
  if (space >= window.length / 4) return space;
  return hardCut(text, window.length);
}

/** The last place up to `at` that is between two characters as people see them, and not between two backticks. */
function hardCut(text: string, at: number): number {
  const from = Math.max(0, at - LONGEST_CLUSTER);
  const around = text.slice(from, at + 2);
  const start = graphemes.segment(around).containing(at - from)?.index ?? at - from;
  const cut = from + start;
  const run = /`+$/.exec(text.slice(from, cut));
  if (run && text[cut] === "`" && from + run.index > 0) return from + run.index;
  return cut > from ? cut : at;
}

/** The block that is open after `text`, when `before` was open at its beginning. Discord takes every fence for one. */
function blockAfter(text: string, before: OpenBlock): OpenBlock {
  let open = before;
  for (const { 0: fence, index } of text.matchAll(FENCE)) {
    const after = text.slice(index + fence.length);
    open = open === null ? (/^[\w+\-.#]{1,30}(?=\n)/.exec(after)?.[0] ?? "") : null;
  }
  return open;
}
