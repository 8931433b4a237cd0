import * as z from "zod";
import type { ToolInputSchema } from "../llm/provider.ts";
import { ToolCallError } from "./call-error.ts";

/** Which arguments a tool takes, beside `query`, which all take. */
export interface ArgumentShape {
  /** Parameter of the path → name of the argument that fills it. */
  parameters: ReadonlyMap<string, string>;
  /** The method may carry a JSON body. */
  hasBody: boolean;
}

/** Arguments of one call, validated. */
export interface CallArguments {
  /** Parameter of the path → value as text, not yet encoded. */
  parameters: ReadonlyMap<string, string>;
  /** In the order the model wrote them; a list is repeated pairs. */
  query: [name: string, value: string][];
  /** JSON text. */
  body: string | undefined;
}

/** `query` and `body` mean something else; `__proto__` is no ordinary key of a JavaScript object. */
const reserved = ["query", "body", "__proto__"];

/**
 * Decides the arguments of an endpoint. A path parameter keeps its name unless that is taken (`query`, `body`) or not a
 * name that model APIs accept as a property (`^[a-zA-Z0-9_.-]{1,64}$`).
 */
export function shapeArguments(parameters: readonly string[], method: string): ArgumentShape {
  const taken = new Set(reserved);
  const named = parameters.map((parameter): [string, string] => {
    const plain = parameter.replaceAll(/[^a-zA-Z0-9_.-]/g, "_").slice(0, 48);
    let argument = plain;
    for (let n = 1; taken.has(argument); n += 1) argument = n === 1 ? `path_${plain}` : `path_${plain}_${n}`;
    taken.add(argument);
    return [parameter, argument];
  });
  return { parameters: new Map(named), hasBody: method !== "GET" && method !== "HEAD" };
}

const scalarTypes = ["string", "number", "boolean"];

/** The JSON Schema the model sees. */
export function describeArguments({ parameters, hasBody }: ArgumentShape): ToolInputSchema {
  const path = [...parameters].map(([parameter, argument]): [string, unknown] => [
    argument,
    { type: "string", description: `Value of "${parameter}" in the path.` },
  ]);
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(path),
      query: {
        type: "object",
        description: "Query parameters. A list repeats its parameter.",
        additionalProperties: {
          anyOf: [{ type: scalarTypes }, { type: "array", items: { type: scalarTypes } }],
        },
      },
      ...(hasBody ? { body: { type: "object", description: "JSON body of the request." } } : {}),
    },
    required: [...parameters.values()],
    additionalProperties: false,
  };
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Models write `null` for what they leave out. */
const query = z.record(z.string(), z.union([scalar, z.array(scalar), z.null()]), "expected an object");

const body = z.record(z.string(), z.unknown(), "expected an object");

/** Models write `7` for `"7"`. */
const pathValue = z
  .union([z.string(), z.number()], "expected a string")
  .transform(String)
  .refine((value) => value !== "", "must not be empty");

/**
 * Reads what the model wrote.
 *
 * @throws ToolCallError `arguments`, telling the model what was wrong and what is expected.
 */
export function readArguments(input: unknown, shape: ArgumentShape): CallArguments {
  if (typeof input === "string" && input.trim() !== "") {
    throw new ToolCallError("arguments", `The arguments are not valid JSON. ${expectation(shape)}`);
  }
  const schema = z.strictObject(
    {
      ...Object.fromEntries([...shape.parameters.values()].map((argument) => [argument, pathValue])),
      query: query.nullish(),
      body: shape.hasBody ? body.nullish() : z.never("this method has no body").nullish(),
    },
    { error: (issue) => (issue.code === "invalid_type" ? "expected an object" : undefined) },
  );
  // A call without arguments arrives as nothing or as an empty string, depending on the API.
  const read = schema.safeParse(input === "" || input === null || input === undefined ? {} : input);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join(".")}: ${message}`,
    );
    throw new ToolCallError(
      "arguments",
      `The arguments are not valid: ${problems.join("; ")}. ${expectation(shape)}`,
    );
  }
  const values: Record<string, unknown> = read.data;
  return {
    parameters: new Map(
      [...shape.parameters].map(([parameter, argument]) => [parameter, String(values[argument])]),
    ),
    query: Object.entries(read.data.query ?? {}).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((item) => item !== null)
        .map((item): [string, string] => [name, String(item)]),
    ),
    body: read.data.body ? writeBody(read.data.body) : undefined,
  };
}

function writeBody(body: Record<string, unknown>): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    // Nested deeper than the stack reaches.
    throw new ToolCallError("arguments", "body: is nested too deeply.", { cause });
  }
}

function expectation({ parameters, hasBody }: ArgumentShape): string {
  const expected = [...parameters.values()].map((argument) => `"${argument}" (string, required)`);
  expected.push('"query" (object of strings, numbers, booleans or lists of these, optional)');
  if (hasBody) expected.push('"body" (object, optional)');
  return `Expected a JSON object with ${expected.join(", ")} and nothing else.`;
}
