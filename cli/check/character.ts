/** Checks one `character.json`. */
import { formatPath, type Path, readCharacter } from "../../shared/character/problems.ts";
import type { Character } from "../../shared/character/schema.ts";
import { referencedSecrets, secretNames } from "../../shared/character/secrets.ts";
import { findUnknownFields } from "../../shared/character/unknown-fields.ts";
import { adviseOn } from "./advice.ts";
import type { Finding } from "./report.ts";
import { type Position, readSource, type Source } from "./source.ts";

/** A finding whose file is known from the context. */
type Remark = Omit<Finding, "file">;

/**
 * Everything there is to say about a character.
 *
 * @param agent id of the agent, for the names of its secrets
 * @param bytes content of its `character.json`
 */
export function checkCharacter(agent: string, bytes: Uint8Array): Remark[] {
  const source = readSource(bytes);
  return [...fileRemarks(source), ...formatRemarks(agent, source), ...unknownFieldRemarks(source)];
}

function fileRemarks({ problems }: Source): Remark[] {
  return problems.map(({ severity, position, found, expected }) =>
    remark(severity, position, "(file)", `found ${found}, expected ${expected}`),
  );
}

function formatRemarks(agent: string, source: Source): Remark[] {
  const reading = readCharacter(source.json);
  const locate = (path: Path) => source.locateValue(path);
  if ("character" in reading) {
    const { character } = reading;
    return [
      ...adviseOn(character).map(({ path, message }) =>
        remark("warning", locate(path), formatPath(path), message),
      ),
      ...secretRemarks(agent, character),
    ];
  }
  // What a syntax error made unreadable is not missing.
  const problems = reading.problems.filter(({ found }) => source.wellFormed || found !== "nothing");
  return problems.map(({ segments, path, found, expected }) =>
    remark("error", locate(segments), path, `found ${found}, expected ${expected}`),
  );
}

function unknownFieldRemarks(source: Source): Remark[] {
  return findUnknownFields(source.json).map(({ segments, path, nearest }) => {
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return remark("warning", source.locateName(segments), path, `unknown field, it is ignored${hint}`);
  });
}

function secretRemarks(agent: string, character: Character): Remark[] {
  const names = referencedSecrets(character);
  if (names.length === 0) return [];
  const [own] = secretNames(agent, "NAME");
  const message = `reads ${names.join(", ")}; ${own} is tried before NAME`;
  return [remark("info", { line: 1, column: 1 }, "(secrets)", message)];
}

function remark(
  severity: Remark["severity"],
  { line, column }: Position,
  path: string,
  message: string,
): Remark {
  return { severity, line, column, path, message };
}
