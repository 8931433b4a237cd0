import { afterAll, beforeAll, describe, it } from "vitest";
import { type ImageLayout, layOutImage } from "../../support/image/layout.ts";
import { proofs } from "../../support/image/proofs.ts";

let layout: ImageLayout;
beforeAll(async () => {
  layout = await layOutImage();
});
afterAll(() => layout[Symbol.asyncDispose]());

describe("the gateway's image", () => {
  it.each(proofs)("$claim", ({ show }) => show(layout));
});
