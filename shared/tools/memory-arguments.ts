/** What the memory tools take: as the model is told, and as it is read. */
import * as z from "zod";
import type { ToolInputSchema } from "../llm/provider.ts";
import { MAX_FACT } from "../memory/fact.ts";
import { MAX_PATTERN_DATA, MAX_PATTERN_NAME } from "../memory/pattern.ts";
import { tidyText } from "../memory/text.ts";
import { ToolCallError } from "./call-error.ts";

/** How sure the agent is when it does not say. */
export const USUAL_CONFIDENCE = 0.8;

/** Longest query of a recall, in UTF-16 code units. */
const MAX_QUERY = 1_000;

const objectExpectation = (issue: { code?: string }) =>
  issue.code === "invalid_type" ? "expected an object" : undefined;

const line = (max: number) =>
  z
    .string("expected a text")
    .transform(tidyText)
    .pipe(z.string().min(1, "expected some text").max(max, `expected at most ${max} characters`));

/** A fact about a user. */
export const factText = line(MAX_FACT);

/** What a pattern is about, or what kind it is. */
export const patternNameText = line(MAX_PATTERN_NAME);

/** How sure something is, 0 to 1. */
export const confidenceNumber = z
  .number("expected a number from 0 to 1")
  .min(0, "expected a number from 0 to 1")
  .max(1, "expected a number from 0 to 1");

const pattern = z.strictObject(
  {
    entity: patternNameText,
    type: patternNameText,
    data: z
      .record(z.string(), z.unknown(), "expected an object")
      .refine(isShort, `expected at most ${MAX_PATTERN_DATA} characters of JSON`),
  },
  { error: objectExpectation },
);

function isShort(data: unknown): boolean {
  try {
    return JSON.stringify(data).length <= MAX_PATTERN_DATA;
  } catch {
    // Nested deeper than the stack reaches, which takes more characters than that.
    return false;
  }
}

/** Arguments of `remember`. Models write `null` for what they leave out. */
export const rememberArguments = z
  .strictObject(
    { fact: factText.nullish(), pattern: pattern.nullish(), confidence: confidenceNumber.nullish() },
    { error: objectExpectation },
  )
  .transform(({ fact, pattern, confidence }, context) => {
    const sureness = confidence ?? USUAL_CONFIDENCE;
    if (fact && !pattern) return { kind: "fact", fact: { fact, confidence: sureness } } as const;
    if (pattern && !fact) return { kind: "pattern", pattern: { ...pattern, confidence: sureness } } as const;
    context.addIssue({ code: "custom", message: 'expected either "fact" or "pattern"' });
    return z.NEVER;
  });

/** Arguments of `recall`. */
export const recallArguments = z
  .strictObject(
    {
      query: z.string("expected a text").max(MAX_QUERY, `expected at most ${MAX_QUERY} characters`).nullish(),
    },
    { error: objectExpectation },
  )
  .transform(({ query }) => ({ query: query ?? "" }));

/** Arguments of `forget`. */
export const forgetArguments = z.strictObject({ fact: factText }, { error: objectExpectation });

/** Reads what the model wrote. @throws ToolCallError `arguments`, telling the model what was wrong. */
export function readMemoryArguments<T>(input: unknown, schema: z.ZodType<T>): T {
  // A call without arguments arrives as nothing or as an empty string, depending on the API.
  const reading = schema.safeParse(input === "" || input === null || input === undefined ? {} : input);
  if (reading.success) return reading.data;
  const problems = reading.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  throw new ToolCallError("arguments", `The arguments are not valid: ${problems.join("; ")}.`);
}

/** The JSON Schemas that the model sees, by tool. */
export const memoryToolSchemas = {
  remember: {
    type: "object",
    properties: {
      fact: {
        type: "string",
        maxLength: MAX_FACT,
        description: 'One short statement about the user, such as "Prefers answers in Norwegian".',
      },
      pattern: {
        type: "object",
        description: "What you learned about something else. Replaces its earlier data of the same type.",
        properties: {
          entity: {
            type: "string",
            maxLength: MAX_PATTERN_NAME,
            description: 'What it is about, as kind and name, such as "repo:owner/name".',
          },
          type: {
            type: "string",
            maxLength: MAX_PATTERN_NAME,
            description: 'What kind of thing you learned, such as "flaky-test".',
          },
          data: {
            type: "object",
            description: `What you learned, at most ${MAX_PATTERN_DATA} characters of JSON.`,
          },
        },
        required: ["entity", "type", "data"],
        additionalProperties: false,
      },
      confidence: {
        type: "number",
        minimum: 0,
        maximum: 1,
        description: `How sure you are, 0 to 1; ${USUAL_CONFIDENCE} when left out.`,
      },
    },
    additionalProperties: false,
  },
  recall: {
    type: "object",
    properties: {
      query: {
        type: "string",
        maxLength: MAX_QUERY,
        description: "A few words to look for. Without it you get what was told last.",
      },
    },
    additionalProperties: false,
  },
  forget: {
    type: "object",
    properties: {
      fact: { type: "string", maxLength: MAX_FACT, description: "The fact, word for word as you know it." },
    },
    required: ["fact"],
    additionalProperties: false,
  },
} satisfies Record<string, ToolInputSchema>;
