/**
 * Markdown of a model to HTML that may go into the page. Raw HTML is shown as text and unsafe protocols never become
 * links (micromark's default); a link opens a tab that knows nothing of this one.
 */
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

/**
 * Longest block, in UTF-16 code units, that is formatted; a longer one is shown as it was written. Unclosed emphasis
 * and deep quotes take quadratic time: at this length a second at worst.
 */
export const MAX_BLOCK = 8_000;

/** A list this long, in UTF-16 code units, goes on as another list at its next loose item. */
const LONG_LIST = 3_000;

const options = {
  extensions: [
    gfm(),
    {
      disable: {
        null: [
          // An image would tell a foreign server that the answer was read; as a link it is a person's choice.
          "labelStartImage",
          // Footnotes link to `#…`, which is where this page keeps its own address.
          "gfmFootnoteCall",
          "gfmFootnoteDefinition",
        ],
      },
    },
  ],
  htmlExtensions: [gfmHtml()],
};

/** Renders one block of {@link splitBlocks} (CommonMark and GitHub's tables, task lists and bare links) to safe HTML. */
export function renderBlock(block: string): string {
  if (block.length > MAX_BLOCK && !opensFence(block)) return `<pre>${escapeHtml(block)}</pre>`;
  // micromark has escaped all HTML of the text, so every `<a href="` is its own.
  return micromark(block, options).replace(
    /<a href="((?:https?:|mailto:)[^"]*)?[^"]*"/gi,
    (_, address: string | undefined) =>
      address === undefined ? "<a" : `<a href="${address}" target="_blank" rel="noopener noreferrer"`,
  );
}

/**
 * Cuts Markdown into blocks that can be rendered one by one. Text appended later changes the last block, and adds
 * others behind it, but leaves those before it alone: a growing answer costs what its last paragraph costs.
 *
 * The price is that a reference link finds its definition only within its own block.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] = [];
  let fence: string | null = null;
  let length = 0;
  let afterBlank = false;

  const close = () => {
    if (block.some((line) => line.trim() !== "")) blocks.push(block.join("\n"));
    block = [];
    length = 0;
  };

  for (const line of text.split("\n")) {
    if (fence !== null) {
      block.push(line);
      if (line.startsWith(fence) && line.replaceAll(fence.charAt(0), "").trim() === "") {
        fence = null;
        close();
      }
      continue;
    }
    fence = opensFence(line);
    if (fence !== null || (afterBlank && startsAnew(line, length > LONG_LIST))) close();
    block.push(line);
    length += line.length;
    afterBlank = line.trim() === "";
  }
  close();
  return blocks;
}

/** After a blank line, an indented line belongs to the list before it, and so does an item unless the list is long. */
function startsAnew(line: string, isLong: boolean): boolean {
  if (/^(?:\s|$)/.test(line)) return false;
  return isLong || !/^(?:[-*+]|\d{1,9}[.)])(?:\s|$)/.test(line);
}

/** The fence that an unindented line opens, as it must be repeated to close it. */
function opensFence(line: string): string | null {
  return /^(?:(`{3,})[^`\n]*(?:\n|$)|(~{3,}))/.exec(line)?.slice(1).find(Boolean) ?? null;
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
