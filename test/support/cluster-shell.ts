/**
 * A shell for commands that move secrets between a cluster and a Worker. Its kubectl is the real one, with a Secret in
 * place of a cluster; its wrangler notes what it is given.
 */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { toolPath } from "./kubernetes-tools.ts";

const execute = promisify(execFile);

/** What came of the commands. */
export interface ShellOutcome {
  /** Secrets that were put into the Worker, by name. */
  worker: Record<string, string>;
  /** The Secret that was created or patched, as it is afterwards. */
  secret: Record<string, string>;
  /** Every kubectl and npx, in order. */
  calls: string[];
}

export interface ClusterShell {
  /** Runs lines; `typed` is what a person types. @throws Error when one fails. */
  run(lines: string, typed?: string): Promise<ShellOutcome>;
  close(): Promise<void>;
}

const secretSchema = z.object({
  data: z.record(z.string(), z.string()).default({}),
  stringData: z.record(z.string(), z.string()).default({}),
});

/** @param there what is in the cluster's one Secret, whatever it is called. */
export async function openClusterShell(there: Record<string, string>): Promise<ClusterShell> {
  const folder = await mkdtemp(join(tmpdir(), "rig-shell-"));
  const kubectl = await toolPath("kubectl");
  const literals = Object.entries(there).map(([key, value]) => `--from-literal=${key}=${value}`);
  const existing = `${kubectl} create secret generic "$3" ${literals.join(" ")} --dry-run=client`;
  await program(folder, "kubectl", [
    'echo "kubectl $*" >> calls.txt',
    'case "$1" in',
    `  get) exec ${existing} "\${@:4}" ;;`,
    `  create) exec ${kubectl} "$@" --dry-run=client --output json > secret.json ;;`,
    "  patch)",
    `    ${existing} --output json > before.json`,
    `    exec ${kubectl} patch --local --filename before.json "\${@:4}" --output json > secret.json ;;`,
    "esac",
  ]);
  await program(folder, "npx", [
    'echo "npx $*" >> calls.txt',
    'if [ "$3" = put ]; then printf "%s=%s\\n" "$4" "$(cat)" >> worker.txt; fi',
  ]);
  const read = (file: string) => readFile(join(folder, file), "utf8");
  return {
    async run(lines, typed = "") {
      await writeFile(join(folder, "lines.sh"), `set -euo pipefail\n${lines}`);
      const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, KUBECONFIG: "/dev/null" };
      const running = execute("bash", ["lines.sh"], { cwd: folder, env });
      running.child.stdin?.end(typed);
      await running;
      const { data, stringData } = secretSchema.parse(JSON.parse(await read("secret.json")));
      const decoded = Object.entries(data).map(([key, value]) => [
        key,
        Buffer.from(value, "base64").toString(),
      ]);
      const put = (await read("worker.txt")).trim().split("\n");
      return {
        worker: Object.fromEntries(put.map((line) => line.split("="))),
        secret: { ...Object.fromEntries(decoded), ...stringData },
        calls: (await read("calls.txt")).trim().split("\n"),
      };
    },
    close: () => rm(folder, { recursive: true }),
  };
}

async function program(folder: string, name: string, lines: readonly string[]): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, ["#!/bin/bash", ...lines, ""].join("\n"));
  await chmod(file, 0o755);
}
