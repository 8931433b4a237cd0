import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundleWorker, root } from "../support/bundled-worker.ts";

it("the example rig is deployed with its own agents in place of the project's", async () => {
  const directory = await mkdtemp(join(tmpdir(), "rig-example-"));
  try {
    await bundleWorker(join(root, "examples/rig/wrangler.toml"), directory);
    const code = await readFile(join(directory, "index.js"), "utf8");
    for (const name of ["Conductor-E", "Dev-E", "Review-E"]) expect(code).toContain(`You are ${name}`);
    expect(code).not.toContain("You are Example-E");
    expect(code).not.toContain('When asked "Run the coordination loop"');
  } finally {
    await rm(directory, { recursive: true });
  }
});
