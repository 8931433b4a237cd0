/** Adds an agent to agents/index.ts: its import and its entry. */
import { compareRegistration, registrationOf } from "../check/registration.ts";

/**
 * Changes the text of agents/index.ts, as `rig check` reads it.
 *
 * @returns the text with the agent in it; the same text when it is there already; `undefined` when the file is not built as
 *   expected, so that a person has to add it.
 */
export function registerAgent(source: string, id: string): string | undefined {
  const isMissing = (text: string) =>
    compareRegistration(text, [id]).some((problem) => "folder" in problem && problem.folder === id);
  if (!isMissing(source)) return source;
  const { importLine, entry } = registrationOf(id);
  const changed = withEntry(withImport(source, importLine), entry);
  return changed === undefined || isMissing(changed) ? undefined : changed;
}

/** Imports are sorted by their path; a new one stands before the first that comes after it. */
function withImport(source: string, line: string): string {
  const imports = [...source.matchAll(/^import .*;\n/gm)];
  const path = pathOf(line);
  const next = imports.find(([text]) => pathOf(text).startsWith("./") && pathOf(text) > path);
  const last = imports.at(-1);
  const at = next?.index ?? (last === undefined ? 0 : last.index + last[0].length);
  return `${source.slice(0, at)}${line}\n${source.slice(at)}`;
}

function pathOf(importLine: string): string {
  return /from ["']([^"']+)["']/.exec(importLine)?.[1] ?? "";
}

function withEntry(source: string, entry: string): string | undefined {
  const block = /(defineAgents\(\s*\{)([^}]*)\}/.exec(source);
  if (block === null) return undefined;
  const [whole, opening = "", entries = ""] = block;
  // A comma behind a comment would be part of it.
  if (/\/[/*].*$/.test(entries.trimEnd())) return undefined;
  const before = entries.trimEnd().replace(/,$/, "");
  const separated = before.trim() === "" ? "" : `${before},`;
  const isOneLine = !entries.includes("\n") && before.trim() !== "";
  const changed = isOneLine ? `${opening}${separated} ${entry} }` : `${opening}${separated}\n  ${entry},\n}`;
  return source.replace(whole, () => changed);
}
