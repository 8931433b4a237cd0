/** One line of code in Discord's Markdown: nothing in it is read as Markdown or as a mention. */
export function inCode(text: string): string {
  return `\`${text.replaceAll("`", "'").replace(/\s+/g, " ")}\``;
}
