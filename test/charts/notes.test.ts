import { describe, expect, it } from "vitest";
import { notes } from "../support/chart.ts";
import { fourAgents } from "./values.ts";

describe("NOTES.txt", () => {
  it("tells the next step of a release with agents", async () => {
    await expect(await notes(fourAgents)).toMatchFileSnapshot("notes/four-agents.txt");
  });

  it("tells the next step of a release without any", async () => {
    await expect(await notes({})).toMatchFileSnapshot("notes/no-agents.txt");
  });
});
