/** How the demo model tells what a tool gave back. */
import type { ToolResult } from "./provider.ts";

const MAX_TEXT = 600;
const MAX_ITEMS = 5;

/** Fields that carry what an object is about, the best first. */
const MAIN_FIELDS = [
  "text",
  "quote",
  "fact",
  "content",
  "message",
  "summary",
  "title",
  "name",
  "value",
] as const;
const AUTHOR_FIELDS = ["author", "by", "speaker"] as const;

/** One result in a sentence or a short list; errors are told as errors. */
export function describeToolResult(result: ToolResult): string {
  const content = result.content.trim();
  if (result.isError)
    return `I called \`${result.name}\`, but it did not work: ${cut(content || "no reason given")}`;
  if (content === "") return `I called \`${result.name}\`; it worked and returned nothing.`;
  const json = readJson(content);
  return json === undefined ? cut(content) : describe(json);
}

/** The JSON in `content`, which may stand behind a line such as "200 OK". */
function readJson(content: string): unknown {
  for (const start of [0, content.search(/[{[]/)]) {
    if (start < 0) continue;
    try {
      return JSON.parse(content.slice(start));
    } catch {
      // Not JSON from here; plain text is told as it is.
    }
  }
  return undefined;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return describeList(value);
  if (typeof value !== "object" || value === null) return cut(String(value));
  const fields = new Map<string, unknown>(Object.entries(value));
  const [only] = fields.values();
  // An envelope such as {"data": …}.
  if (fields.size === 1 && typeof only === "object" && only !== null) return describe(only);

  const main = takeText(fields, MAIN_FIELDS);
  const author = takeText(fields, AUTHOR_FIELDS);
  // Next to what it names, an id is noise.
  if (main !== null) fields.delete("id");
  const rest = [...fields].flatMap(([key, field]) =>
    isPlain(field) ? [`${key}: ${cut(String(field))}`] : [],
  );
  if (main === null)
    return [...rest, ...(author === null ? [] : [`by ${author}`])].join("; ") || cut(JSON.stringify(value));
  const said = author === null ? main : `“${main}” — ${author}`;
  return rest.length === 0 ? said : `${said} (${rest.join("; ")})`;
}

function describeList(list: readonly unknown[]): string {
  if (list.length === 0) return "I found nothing.";
  const items = list.slice(0, MAX_ITEMS).map((item) => `- ${describe(item)}`);
  if (list.length > MAX_ITEMS) items.push(`- and ${list.length - MAX_ITEMS} more`);
  return items.join("\n");
}

/** Takes the first of `names` that holds text out of `fields`. */
function takeText(fields: Map<string, unknown>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields.get(name);
    if (typeof value !== "string" || value.trim() === "") continue;
    fields.delete(name);
    return cut(value.trim());
  }
  return null;
}

function isPlain(value: unknown): boolean {
  return (
    (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean"
  );
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
