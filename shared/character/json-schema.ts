/** JSON Schema of `character.json`, for editors and for finding fields nobody reads. */
import * as z from "zod";
import { characterSchema } from "./schema.ts";

/** The part of JSON Schema that the format uses. */
export interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

/** What a file may contain before defaults are filled in, as draft 7: the newest draft that editors know in full. */
export function characterJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(characterSchema, {
    io: "input",
    target: "draft-7",
    override: ({ jsonSchema }) => {
      // Limits that zod implies and no reader needs.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      delete jsonSchema.propertyNames;
    },
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: "rig-edge character", ...rest } as JsonSchema;
}
