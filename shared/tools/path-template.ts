/** A path of a `character.json` endpoint, split where arguments go in: `/quotes/:id`, `/users/{id}/posts`. */
export type PathPart = { kind: "literal"; text: string } | { kind: "parameter"; name: string };

/**
 * `{name}` anywhere; `:name` only after `/`, `.`, `-` or `=`, so that the custom verb of `/models/base:predict` and the
 * port-like `a:b` stay literal.
 */
const parameterPattern = /\{([^{}/]+)\}|(?<=[/.=-]):([A-Za-z_]\w*)/g;

/** Splits a configured path into literals and parameters, in order. A path without parameters is one literal. */
export function parsePathTemplate(path: string): PathPart[] {
  const parts: PathPart[] = [];
  let end = 0;
  for (const match of path.matchAll(parameterPattern)) {
    if (match.index > end) parts.push({ kind: "literal", text: path.slice(end, match.index) });
    parts.push({ kind: "parameter", name: match[1] ?? match[2] ?? "" });
    end = match.index + match[0].length;
  }
  if (end < path.length) parts.push({ kind: "literal", text: path.slice(end) });
  return parts;
}

/** The parameters of a path, each once, in the order of their first appearance. */
export function parameterNames(parts: readonly PathPart[]): string[] {
  return [...new Set(parts.flatMap((part) => (part.kind === "parameter" ? [part.name] : [])))];
}
