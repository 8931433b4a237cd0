import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, "utf8");

/** What code imports when it is needed, by its last name. */
const imported = (text: string) =>
  [...text.matchAll(/await import\("([^"]+)"\)|^ {2}import\("([^"]+)"\),$/gm)].map(([, now, listed]) =>
    basename(now ?? listed ?? ""),
  );

it("has a runtime's first file load whatever the Worker imports when it is needed", () => {
  const sources = globSync("{workers,durable-objects,shared}/**/*.ts", { cwd: root });
  const needed = new Set(sources.flatMap((file) => imported(read(file))));
  expect(needed.size).toBeGreaterThan(2);
  expect(new Set(imported(read("test/workers/setup.ts")))).toEqual(needed);
});
