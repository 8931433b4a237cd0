/** Reads files of Helm values, and puts several of them over each other as Helm does. */
import { type Document, isNode, LineCounter, parseDocument, type YAMLError } from "yaml";
import { formatPath, type Path } from "../../shared/character/problems.ts";
import { isRecord } from "../../shared/gateway/payload.ts";
import { MigrationStopped } from "./stopped.ts";

/** Fields by name, as they stand in a file. */
export type JsonObject = Record<string, unknown>;

/** What a file says. */
export interface ValuesFile {
  values: JsonObject;
  /** What was read otherwise than it is written. */
  remarks: readonly string[];
}

/** Whole numbers with as many digits are ids: nothing else in values is that large. A Discord id has 15 or more. */
const SMALLEST_ID = 10n ** 14n;

/**
 * Reads one file of values, or the values of a Flux HelmRelease. Ids that are written as numbers are kept with all their
 * digits, as texts.
 *
 * @param file its name, for messages.
 * @throws MigrationStopped when it is no YAML or holds no values, with line and column where there is one.
 */
export function readValuesFile(file: string, text: string): ValuesFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { intAsBigInt: true, merge: true, lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new MigrationStopped("yaml", `${file}${position(error.pos[0], lines)}: ${reason(error)}`);
  const remarks: string[] = [];
  const content = contentOf(file, document);
  const locate = (path: Path) => position(startOf(document, [...content.path, ...path]), lines);
  const values = withPlainNumbers(content.values, (path, found) => {
    const where = `${file}${locate(path)}: ${formatPath(path)}`;
    if (typeof found === "number") {
      const message = `found ${found}, expected the id in quotes (its last digits are lost: copy it again)`;
      throw new MigrationStopped("values", `${where}: ${message}`);
    }
    remarks.push(`${where}: the id ${found} is a number here; it is kept in quotes, with all its digits`);
  });
  return { values, remarks };
}

/** Puts values over others: objects by their fields, everything else as a whole; `null` takes a field away. */
export function mergeValues(under: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(under));
  for (const [name, value] of Object.entries(over)) {
    const before = merged.get(name);
    if (value === null) merged.delete(name);
    else merged.set(name, isRecord(value) ? mergeValues(isRecord(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}

function reason({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") return "found a second document, expected one file of values";
  // Behind this yaml quotes the source, which may hold a secret.
  const [what] = message.split(/ at line \d+, column \d+|: "|\n/);
  return `not YAML: ${what}`;
}

/** The values in a document, and where in it they stand. */
function contentOf(file: string, document: Document): { values: JsonObject; path: Path } {
  const json = plain(file, document);
  if (!isRecord(json)) {
    throw new MigrationStopped("values", `${file}: expected the values of a chart (names and what they are)`);
  }
  if (typeof json.apiVersion !== "string" || typeof json.kind !== "string") return { values: json, path: [] };
  const { spec } = json;
  if (json.kind === "HelmRelease" && isRecord(spec) && isRecord(spec.values)) {
    return { values: spec.values, path: ["spec", "values"] };
  }
  const message = `found a manifest of kind ${json.kind}, expected values, or a HelmRelease with spec.values`;
  throw new MigrationStopped("values", `${file}: ${message}`);
}

function plain(file: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // yaml's way of refusing aliases: to nothing, to themselves, or to too much.
    if (!(error instanceof ReferenceError)) throw error;
    throw new MigrationStopped("yaml", `${file}: not YAML: ${error.message}`);
  }
}

/** Makes numbers of whole numbers again, and texts of those that are ids; `tell` hears of each id. */
function withPlainNumbers(
  fields: JsonObject,
  tell: (path: Path, found: bigint | number) => void,
  at: Path = [],
): JsonObject {
  const convert = (value: unknown, path: Path): unknown => {
    if (typeof value === "bigint") {
      if (value < SMALLEST_ID) return Number(value);
      tell(path, value);
      return String(value);
    }
    if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) tell(path, value);
    if (Array.isArray(value)) return value.map((item, index) => convert(item, [...path, index]));
    return isRecord(value) ? withPlainNumbers(value, tell, path) : value;
  };
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, convert(value, [...at, name])]),
  );
}

/** Offset of the value at a path; what an alias or a merge key brings along stands elsewhere and has none. */
function startOf(document: Document, path: Path): number | undefined {
  const node: unknown = document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

function position(offset: number | undefined, lines: LineCounter): string {
  if (offset === undefined) return "";
  const { line, col } = lines.linePos(offset);
  return `:${line}:${col}`;
}
