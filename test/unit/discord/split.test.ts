import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_CONTENT, splitText } from "../../../shared/discord/split.ts";

/** Texts as models write them: paragraphs, code, long words, emoji of several code points, and stray backticks. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\n\n",
        " ",
        "  ",
        "word ",
        "👩‍👩‍👧‍👦",
        "é",
        "🇩🇪",
        "```",
        "```zz\n",
        "\n```\n",
        "`x`",
      ),
      fc.integer({ min: 1, max: 120 }).map((length) => "a".repeat(length)),
      fc.integer({ min: 1, max: 9 }).map((lines) => "    if (x) return 1;\n".repeat(lines)),
    ),
    { maxLength: 80 },
  )
  .map((pieces) => pieces.join(""));
const limit = fc.integer({ min: 100, max: 400 });

const fences = (part: string) => part.match(/`{3,}/g)?.length ?? 0;
const solid = (all: string) => all.replace(/\s+/g, "");

describe("splitText", () => {
  it("leaves alone what fits, up to the last character", () => {
    expect(splitText("a".repeat(MAX_CONTENT))).toEqual(["a".repeat(MAX_CONTENT)]);
    expect(splitText("  \n ")).toEqual([]);
  });

  it("cuts at a blank line rather than at a line, at a line rather than at a space, at a space rather than in a word", () => {
    expect(splitText(`${"a".repeat(60)}\n\n${"b".repeat(30)}\nc ${"d".repeat(10)}`, 100)).toEqual([
      "a".repeat(60),
      `${"b".repeat(30)}\nc ${"d".repeat(10)}`,
    ]);
    expect(splitText(`${"a".repeat(60)}\n${"b".repeat(20)} ${"c".repeat(30)}`, 100)).toEqual([
      "a".repeat(60),
      `${"b".repeat(20)} ${"c".repeat(30)}`,
    ]);
    expect(splitText(`${"a".repeat(60)} ${"b".repeat(60)}`, 100)).toEqual(["a".repeat(60), "b".repeat(60)]);
    expect(splitText("a".repeat(150), 100).map(({ length }) => length)).toEqual([96, 54]);
  });

  it("closes a code block at the cut and opens it again with its language, indentation kept", () => {
    const line = "    return 1;";
    const parts = splitText(`Code:\n\`\`\`ts\n${`${line}\n`.repeat(9)}\`\`\`\nDone.`, 100);
    for (const part of parts.slice(0, -1)) expect(part).toMatch(/\n```$/);
    for (const part of parts.slice(1)) expect(part.startsWith(`\`\`\`ts\n${line}`)).toBe(true);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.at(-1)).toMatch(/\n```\nDone\.$/);
  });

  it("does not open a block again that ends at the cut", () => {
    const parts = splitText(`\`\`\`ts\n${"x".repeat(88)}\n\`\`\`\nDone.`, 100);
    expect(parts).toEqual([`\`\`\`ts\n${"x".repeat(88)}\n\`\`\``, "Done."]);
  });

  it("leaves no empty block at a part's end", () => {
    const parts = splitText(`${"a".repeat(80)}\n\`\`\`ts\n${"x".repeat(80)}\n\`\`\``, 100);
    expect(parts).toEqual(["a".repeat(80), `\`\`\`ts\n${"x".repeat(80)}\n\`\`\``]);
  });

  it("never cuts inside of a character that consists of several", () => {
    const family = "👩‍👩‍👧‍👦";
    for (const part of splitText(family.repeat(40), 100))
      expect(part).toBe(family.repeat(part.length / family.length));
  });

  it("shows no half of a character while a text grows", () => {
    expect(splitText("Thanks 👋".slice(0, -1))).toEqual(["Thanks"]);
    fc.assert(
      fc.property(text, fc.nat(), limit, (whole, length, max) => {
        const shown = whole.slice(0, length % (whole.length + 1));
        for (const part of splitText(shown, max)) expect(part.isWellFormed()).toBe(true);
      }),
    );
  });

  it("loses nothing, keeps every part within the limit and every block balanced", () => {
    fc.assert(
      fc.property(text, limit, (whole, max) => {
        const parts = splitText(whole, max);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(max);
          expect(part.isWellFormed()).toBe(true);
          expect(part.trim()).not.toBe("");
          expect(fences(part) % 2).toBe(0);
        }
        // Fences are repeated, and so is their language, which no word here has a letter of.
        const kept = (all: string) => solid(all.replace(/`{3,}|z/g, ""));
        expect(kept(parts.join("\n"))).toBe(kept(whole));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps all parts but the last as they are while the text grows", () => {
    fc.assert(
      fc.property(text, text, limit, (shown, more, max) => {
        const before = splitText(shown, max).slice(0, -1);
        expect(splitText(shown + more, max).slice(0, before.length)).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });
});
