/**
 * One line of code: nothing in it is read as Markdown or as a mention.
 *
 * @param longest in UTF-16 code units; what is longer is cut, and says so.
 */
export function inCode(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = text.replace(/[`\s]+/g, (found) => (found.includes("`") ? "'" : " ")).toWellFormed();
  const cut = line.length > longest ? `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : line;
  return `\`${cut}\``;
}
