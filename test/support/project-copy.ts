import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const original = fileURLToPath(new URL("../..", import.meta.url));

/** What a checkout holds that the commands need; the rest of the tree is somebody's work or rubbish. */
const parts = [
  "agents",
  "cli",
  "d1",
  "durable-objects",
  "examples",
  "gateway",
  "migrations",
  "package.json",
  "public",
  "shared",
  "tsconfig.base.json",
  "tsconfig.browser.json",
  "tsconfig.json",
  "tsconfig.node.json",
  "workers",
  "wrangler.toml",
];

/** A copy of this project, for commands that write into theirs. */
export interface ProjectCopy {
  root: string;
  remove(): Promise<void>;
}

/** Copies the project into a new folder as a fresh checkout would have it, dependencies linked. */
export async function copyProject(): Promise<ProjectCopy> {
  const root = await mkdtemp(join(tmpdir(), "rig-edge-"));
  await Promise.all(parts.map((part) => cp(join(original, part), join(root, part), { recursive: true })));
  await symlink(join(original, "node_modules"), join(root, "node_modules"));
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
