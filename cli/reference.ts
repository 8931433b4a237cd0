/** Writes `docs/reference/character.md` from the zod schema of `character.json`. */
import { fileURLToPath } from "node:url";
import { characterJsonSchema } from "../shared/character/json-schema.ts";

/** Where the reference is committed. */
export const referenceFile = fileURLToPath(new URL("../docs/reference/character.md", import.meta.url));

/** The part of JSON Schema (draft 7) that the character's schema is written in. */
interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Row {
  path: string;
  type: string;
  fallback: string;
  description: string;
}

/** The page's text. */
export function renderReference(): string {
  const rows = fieldsOf(characterJsonSchema() as Schema, "");
  return [
    "# character.json",
    "",
    "Generated from `shared/character/schema.ts` by `npm run schema`. `npx rig check` tells what is wrong with a file, and",
    "editors know the format from its `$schema` line.",
    "",
    "| field | type | default | meaning |",
    "| ----- | ---- | ------- | ------- |",
    ...rows.map(
      ({ path, type, fallback, description }) => `| \`${path}\` | ${type} | ${fallback} | ${description} |`,
    ),
    "",
  ].join("\n");
}

function fieldsOf(schema: Schema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix + name;
    const isRequired = (schema.required ?? []).includes(name);
    return [rowOf(path, field, isRequired), ...nestedFields(path, field)];
  });
}

function rowOf(path: string, field: Schema, isRequired: boolean): Row {
  const fallback =
    field.default === undefined ? (isRequired ? "required" : "") : code(JSON.stringify(field.default));
  return { path, type: typeOf(field), fallback, description: cell(field.description ?? "") };
}

/** Fields of objects, of the objects in a list (`[]`), and of the objects under free names (`<name>`). */
function nestedFields(path: string, field: Schema): Row[] {
  const rows: Row[] = [];
  for (const variant of variantsOf(field)) {
    if (variant.properties) rows.push(...fieldsOf(variant, `${path}.`));
    if (variant.items) rows.push(...nestedFields(`${path}[]`, variant.items));
    if (typeof variant.additionalProperties === "object") {
      rows.push(...nestedFields(`${path}.<name>`, variant.additionalProperties));
    }
  }
  return rows.filter(({ path: own }, index) => rows.findIndex((row) => row.path === own) === index);
}

function variantsOf(field: Schema): Schema[] {
  return field.anyOf ?? field.oneOf ?? [field];
}

function typeOf(field: Schema): string {
  if (field.enum) return field.enum.map((value) => code(JSON.stringify(value))).join(", ");
  if (field.const !== undefined) return code(JSON.stringify(field.const));
  if (field.anyOf || field.oneOf) return [...new Set(variantsOf(field).map(typeOf))].join(" or ");
  if (field.items) return `list of ${typeOf(field.items)}`;
  if (typeof field.additionalProperties === "object" && !field.properties) {
    return `${typeOf(field.additionalProperties)} by name`;
  }
  return [field.type ?? "any"].flat().join(" or ");
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
