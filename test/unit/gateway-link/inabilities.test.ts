import { expect, it } from "vitest";
import { Inabilities } from "../../../durable-objects/gateway-link/inabilities.ts";

it("is known until its time is over, each for itself", () => {
  const known = new Inabilities();
  known.note("1", "reply", 60);
  known.note("1", "file", 600);
  expect([known.in("1", 59), known.in("2", 59)]).toEqual([["reply", "file"], []]);
  expect([known.in("1", 60), known.in("1", 600)]).toEqual([["file"], []]);
});
