import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeArguments, readArguments, shapeArguments } from "../../../shared/tools/arguments.ts";
import { ToolCallError } from "../../../shared/tools/call-error.ts";
import { oneTool } from "./one-tool.ts";

const getById = shapeArguments(["id"], "GET");
const post = shapeArguments([], "POST");

function refusal(input: unknown, shape = getById): string {
  try {
    readArguments(input, shape);
  } catch (error) {
    if (error instanceof ToolCallError && error.code === "arguments") return error.message;
    throw error;
  }
  throw new Error(`taken: ${JSON.stringify(input)}`);
}

describe("what the model is told about arguments", () => {
  it("names each path parameter as a required string, and query for all", () => {
    const { inputSchema } = oneTool({ url: "https://api.example", path: "/users/:user/posts/{post}" });
    expect(inputSchema).toMatchObject({
      type: "object",
      properties: { user: { type: "string" }, post: { type: "string" }, query: { type: "object" } },
      required: ["user", "post"],
      additionalProperties: false,
    });
    expect(inputSchema.properties).not.toHaveProperty("body");
  });

  it.each([
    ["GET", false],
    ["HEAD", false],
    ["POST", true],
    ["PUT", true],
    ["PATCH", true],
    ["DELETE", true],
  ])("of %s: a body is %s", (method, hasBody) => {
    expect("body" in describeArguments(shapeArguments([], method)).properties).toBe(hasBody);
  });

  it("gives a path parameter another name where its own means something else", () => {
    const shape = shapeArguments(["query", "body", "path_query", "__proto__", "id"], "POST");
    expect([...shape.parameters.values()]).toEqual([
      "path_query",
      "path_body",
      "path_path_query",
      "path___proto__",
      "id",
    ]);
    const read = readArguments(
      { path_query: "a", path_body: "b", path_path_query: "c", path___proto__: "d", id: "e" },
      shape,
    );
    expect(Object.fromEntries(read.parameters)).toMatchObject({
      query: "a",
      body: "b",
      path_query: "c",
      id: "e",
    });
  });

  it("gives only argument names that model APIs accept, each once", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 80 })), (parameters) => {
        const names = [...shapeArguments(parameters, "POST").parameters.values()];
        for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/);
        expect(new Set(names).size).toBe(parameters.length);
        expect(names).not.toContain("query");
        expect(names).not.toContain("body");
      }),
    );
  });
});

describe("reading what the model wrote", () => {
  it("takes numbers for path parameters, and nothing at all for no arguments", () => {
    expect(readArguments({ id: 7 }, getById).parameters.get("id")).toBe("7");
    for (const nothing of [{}, "", null, undefined, { query: null, body: null }]) {
      expect(readArguments(nothing, post)).toEqual({ parameters: new Map(), query: [], body: undefined });
    }
  });

  it("repeats a list in the query, writes scalars as text and leaves null out", () => {
    const { query } = readArguments({ query: { tag: ["a", 2, true], page: 1, none: null } }, post);
    expect(query).toEqual([
      ["tag", "a"],
      ["tag", "2"],
      ["tag", "true"],
      ["page", "1"],
    ]);
  });

  it("says what was expected when the arguments are broken JSON", () => {
    expect(refusal('{"id": "7"')).toBe(
      "The arguments are not valid JSON. " +
        'Expected a JSON object with "id" (string, required), ' +
        '"query" (object of strings, numbers, booleans or lists of these, optional) and nothing else.',
    );
  });

  it.each([
    ["a missing parameter", {}, "id: expected a string"],
    ["an empty parameter", { id: "" }, "id: must not be empty"],
    ["an object for a parameter", { id: { a: 1 } }, "id: expected a string"],
    ["an unknown argument", { id: "7", topic: "wit" }, '"topic"'],
    ["a nested query", { id: "7", query: { a: { b: 1 } } }, "query.a: "],
    ["a text as query", { id: "7", query: "a=1" }, "query: expected an object"],
    ["a body for GET", { id: "7", body: {} }, "body: this method has no body"],
    ["a list", [], "expected an object"],
    ["a number", 7, "expected an object"],
  ])("refuses %s and says why", (_, input, problem) => {
    expect(refusal(input)).toContain(problem);
  });

  it.each([[["a"]], ["text"], [7], [true]])("refuses the body %j, which is no object", (body) => {
    expect(refusal({ body }, post)).toContain("body: expected an object");
  });

  it("refuses a body nested deeper than the stack reaches", () => {
    const depth = 100_000;
    const body: unknown = JSON.parse(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    expect(refusal({ body }, post)).toBe("body: is nested too deeply.");
  });

  it("either reads or refuses, whatever JSON comes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(getById, post), (input, shape) => {
        try {
          const { body } = readArguments(input, shape);
          if (body !== undefined) expect(JSON.parse(body)).toBeTypeOf("object");
        } catch (error) {
          expect(error).toBeInstanceOf(ToolCallError);
        }
      }),
    );
  });
});
