import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { root } from "../../support/bundled-worker.ts";

const directory = join(root, ".github/ISSUE_TEMPLATE");
const read = (file: string): unknown => parse(readFileSync(join(directory, file), "utf8"));
const forms = readdirSync(directory).filter((file) => file !== "config.yml");

const text = z.string().trim().min(1);
/** What every element that is filled in has ("Syntax for GitHub's form schema", "Keys" and "Types of form elements"). */
const field = {
  id: z.string().regex(/^[A-Za-z0-9_-]+$/),
  validations: z.strictObject({ required: z.boolean() }).optional(),
};
const label = { label: text, description: text.optional() };
const typed = { ...label, placeholder: text.optional(), value: text.optional() };
const options = z.array(text).min(1).refine(isUnique, "expected each option once");
const element = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("markdown"), attributes: z.strictObject({ value: text }) }),
  z.strictObject({ type: z.literal("input"), ...field, attributes: z.strictObject(typed) }),
  z.strictObject({
    type: z.literal("textarea"),
    ...field,
    attributes: z.strictObject({ ...typed, render: text.optional() }),
  }),
  z.strictObject({
    type: z.literal("dropdown"),
    ...field,
    attributes: z.strictObject({
      ...label,
      multiple: z.boolean().optional(),
      default: z.int().nonnegative().optional(),
      options,
    }),
  }),
  z.strictObject({
    type: z.literal("checkboxes"),
    ...field,
    attributes: z.strictObject({
      ...label,
      options: z.array(z.strictObject({ label: text, required: z.boolean().optional() })).min(1),
    }),
  }),
]);
const formSchema = z.strictObject({
  name: text,
  description: text,
  title: text.optional(),
  labels: z.array(text).optional(),
  assignees: z.array(text).optional(),
  body: z
    .array(element)
    .refine((body) => isUnique(idsOf(body)), "expected each id once")
    .refine((body) => isUnique(labelsOf(body)), "expected each label once")
    .refine((body) => idsOf(body).length > 0, "expected something to fill in"),
});

const configSchema = z.strictObject({
  blank_issues_enabled: z.boolean(),
  contact_links: z.array(z.strictObject({ name: text, url: z.url({ protocol: /^https$/ }), about: text })),
});

describe.each(forms)("the issue form %s", (file) => {
  it("is one that GitHub shows", () => {
    expect(formSchema.safeParse(read(file)).error?.message).toBeUndefined();
  });
});

describe("the issue forms", () => {
  it("have names of their own", () => {
    expect(forms).toContain("bug.yml");
    expect(isUnique(forms.map((file) => formSchema.parse(read(file)).name))).toBe(true);
  });

  it("ask of a bug what is needed to find it", () => {
    expect(idsOf(formSchema.parse(read("bug.yml")).body)).toEqual(
      expect.arrayContaining(["version", "where", "logs", "doctor"]),
    );
  });

  it("send who found a vulnerability to where only maintainers read it", () => {
    const { contact_links: links } = configSchema.parse(read("config.yml"));
    expect(links.map(({ url }) => url)).toContain(reportAddress());
  });

  const input = { type: "input", id: "version", attributes: { label: "Version" } };
  it.each<[string, unknown]>([
    ["no description", { name: "Bug", body: [input] }],
    ["an unknown type", { name: "Bug", description: "B.", body: [{ ...input, type: "text" }] }],
    [
      "an id twice",
      { name: "Bug", description: "B.", body: [input, { ...input, attributes: { label: "B" } }] },
    ],
    ["a label twice", { name: "Bug", description: "B.", body: [input, { ...input, id: "b" }] }],
    ["an id that no address can carry", { name: "Bug", description: "B.", body: [{ ...input, id: "a b" }] }],
    ["a key at the wrong place", { name: "Bug", description: "B.", body: [{ ...input, required: true }] }],
    ["nothing to fill in", { name: "Bug", description: "B.", body: [] }],
    [
      "a choice without options",
      {
        name: "Bug",
        description: "B.",
        body: [{ ...input, type: "dropdown", attributes: { label: "A", options: [] } }],
      },
    ],
  ])("would not be shown with %s", (_, form) => {
    expect(formSchema.safeParse(form).success).toBe(false);
  });
});

/** The link of SECURITY.md. */
function reportAddress(): string | undefined {
  return /\]\((https:\/\/\S+\/security\/advisories\/new)\)/.exec(
    readFileSync(join(root, "SECURITY.md"), "utf8"),
  )?.[1];
}

function idsOf(body: readonly z.infer<typeof element>[]): string[] {
  return body.flatMap((part) => (part.type === "markdown" ? [] : [part.id]));
}

function labelsOf(body: readonly z.infer<typeof element>[]): string[] {
  return body.flatMap((part) => (part.type === "markdown" ? [] : [part.attributes.label]));
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
