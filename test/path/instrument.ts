/** Makes a bundle tell the recorder of each call of a function of ours. */
import { parseAst } from "vitest/node";
import { RECORDER } from "./recorder.ts";

/** Its place in the list is the `fn` of a trace. */
export interface TracedFunction {
  /** Path from the project's folder. */
  file: string;
  name: string;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

interface Insertion {
  at: number;
  text: string;
}

/**
 * @param code a bundle of esbuild that is not minified: each file's code follows a comment with its path.
 * @param isOurs whether functions of the file at this path are traced.
 * @returns the code that tells, with the functions that it tells of. None of them may use `arguments` inside a generator.
 */
export function instrument(
  code: string,
  isOurs: (path: string) => boolean,
): { code: string; functions: TracedFunction[] } {
  const fileAt = filesOf(code);
  const functions: TracedFunction[] = [];
  const insertions: Insertion[] = [];
  const visit = (node: Node, name: string) => {
    const file = isFunction(node) ? fileAt(node.start) : undefined;
    const telling =
      file !== undefined && isOurs(file) ? tellingOf(node, functions.push({ file, name }) - 1) : undefined;
    if (telling) insertions.push(telling.first);
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, nameOf(child) ?? name);
    if (telling) insertions.push(telling.last);
  };
  const program: unknown = parseAst(code);
  if (!isNode(program)) throw new Error("the bundle is no program");
  visit(program, "");
  return { code: withInsertions(code, insertions), functions };
}

/** A function stays what it is: `this`, `super`, `arguments` and `return` mean the same inside an arrow function. */
function tellingOf(node: Node, fn: number): { first: Insertion; last: Insertion } {
  const { body } = node;
  if (!isNode(body)) throw new Error(`a ${node.type} without a body`);
  const async = node.async ? "async " : "";
  const around = (start: number, before: string, end: number, after: string) => ({
    first: { at: start, text: before },
    last: { at: end, text: after },
  });
  if (body.type !== "BlockStatement")
    return around(body.start, `${RECORDER}.call(${fn}, ${async}() => (`, body.end, "))");
  const [start, end] = [body.start + 1, body.end - 1];
  if (!node.generator) return around(start, `return ${RECORDER}.call(${fn}, ${async}() => {`, end, "});");
  const inner = `(${async}function* () {`;
  return around(start, `return yield* ${RECORDER}.generate(${fn}, ${inner}`, end, "}).call(this));");
}

/** @param insertions where several are at one place, they are made in this order. */
function withInsertions(code: string, insertions: readonly Insertion[]): string {
  let from = 0;
  const pieces = insertions
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => {
      const piece = code.slice(from, at) + text;
      from = at;
      return piece;
    });
  return pieces.join("") + code.slice(from);
}

/** @returns the file that the code at a place comes from; `undefined` in esbuild's own code. */
function filesOf(code: string): (at: number) => string | undefined {
  const headings = [...code.matchAll(/^[ \t]*\/\/ (?:\.\.\/)*(\S+\.[cm]?[jt]sx?)$/gm)].map((match) => ({
    at: match.index,
    file: match[1],
  }));
  return (at) => headings.findLast((heading) => heading.at < at)?.file;
}

function isFunction({ type }: Node): boolean {
  return (
    type === "FunctionDeclaration" || type === "FunctionExpression" || type === "ArrowFunctionExpression"
  );
}

/** What a function inside is called after; `undefined` for those that are inside something with a name. */
function nameOf({ id, key }: Node): string | undefined {
  const named = isNode(id) ? id : key;
  return isNode(named) && typeof named.name === "string" ? named.name : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value && "end" in value;
}
