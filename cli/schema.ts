/**
 * `npm run schema` writes what is generated from the zod schema: `agents/character.schema.json`, which editors use for
 * completion and checks, and the reference page.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { characterJsonSchema } from "../shared/character/json-schema.ts";
import { referenceFile, renderReference } from "./reference.ts";

/** Where the schema is committed. */
export const schemaFile = fileURLToPath(new URL("../agents/character.schema.json", import.meta.url));

/** The file's text. */
export function renderSchema(): string {
  return `${JSON.stringify(characterJsonSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(schemaFile, renderSchema());
  mkdirSync(dirname(referenceFile), { recursive: true });
  writeFileSync(referenceFile, renderReference());
}
