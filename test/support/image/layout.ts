/**
 * Follows gateway/Dockerfile without Docker: each stage becomes a folder, and the last one is the image's file system.
 *
 * Two things stand in for what comes over the network: the project's own node_modules for `npm ci`, and the Node that runs
 * this for the base image's.
 */
import { execFile } from "node:child_process";
import { chmod, copyFile, cp, link, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { root as project } from "../bundled-worker.ts";
import { type BuildStep, readDockerfile, type Stage } from "./dockerfile.ts";

export interface ImageLayout extends AsyncDisposable {
  /** The folder that is `/` of the image. Nothing in it can be written, by anybody but root. */
  readonly root: string;
  readonly image: Stage;
  /** Files of the image's own, without the base image's. */
  readonly files: readonly string[];
}

/** Lays out the image of a Dockerfile. @throws Error when the Dockerfile or its build does not work. */
export async function layOutImage(dockerfile = join(project, "gateway/Dockerfile")): Promise<ImageLayout> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "rig-image-"));
  cleanup.defer(() => removeReadOnly(directory));
  // mkdtemp keeps others out, and the image's user is one of them.
  await chmod(directory, 0o755);
  const stages = readDockerfile(await readFile(dockerfile, "utf8"));
  const context = await readContext();
  const roots = new Map<string, string>();
  for (const [index, stage] of stages.entries()) {
    const root = join(directory, stage.name ?? String(index));
    roots.set(stage.name ?? String(index), root);
    await mkdir(root);
    let workdir = root;
    for (const step of stage.steps) {
      if (step.kind === "workdir") {
        workdir = join(root, step.path);
        await mkdir(workdir, { recursive: true });
      } else if (step.kind === "run") await run(step.command, workdir);
      else await copy(step, step.target.startsWith("/") ? root : workdir, { context, roots });
    }
  }
  const image = stages.at(-1);
  const root = [...roots.values()].at(-1);
  if (!image || root === undefined) throw new Error(`${dockerfile}: there is no FROM`);
  const files = (await filesIn(root)).map((file) => file.slice(root.length));
  await provideNode(root, image);
  await makeReadOnly(root);
  const owned = cleanup.move();
  return { root, image, files, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Says whether a path of the project is sent to the builder. */
type Context = (path: string) => boolean;

/** .dockerignore, which keeps everything out but what it names. @throws Error where it says more. */
async function readContext(): Promise<Context> {
  const text = await readFile(join(project, ".dockerignore"), "utf8");
  const [everything, ...exceptions] = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (everything !== "*" || exceptions.some((line) => !/^![\w./-]+$/.test(line)))
    throw new Error(".dockerignore: expected * and then a line !<path> for each exception");
  const names = exceptions.map((line) => line.slice(1));
  return (path) => names.some((name) => path === name || path.startsWith(`${name}/`));
}

type CopyStep = Extract<BuildStep, { kind: "copy" }>;

async function copy(
  { from, sources, target }: CopyStep,
  base: string,
  { context, roots }: { context: Context; roots: ReadonlyMap<string, string> },
): Promise<void> {
  for (const source of sources) {
    if (from === null && !context(source)) throw new Error(`COPY ${source}: .dockerignore keeps it out`);
    const sourceRoot = from === null ? project : roots.get(from);
    if (sourceRoot === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
    const to = join(base, target, target.endsWith("/") ? basename(source) : "");
    await mkdir(dirname(to), { recursive: true });
    await cp(join(sourceRoot, source), to, { recursive: true });
  }
}

async function run(command: string, cwd: string): Promise<void> {
  if (/^npm ci\b/.test(command)) return symlink(join(project, "node_modules"), join(cwd, "node_modules"));
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  await promisify(execFile)("/bin/sh", ["-c", command], { cwd, env: { ...process.env, PATH: path } });
}

/** The base image's Node, where the image's PATH begins. */
async function provideNode(root: string, { entrypoint, env }: Stage): Promise<void> {
  const [directory] = env.PATH?.split(":") ?? [];
  if (entrypoint[0] !== "node" || directory === undefined)
    throw new Error("expected an ENTRYPOINT that starts node, and ENV PATH");
  await mkdir(join(root, directory), { recursive: true });
  const target = join(root, directory, "node");
  await link(process.execPath, target).catch(() => copyFile(process.execPath, target));
}

async function makeReadOnly(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o555);
    // A link to Node shares its mode with the original.
    else if (entry.name !== "node") await chmod(path, 0o444);
  }
  await chmod(root, 0o555);
}

async function removeReadOnly(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755);
  await rm(directory, { recursive: true });
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
