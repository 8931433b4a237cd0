/** Writes `agents/character.schema.json`, which editors use for completion and checks: `node cli/schema.ts`. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { characterJsonSchema } from "../shared/character/json-schema.ts";

/** Where the schema is committed. */
export const schemaFile = fileURLToPath(new URL("../agents/character.schema.json", import.meta.url));

/** The file's text. */
export function renderSchema(): string {
  return `${JSON.stringify(characterJsonSchema(), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, renderSchema());
