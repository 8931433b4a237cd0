/** Checks all agents of a project. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { agentIdExpectation, isAgentId } from "../../shared/character/registry.ts";
import { checkCharacter } from "./character.ts";
import { compareRegistration } from "./registration.ts";
import type { CheckReport, Finding } from "./report.ts";
import { positionAt } from "./source.ts";

const registryFile = "agents/index.ts";

/**
 * Checks every `agents/<id>/character.json` and that agents/index.ts lists them.
 *
 * @param root folder that holds `agents/`
 */
export function checkAgents(root: string): CheckReport {
  const folders = agentFolders(root);
  const complete = folders.filter((folder) => existsSync(join(root, characterFile(folder))));
  const findings: Finding[] = [
    ...folders.flatMap((folder) => checkFolder(folder, complete.includes(folder))),
    ...complete.flatMap((folder) => {
      const file = characterFile(folder);
      return checkCharacter(folder, readFileSync(join(root, file))).map((remark) => ({ file, ...remark }));
    }),
    ...checkRegistry(root, complete),
  ];
  return {
    files: [...complete.map(characterFile), ...(existsSync(join(root, registryFile)) ? [registryFile] : [])],
    findings: findings.sort(byPosition),
  };
}

function agentFolders(root: string): string[] {
  const agents = join(root, "agents");
  if (!existsSync(agents)) return [];
  const entries = readdirSync(agents, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
}

function characterFile(folder: string): string {
  return `agents/${folder}/character.json`;
}

function checkFolder(folder: string, complete: boolean): Finding[] {
  const findings: Finding[] = [];
  if (!isAgentId(folder)) {
    findings.push(fileError(folder, "(folder)", JSON.stringify(folder), agentIdExpectation));
  }
  if (!complete) findings.push(fileError(folder, "(file)", "nothing", "a character.json in this folder"));
  return findings;
}

function checkRegistry(root: string, folders: readonly string[]): Finding[] {
  const file = join(root, registryFile);
  const source = existsSync(file) ? readFileSync(file, "utf8") : "";
  return compareRegistration(source, folders).map((problem) => {
    if ("folder" in problem) return fileError(problem.folder, "(registry)", problem.found, problem.expected);
    const message = `found ${problem.found}, expected ${problem.expected}`;
    const position = positionAt(source, problem.offset);
    return { severity: "error", file: registryFile, ...position, path: "(registry)", message };
  });
}

/** An error about a character's file as a whole. */
function fileError(folder: string, path: string, found: string, expected: string): Finding {
  const message = `found ${found}, expected ${expected}`;
  return { severity: "error", file: characterFile(folder), line: 1, column: 1, path, message };
}

function byPosition(a: Finding, b: Finding): number {
  const byFile = a.file < b.file ? -1 : Number(a.file > b.file);
  return byFile || a.line - b.line || a.column - b.column;
}
