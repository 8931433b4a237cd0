import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryKey, tidyText } from "../../../shared/memory/text.ts";
import { anyCodePoint } from "../../support/any-code-point.ts";

describe("text that is kept", () => {
  it("is one line without control characters, and tidy text stays as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCodePoint }), (text) => {
        const tidy = tidyText(text);
        expect(tidy).not.toMatch(/\p{Cc}|\s{2}|^\s|\s$/u);
        expect(tidy.isWellFormed()).toBe(true);
        expect(tidyText(tidy)).toBe(tidy);
      }),
    );
  });

  it("keeps every word", () => {
    expect(tidyText("  Liker\tgrønn \r\n te\u0000 ")).toBe("Liker grønn te");
  });
});

describe("what facts are compared by", () => {
  it.each([
    ["Likes tea", "likes  TEA "],
    ["Bor i ÅLESUND", "bor i\nålesund"],
    ["caf\u00e9", "CAFE\u0301"],
  ])("is the same for %j and %j", (one, other) => {
    expect(memoryKey(one)).toBe(memoryKey(other));
  });

  it("is not the same for other words", () => {
    expect(memoryKey("Likes tea")).not.toBe(memoryKey("Likes teas"));
  });

  it("stays itself when it is made again, as a pattern's name is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(memoryKey(memoryKey(text))).toBe(memoryKey(text));
        expect(memoryKey(`  ${text}\n`)).toBe(memoryKey(text));
      }),
    );
  });
});
