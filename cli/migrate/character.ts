/** Turns a character as it was found into a `character.json` that loads. */

import { formatPath, readCharacter } from "../../shared/character/problems.ts";
import { isAgentId } from "../../shared/character/registry.ts";
import type { Character } from "../../shared/character/schema.ts";
import { findUnknownFields } from "../../shared/character/unknown-fields.ts";
import { adviseOn } from "../check/advice.ts";
import { MigrationStopped } from "./stopped.ts";
import type { JsonObject } from "./values-file.ts";

/** A character that loads, and what `rig check` would say about it. */
export interface CharacterFile {
  json: JsonObject;
  character: Character;
  remarks: string[];
}

/**
 * Reads a character with the project's own reader.
 *
 * @param at where the character stands in the values, for messages.
 * @throws MigrationStopped when it would not load, with a line for each problem.
 */
export function characterFile(at: string, fields: JsonObject): CharacterFile {
  const json = { $schema: "../character.schema.json", ...fields };
  const reading = readCharacter(json);
  if ("problems" in reading) {
    const lines = reading.problems.map(
      ({ path, found, expected }) => `${at}.${path}: found ${found}, expected ${expected}`,
    );
    throw new MigrationStopped("values", lines.join("\n"));
  }
  const { character } = reading;
  const remarks = [
    ...adviseOn(character).map(({ path, message }) => `${formatPath(path)}: ${message}`),
    ...findUnknownFields(json).map(({ path }) => `${path}: unknown field, it is ignored`),
  ];
  return { json, character, remarks };
}

/** An id made of an agent's name, such as `dev-e` of "Dev-E"; `undefined` where there is none in it. */
export function idFromName(name: string): string | undefined {
  const id = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return isAgentId(id) ? id : undefined;
}
