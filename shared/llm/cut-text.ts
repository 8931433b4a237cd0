import { estimateTokens } from "./tokens.ts";

/** The least that {@link cutToTokens} can cut a text to: the mark that says so. */
export const LEAST_CUT_TOKENS = 40;

/**
 * Cuts a text to at most `limit` estimated tokens. It loses its middle, for what matters most often stands at the
 * beginning or the end; a line in its place says how much is missing.
 *
 * @param limit at least {@link LEAST_CUT_TOKENS}; a smaller one counts as that.
 */
export function cutToTokens(text: string, limit: number): string {
  const room = Math.max(limit, LEAST_CUT_TOKENS);
  if (estimateTokens(text) <= room) return text;
  let fits = 0;
  let tooMany = text.length;
  while (tooMany - fits > 1) {
    const kept = Math.floor((fits + tooMany) / 2);
    if (estimateTokens(keepEnds(text, kept)) <= room) fits = kept;
    else tooMany = kept;
  }
  return keepEnds(text, fits);
}

/** Keeps `kept` UTF-16 code units, three quarters of them from the beginning; never half a surrogate pair. */
function keepEnds(text: string, kept: number): string {
  const tail = Math.floor(kept / 4);
  const start = text.slice(0, kept - tail).replace(/[\uD800-\uDBFF]$/, "");
  const end = text.slice(text.length - tail).replace(/^[\uDC00-\uDFFF]/, "");
  const missing = (text.length - start.length - end.length).toLocaleString("en-US");
  return `${start}\n[… ${missing} characters left out here: too long for the model …]\n${end}`;
}
