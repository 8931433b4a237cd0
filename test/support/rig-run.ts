/** Runs the `rig` command as a terminal does, and finds every process that comes of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import * as z from "zod";

const readySchema = z.object({
  event: z.literal("ready"),
  url: z.url(),
  login: z.url(),
  stateDirectory: z.string(),
  pid: z.int(),
  startupMs: z.number(),
  agents: z.array(
    z.object({
      id: z.string(),
      provider: z.object({ name: z.string(), model: z.string(), demo: z.boolean(), ready: z.boolean() }),
    }),
  ),
});

/** The line of `rig start --json`. */
export type ReadyLine = z.infer<typeof readySchema>;

/** A command that runs. */
export interface RigRun {
  /** The command's own process, which leads its process group as a terminal's foreground job does. */
  readonly process: ChildProcess & { pid: number };
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output(): { stdout: string; stderr: string };
  /** The ready line; rejects with the output when the command ends without one. */
  ready(): Promise<ReadyLine>;
  /** Sends a signal to the whole foreground group, as the terminal does. */
  signalGroup(signal: NodeJS.Signals): void;
  /** Ids of all living processes that this command has started, directly or not. */
  processes(): Promise<number[]>;
  /** Ends whatever is left. */
  kill(): Promise<void>;
}

/** Where and how to run. */
export interface RigRunOptions {
  root: string;
  /** Default: this Node with cli/rig.js. */
  command?: readonly string[];
  env?: Record<string, string>;
  /** What it reads from stdin; by default nothing. */
  input?: string;
}

/** Environment that decides what a command does; nothing of it may leak in from who runs the tests. */
const inherited = ["PATH", "HOME", "TMPDIR", "LANG"];

/** Starts `rig <args>` in a group of its own. */
export function runRig(args: readonly string[], options: RigRunOptions): RigRun {
  const mark = `RIG_TEST_RUN=${randomUUID()}`;
  const [program, ...first] = options.command ?? [process.execPath, "cli/rig.js"];
  if (program === undefined) throw new Error("no command");
  const child = spawn(program, [...first, ...args], {
    cwd: options.root,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
      ...options.env,
      RIG_TEST_RUN: mark.slice("RIG_TEST_RUN=".length),
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${program}`);

  child.stdin.on("error", () => {});
  child.stdin.end(options.input);

  const lines: string[] = [];
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const ready = new Promise<ReadyLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.startsWith('{"event":"ready"')) resolve(readySchema.parse(JSON.parse(line)));
    });
    void ended.then(() => reject(new Error(`no ready line:\n${lines.join("\n")}\n${stderr}`)));
  });
  ready.catch(() => {});

  return {
    process: Object.assign(child, { pid }),
    ended,
    output: () => ({ stdout: lines.join("\n"), stderr }),
    ready: () => ready,
    signalGroup: (signal) => process.kill(-pid, signal),
    processes: () => processesWith(mark),
    async kill() {
      for (const left of await processesWith(mark)) {
        try {
          process.kill(left, "SIGKILL");
        } catch {
          // Gone in the meantime.
        }
      }
      await ended;
    },
  };
}

/** Descendants inherit the environment, wherever they hang in the tree by now. A zombie's environment is empty. */
async function processesWith(mark: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => environments[index]?.split("\0").includes(mark)).map(Number);
}
