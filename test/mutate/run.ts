/**
 * `npm run mutate`: whether the tests of the guarding code notice when it is broken. Applies each mutation of mutations.ts to a copy
 * of the project, runs the tests that must notice, and prints the score.
 *
 *     npm run mutate -- --only generation
 *
 * The tests pass in the unbroken copy first, or nothing they say counts. Exits with 1 below {@link AIM}.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Mutation, mutations } from "./mutations.ts";

/** The least share of mutations that are noticed. */
const AIM = 0.95;
/** How long the tests of one mutation may take, in milliseconds: who hangs has noticed too. */
const PATIENCE_MS = 180_000;
const NOT_COPIED = /^(\.git|node_modules)$/;

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const chosen = mutations.filter(({ name, file }) => `${name} ${file}`.includes(values.only));
if (chosen.length === 0) throw new Error(`no mutation is called ${values.only}`);

await using cleanup = new AsyncDisposableStack();
const copy = await mkdtemp(join(tmpdir(), "rig-mutate-"));
cleanup.defer(() => rm(copy, { recursive: true, force: true }));
await cp(root, copy, {
  recursive: true,
  filter: (source) => !NOT_COPIED.test(source.slice(root.length).split("/")[0] ?? ""),
});
await symlink(join(root, "node_modules"), join(copy, "node_modules"));

for (const project of ["unit", "workers"] as const) {
  const tests = new Set(
    chosen.filter((mutation) => mutation.project === project).flatMap(({ tests }) => tests),
  );
  if (tests.size > 0 && !(await pass(project, [...tests], 5 * PATIENCE_MS)))
    throw new Error(`the tests of ${project} fail unbroken: ${[...tests].join(", ")}`);
}

let noticed = 0;
for (const mutation of chosen) {
  const isNoticed = await isNoticedWith(mutation);
  if (isNoticed) noticed += 1;
  console.log(`${isNoticed ? "noticed " : "SURVIVED"}  ${mutation.file}: ${mutation.name}`);
}
const score = noticed / chosen.length;
console.log(`${noticed} of ${chosen.length} noticed: ${(100 * score).toFixed(0)} % (aim: ${100 * AIM} %)`);
process.exitCode = score < AIM ? 1 : 0;

async function isNoticedWith({ file, text, replacement, project, tests }: Mutation): Promise<boolean> {
  const path = join(copy, file);
  const code = await readFile(path, "utf8");
  const places = code.split(text).length - 1;
  if (places !== 1) throw new Error(`${file} has ${JSON.stringify(text)} ${places} times, not once`);
  await writeFile(
    path,
    code.replace(text, () => replacement),
  );
  try {
    return !(await pass(project, tests, PATIENCE_MS));
  } finally {
    await writeFile(path, code);
  }
}

/** Whether tests pass in the copy. */
async function pass(project: string, tests: readonly string[], patienceMs: number): Promise<boolean> {
  const vitest = join(copy, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--project", project, "--bail", "1", ...tests];
  // A group of its own: what a test that hangs has started goes with it.
  const child = spawn(process.execPath, args, { cwd: copy, stdio: "ignore", detached: true });
  const timer = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), patienceMs);
  try {
    const [code] = await once(child, "exit");
    return code === 0;
  } finally {
    clearTimeout(timer);
  }
}
