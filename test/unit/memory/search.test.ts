import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { searchByWords } from "../../../shared/memory/search.ts";

const search = (query: string, entries: readonly string[]) => searchByWords(query, entries, (text) => text);

describe("a search by words", () => {
  const facts = ["Likes green tea", "Lives in Ålesund", "Reviews on Mondays", "Likes tea on Mondays"];

  it.each([
    ["tea", ["Likes green tea", "Likes tea on Mondays"]],
    ["TEA, monday?", ["Likes tea on Mondays", "Likes green tea", "Reviews on Mondays"]],
    ["ålesund", ["Lives in Ålesund"]],
    ["coffee", []],
    ["", facts],
    [" ?! ", facts],
  ])("for %j finds what holds most of them first", (query, expected) => {
    expect(search(query, facts)).toEqual(expected);
  });

  it("finds exactly the entries that hold one of the words, each once", () => {
    const word = fc.stringMatching(/^[a-c]{1,3}$/);
    const entries = fc.array(fc.array(word, { minLength: 1 }).map((words) => words.join(" ")));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), entries, (words, texts) => {
        const expected = texts.filter((text) => words.some((wanted) => text.includes(wanted)));
        expect(search(words.join(" "), texts).sort()).toEqual(expected.sort());
      }),
    );
  });
});
