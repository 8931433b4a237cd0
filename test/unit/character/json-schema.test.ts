import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { referenceFile, renderReference } from "../../../cli/reference.ts";
import { renderSchema, schemaFile } from "../../../cli/schema.ts";
import { characterJsonSchema, type JsonSchema } from "../../../shared/character/json-schema.ts";

/** Each field of the format with its description. */
function fieldsOf(schema: JsonSchema, at = ""): [path: string, description: unknown][] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]): [string, unknown][] => [
    [`${at}.${name}`, field.description],
    ...fieldsOf(field, `${at}.${name}`),
  ]);
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
  return [...own, ...inner.flatMap((form) => (form === undefined ? [] : fieldsOf(form, `${at}[]`)))];
}

describe("agents/character.schema.json", () => {
  it("is what the schema says (run `node cli/schema.ts` after a change)", () => {
    expect(readFileSync(schemaFile, "utf8")).toBe(renderSchema());
    expect(readFileSync(referenceFile, "utf8")).toBe(renderReference());
  });

  it("describes every field", () => {
    const fields = fieldsOf(characterJsonSchema());
    expect(fields.length).toBeGreaterThan(80);
    expect(fields.filter(([, description]) => !description)).toEqual([]);
  });
});
