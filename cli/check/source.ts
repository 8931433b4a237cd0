/** A JSON file with the positions of its values. */
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { Path } from "../../shared/character/problems.ts";

/** Both count from 1; columns are UTF-16 code units, as editors count. */
export interface Position {
  line: number;
  column: number;
}

const start: Position = { line: 1, column: 1 };

/** What is wrong with a file before anybody asks what it means. */
export interface SourceProblem {
  severity: "error" | "warning";
  position: Position;
  found: string;
  expected: string;
}

/** A read file. `json` is as much of it as could be understood. */
export interface Source {
  json: unknown;
  /** False when a JSON parser refuses the file. */
  wellFormed: boolean;
  problems: SourceProblem[];
  /** Where the value at a path stands; of a missing one, where the object it belongs to begins. */
  locateValue(path: Path): Position;
  /** Where the name of a field stands. */
  locateName(path: Path): Position;
}

/** Reads the bytes of a JSON file as far as they make sense. */
export function readSource(bytes: Uint8Array): Source {
  const { text, problems } = decode(bytes);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const wellFormed = errors.length === 0;
  const positionOf = (offset: number) => positionAt(text, offset);
  const syntax = errors.map((error): SourceProblem => {
    return { severity: "error", position: positionOf(error.offset), ...explain(error, text) };
  });
  return {
    // As the engine reads it, which will load it: the tolerant tree takes "__proto__" for a prototype.
    json: wellFormed ? (JSON.parse(text) as unknown) : tree && getNodeValue(tree),
    wellFormed,
    problems: [...problems, ...firstOfEachLine(syntax), ...repeatedFields(tree, positionOf)],
    locateValue: (path) => positionOf(find(tree, path)?.offset ?? 0),
    locateName: (path) => {
      const node = find(tree, path);
      return positionOf((node?.parent?.type === "property" ? node.parent : node)?.offset ?? 0);
    },
  };
}

function decode(bytes: Uint8Array): { text: string; problems: SourceProblem[] } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    const text = new TextDecoder(first === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
    return { text, problems: [{ severity: "error", position: start, found: "UTF-16", expected: "UTF-8" }] };
  }
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const text = decoded.replace(/^\uFEFF/, "");
  const problems: SourceProblem[] = [];
  if (text !== decoded) {
    const found = "a byte order mark";
    problems.push({ severity: "warning", position: start, found, expected: "UTF-8 without one" });
  }
  if (!isUtf8(bytes)) {
    const position = positionAt(text, text.indexOf("\uFFFD"));
    problems.push({ severity: "error", position, found: "bytes that are not UTF-8", expected: "UTF-8" });
  }
  return { text, problems };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** What the tolerant parser wanted, by the name it gives its errors. */
const expectations: Readonly<Record<string, string>> = {
  InvalidSymbol: "a value as JSON writes it (texts stand in double quotes)",
  InvalidNumberFormat: "a number as JSON writes it",
  PropertyNameExpected: "a field name in double quotes (JSON takes no comma after the last field)",
  ValueExpected: "a value",
  ColonExpected: "a colon",
  CommaExpected: "a comma",
  CloseBraceExpected: 'a closing "}"',
  CloseBracketExpected: 'a closing "]"',
  EndOfFileExpected: "the end of the file",
  InvalidCommentToken: "no comments",
  UnexpectedEndOfComment: "no comments",
  UnexpectedEndOfString: "a closing quote on the same line",
  UnexpectedEndOfNumber: "another digit",
  InvalidUnicode: "four hexadecimal digits after \\u",
  InvalidEscapeCharacter: 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u',
  InvalidCharacter: "control characters to be escaped, such as \\n or \\t",
};

function explain({ error, offset, length }: ParseError, text: string): { found: string; expected: string } {
  const expected = expectations[printParseErrorCode(error)] ?? "JSON";
  return { found: kindOfToken(text.slice(offset, offset + Math.max(1, length))), expected };
}

/** Only what is too short for a secret is shown as it is. */
function kindOfToken(token: string): string {
  if (token === "") return "the end of the file";
  if (token.startsWith('"')) return "a text";
  if (token.startsWith("/")) return "a comment";
  if (token.startsWith("'")) return "a text in single quotes";
  return /^[!-~]{1,8}$/.test(token) ? token : "text without quotes";
}

/** One slip makes a tolerant parser stumble several times; the first stumble of a line shows where. */
function firstOfEachLine(problems: readonly SourceProblem[]): SourceProblem[] {
  return problems.filter(
    (problem, index) =>
      problems.findIndex(({ position }) => position.line === problem.position.line) === index,
  );
}

/** A field written twice loses its first value without a word. */
function repeatedFields(node: Node | undefined, positionOf: (offset: number) => Position): SourceProblem[] {
  const names = new Set<unknown>();
  return (node?.children ?? []).flatMap((child) => {
    const inner = repeatedFields(child, positionOf);
    const name = child.type === "property" ? child.children?.[0]?.value : undefined;
    const repeated = name !== undefined && names.has(name);
    names.add(name);
    if (!repeated) return inner;
    const found = `${JSON.stringify(name)} again`;
    const position = positionOf(child.offset);
    return [
      { severity: "warning", position, found, expected: "each field once: the last one counts" },
      ...inner,
    ];
  });
}

/** The position of a UTF-16 offset in a text. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}

/** The node at a path, or the nearest one around it. Of fields with the same name the last counts, as it does for JSON.parse. */
function find(tree: Node | undefined, path: Path): Node | undefined {
  let node = tree;
  for (const segment of path) {
    const inner: Node | undefined =
      typeof segment === "number"
        ? node?.children?.[segment]
        : node?.children?.findLast((property) => property.children?.[0]?.value === segment)?.children?.[1];
    if (inner === undefined) return node;
    node = inner;
  }
  return node;
}
