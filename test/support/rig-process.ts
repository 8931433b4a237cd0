/** Runs the `rig` command as a terminal does, and finds every process that comes of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const project = fileURLToPath(new URL("../../", import.meta.url));

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

/** How a command ended. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A command that runs. */
export interface RigRun {
  /** The command's own process, which leads its process group as a terminal's foreground job does. */
  readonly process: ChildProcess & { pid: number };
  readonly ended: Promise<End>;
  output(): { stdout: string; stderr: string };
  /** The ready line; rejects with the output when the command ends without one. */
  ready(): Promise<ReadyLine>;
  /** Sends a signal to the whole foreground group, as the terminal does. */
  signalGroup(signal: NodeJS.Signals): void;
  /** Command lines of all living processes that this command has started, directly or not. */
  processes(): string[];
  /** SIGKILL to every process at once, as a crash of the machine would: nothing gets to say goodbye. */
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

/** Where `rig` keeps JavaScript compiled, for every process and every copy of the project: half of a test's work. */
const compileCache = { NODE_COMPILE_CACHE: join(project, "node_modules/.cache/rig") };

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
      ...compileCache,
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
  const ended = new Promise<End>((resolve) => {
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
    processes: () => processesWith(mark).map(({ command }) => command),
    async kill() {
      for (const left of processesWith(mark)) {
        try {
          process.kill(left.pid, "SIGKILL");
        } catch {
          // Gone in the meantime.
        }
      }
      await ended;
    },
  };
}

/** Descendants inherit the environment, wherever they hang in the tree by now. A zombie's environment is empty. */
function processesWith(mark: string): { pid: number; command: string }[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => readProc(pid, "environ").includes(mark))
    .map((pid) => ({ pid: Number(pid), command: readProc(pid, "cmdline").join(" ") }));
}

/** Read at once: what the kernel holds in memory is there sooner than a promise for it. */
function readProc(pid: string, file: "environ" | "cmdline"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    // Gone, or somebody else's.
    return [];
  }
}

/** A running `npm start`. */
export interface RigProcess extends Pick<RigRun, "kill"> {
  readonly url: string;
  /** Signs a browser in, once. */
  readonly login: string;
  /** Ends it the way Ctrl-C does. */
  stop(): Promise<void>;
}

/**
 * Starts `npm start` in this project as a person does, with a state directory that outlives it, and waits until it is
 * ready.
 *
 * @param options.root a copy of the project for what runs beside others: each run builds its pages in its project.
 * @param options.port 0 (the default) for any free one; a given one when a browser must find it again.
 * @param options.settings environment beyond what every program needs: no key of who runs the tests leaks in.
 * @throws Error with everything it printed, when it ends before it is ready.
 */
export async function startRig(options: {
  root?: string;
  stateDirectory: string;
  port?: number;
  settings?: Record<string, string>;
}): Promise<RigProcess> {
  const run = runRig(["start", "--silent", "--", "--json", "--port", String(options.port ?? 0)], {
    root: options.root ?? project,
    command: ["npm"],
    env: { ...options.settings, RIG_STATE_DIR: options.stateDirectory },
  });
  const { url, login } = await run.ready();
  return {
    url,
    login,
    kill: () => run.kill(),
    async stop() {
      const isRunning = run.process.exitCode === null && run.process.signalCode === null;
      if (isRunning) run.signalGroup("SIGINT");
      await run.ended;
    },
  };
}
