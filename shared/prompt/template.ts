/** Templates of prompts: text of the character's author, with placeholders for what others wrote. */

const placeholder = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** Fills `{{name}}` by what `textOf` says of the name. Braces in what is filled in mean nothing. */
export function fillTemplate(template: string, textOf: (name: string) => string): string {
  return template.replace(placeholder, (_, name: string) => textOf(name));
}

/** The names of a template's placeholders, in order, each once. */
export function placeholdersOf(template: string): string[] {
  return [...new Set([...template.matchAll(placeholder)].flatMap(([, name]) => name ?? []))];
}

/** Marks what others wrote, for a model that is told what the mark means. Data cannot end its own mark. */
export function asData(text: string): string {
  return `<data>${text.replaceAll(/<(\/?)data/gi, "‹$1data")}</data>`;
}
