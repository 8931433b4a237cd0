/** How the demo model picks tools and fills in their arguments: by the words they share with the user's message. */
import * as z from "zod";
import type { ToolCall, ToolDefinition } from "./provider.ts";

/** Calls that one message leads to. */
export interface DemoChoice {
  calls: ToolCall[];
  /** The tool that fits, when its arguments are not in the message. */
  incomplete: ToolDefinition | null;
}

const MAX_CALLS = 3;
const NAME_MATCH = 3;
const DESCRIPTION_MATCH = 2;
/** A tool whose arguments are all there beats one that only sounds better … */
const COMPLETE = 10;
/** … but who asks for a change does not want to be read something instead. */
const CHANGE_WANTED = 20;

/** Words that say nothing about which tool is meant. */
const STOPWORDS = new Set(
  "a about add all an and any are at body by can change create delete do for from get give have help how i id in is it its list make me my new of on one optional or patch path please post put query remove save send show some tell that the these this to update use want what which who with you your".split(
    " ",
  ),
);

const WANTS_CHANGE = /\b(add|change|create|delete|remove|save|send|store|submit|update)\b/i;
const CHANGES = /^(post|put|patch|delete)_/i;

const propertySchema = z.object({
  type: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  properties: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/**
 * Picks at most one tool for each part of `text` ("a quote and a fact" has two), {@link MAX_CALLS} in all.
 *
 * @param callsBefore how many calls the conversation already has; call ids go on from there.
 */
export function chooseDemoCalls(
  text: string,
  tools: readonly ToolDefinition[],
  callsBefore: number,
): DemoChoice {
  const calls = new Map<string, unknown>();
  let incomplete: ToolDefinition | null = null;
  // Text in quotes is an argument, not a request, whatever words it has.
  for (const part of text.split(/(?:\band\b|[;,])(?=(?:[^"“”]*["“][^"“”]*["”])*[^"“”]*$)/i)) {
    const best = bestTool(part, tools);
    if (best === null) continue;
    if (best.input === null) incomplete ??= best.tool;
    else if (!calls.has(best.tool.name) && calls.size < MAX_CALLS) calls.set(best.tool.name, best.input);
  }
  return {
    calls: [...calls].map(([name, input], index) => ({ id: `demo-${callsBefore + index + 1}`, name, input })),
    incomplete,
  };
}

interface Candidate {
  tool: ToolDefinition;
  /** `null`: a required argument is not in the message. */
  input: Record<string, unknown> | null;
  score: number;
}

function bestTool(part: string, tools: readonly ToolDefinition[]): Candidate | null {
  const asked = words(part.replaceAll(/["“][^"“”]*["”]/g, " "));
  const wantsChange = WANTS_CHANGE.test(part);
  let best: Candidate | null = null;
  for (const tool of tools) {
    const changes = CHANGES.test(tool.name);
    // Reading is harmless; changing something takes a word that asks for it.
    if (changes && !wantsChange) continue;
    const inName = words(tool.name);
    const inDescription = words(tool.description);
    let score = changes ? CHANGE_WANTED : 0;
    let matches = 0;
    for (const word of asked) {
      const points = (inName.has(word) ? NAME_MATCH : 0) + (inDescription.has(word) ? DESCRIPTION_MATCH : 0);
      score += points;
      matches += points;
    }
    if (matches === 0) continue;
    const input = fillArguments(tool, part);
    // Among those, the one whose arguments the user took the trouble to name is the one that is meant.
    if (input !== null) score += COMPLETE + (tool.inputSchema.required?.length ?? 0);
    if (best === null || score > best.score) best = { tool, input, score };
  }
  return best;
}

/** Content words, lower case, without plural s. */
function words(text: string): Set<string> {
  const found = text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
  return new Set(
    found
      .filter((word) => !STOPWORDS.has(word))
      .map((word) => (word.length > 3 ? word.replace(/s$/, "") : word)),
  );
}

function fillArguments(tool: ToolDefinition, text: string): Record<string, unknown> | null {
  const input: Record<string, unknown> = {};
  const required = new Set(tool.inputSchema.required ?? []);
  for (const [name, schema] of Object.entries(tool.inputSchema.properties)) {
    const property = propertySchema.safeParse(schema).data ?? {};
    const value =
      property.type === "object" || name === "query" || name === "body"
        ? fillObject(name, tool, property.properties, text)
        : argumentFor(name, property.type, tool, text);
    if (value !== undefined) input[name] = value;
    // A call that changes something is pointless without a body, required or not.
    else if (required.has(name) || name === "body") return null;
  }
  return input;
}

/** Fills `query` or `body` by the fields its schema names, else those that the description lists ("Query: topic"). */
function fillObject(
  name: string,
  tool: ToolDefinition,
  properties: Record<string, unknown> | undefined,
  text: string,
): Record<string, unknown> | undefined {
  const listed = new RegExp(`\\b${name}: *([^.]+)`, "i").exec(tool.description)?.[1] ?? "";
  const fields = properties
    ? Object.keys(properties)
    : (listed.replaceAll(/\([^)]*\)/g, "").match(/[\w-]+/g) ?? []);
  const filled = fields.flatMap((field) => {
    const value = argumentFor(field, undefined, tool, text);
    return value === undefined ? [] : [[field, value] as const];
  });
  return filled.length === 0 ? undefined : Object.fromEntries(filled);
}

function argumentFor(
  name: string,
  type: string | undefined,
  tool: ToolDefinition,
  text: string,
): string | number | undefined {
  if (type === "number" || type === "integer") {
    const number = /-?\d+(\.\d+)?/.exec(text)?.[0];
    return number === undefined ? undefined : Number(number);
  }
  if (/(^|[_-])(id|number|key)$|Id$/.test(name)) {
    return /(?:#|\bid:? )([\w-]+)/i.exec(text)?.[1] ?? numberedThing(tool, text);
  }
  if (/^(author|by|user|speaker)$/i.test(name))
    return /\bby (\p{Lu}[\p{L}.'’-]*(?: \p{Lu}[\p{L}.'’-]*)*)/u.exec(text)?.[1];
  if (/^(text|quote|fact|content|message|title|body)$/i.test(name))
    return /["“]([^"“”]+)["”]/.exec(text)?.[1];
  const unquoted = text.replaceAll(/["“][^"“”]*["”]/g, " ");
  return /\b(?:about|on|for|in) ([\p{L}\d][\p{L}\d'’-]*)/iu.exec(unquoted)?.[1];
}

/** The 7 of "quote 7", for a tool about quotes; not that of "7 quotes". */
function numberedThing(tool: ToolDefinition, text: string): string | undefined {
  const things = words(tool.name);
  for (const [, thing = "", number] of text.matchAll(/(\p{L}+) (\d+)\b/gu)) {
    if ([...words(thing)].some((word) => things.has(word))) return number;
  }
  return undefined;
}
