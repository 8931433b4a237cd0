/** Finds fields of a `character.json` that nothing reads: most are typing errors. */
import { closest, distance } from "fastest-levenshtein";
import { characterJsonSchema, type JsonSchema } from "./json-schema.ts";
import { formatPath, type Path } from "./problems.ts";

/** A field the format does not know. */
export interface UnknownField {
  /** For people, such as `llm.maxToken`. */
  path: string;
  segments: Path;
  name: string;
  /** The known field of the same object that was probably meant; `undefined` when none is close. */
  nearest: string | undefined;
}

const format = characterJsonSchema();

/** Every unknown field, in the order of the file. Names that the author chooses (servers, sources, headers) are free. */
export function findUnknownFields(json: unknown): UnknownField[] {
  return unknownIn(json, format, []);
}

function unknownIn(value: unknown, schema: JsonSchema, at: Path): UnknownField[] {
  if (typeof value !== "object" || value === null) return [];
  const form = formOf(schema, Array.isArray(value) ? "array" : "object");
  if (form === undefined) return [];
  const { items } = form;
  if (Array.isArray(value)) {
    return items === undefined ? [] : value.flatMap((item, index) => unknownIn(item, items, [...at, index]));
  }
  const known = form.properties ?? {};
  return Object.entries(value).flatMap(([name, member]) => {
    const segments = [...at, name];
    const field = Object.hasOwn(known, name) ? known[name] : form.additionalProperties;
    if (field !== undefined) return unknownIn(member, field, segments);
    return [{ path: formatPath(segments), segments, name, nearest: nearestName(name, Object.keys(known)) }];
  });
}

/** A field that takes several forms (one job or a list) is judged by the form that stands there. */
function formOf(schema: JsonSchema, type: "array" | "object"): JsonSchema | undefined {
  return [schema, ...(schema.anyOf ?? [])].find((form) => form.type === type);
}

/** `max_tokens`, `maxtokens` and `maxToken` all mean `maxTokens`. */
function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const byPlain = new Map(known.map((candidate) => [plain(candidate), candidate]));
  const wanted = plain(name);
  const best = byPlain.size > 0 ? closest(wanted, [...byPlain.keys()]) : undefined;
  if (best === undefined || distance(wanted, best) > Math.min(3, Math.ceil(best.length / 3)))
    return undefined;
  return byPlain.get(best);
}
