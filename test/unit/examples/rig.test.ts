import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** Blocks of a wrangler.toml that say what the Worker's code needs, whoever deploys it. */
function needs(file: string): string[] {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8").replaceAll(/^#.*\n/gm, "");
  const blocks = text.split(/\n{2,}/).map((block) => block.trim());
  return blocks.filter((block) => /^\[\[(durable_objects|migrations|rules)|^\[triggers\]/.test(block));
}

const own = needs("wrangler.toml");

describe("the example rig is this project's Worker with other agents", () => {
  it.each(["examples/rig/wrangler.toml", "examples/rig/demo/wrangler.toml"])(
    "%s binds and migrates what wrangler.toml does",
    (file) => {
      expect(own.length).toBeGreaterThan(5);
      expect(needs(file)).toEqual(own);
    },
  );
});
