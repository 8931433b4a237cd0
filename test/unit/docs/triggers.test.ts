import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { adviseOn } from "../../../cli/check/advice.ts";
import { readCharacter } from "../../../shared/character/problems.ts";
import { findUnknownFields } from "../../../shared/character/unknown-fields.ts";

/** Parts of a character.json that a page shows. */
function examples(page: string): unknown[] {
  const text = readFileSync(fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url)), "utf8");
  return [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(`{${json}}`) as unknown);
}

describe.each([
  ["commands.md", 1],
  ["cron.md", 1],
  ["webhooks.md", 2],
  ["assignments.md", 2],
])("docs/%s", (page, count) => {
  it("shows what rig check has nothing to say about", () => {
    const shown = examples(page);
    expect(shown).toHaveLength(count);
    for (const fields of shown) {
      const json = { name: "Dev-E", personality: "You look.", ...(fields as object) };
      const reading = readCharacter(json);
      if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
      expect(adviseOn(reading.character)).toEqual([]);
      expect(findUnknownFields(json)).toEqual([]);
    }
  });
});
