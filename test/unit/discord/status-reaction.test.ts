import { describe, expect, it } from "vitest";
import { MAYBE_LEFT, nextReaction } from "../../../shared/discord/status-reaction.ts";

describe("the status reaction", () => {
  it("adds the new one before it removes the old ones, and rests then", () => {
    const shown = new Set(MAYBE_LEFT);
    expect(nextReaction("done", shown)).toEqual({ do: "add", emoji: "🆗" });
    shown.add("🆗");
    for (const emoji of MAYBE_LEFT) {
      expect(nextReaction("done", shown)).toEqual({ do: "remove", emoji });
      shown.delete(emoji);
    }
    expect(nextReaction("done", shown)).toEqual({ do: "nothing" });
  });

  it("leaves none when none is wanted", () => {
    expect(nextReaction(null, new Set(["🤔"]))).toEqual({ do: "remove", emoji: "🤔" });
    expect(nextReaction(null, new Set())).toEqual({ do: "nothing" });
  });
});
