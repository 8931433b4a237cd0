/** Runs this project's own wrangler, on the Node that runs this. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { compileCache, projectRoot } from "../project.ts";

const wranglerBin = join(projectRoot, "node_modules/wrangler/bin/wrangler.js");

/** What a wrangler command printed, and its exit code. */
export interface WranglerResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command whose answer is read, not shown. It cannot ask anything. */
export async function askWrangler(...args: string[]): Promise<WranglerResult> {
  const child = spawn(process.execPath, [wranglerBin, ...args], {
    cwd: projectRoot,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = exitCode(child);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

/** Runs a command in the terminal, where it may ask. Returns the exit code. */
export function runWrangler(args: readonly string[], extra: Record<string, string> = {}): Promise<number> {
  const child = spawn(process.execPath, [wranglerBin, ...args], {
    cwd: projectRoot,
    env: { ...environment(), ...extra },
    stdio: "inherit",
  });
  return exitCode(child);
}

function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** The build that wrangler.toml names is a command line, so it needs the project's Node first on the PATH. */
function environment(): Record<string, string | undefined> {
  return {
    ...process.env,
    ...compileCache,
    PATH: [join(projectRoot, "node_modules/.bin"), process.env.PATH].join(delimiter),
    WRANGLER_SEND_METRICS: "false",
    // With its banner goes the look for a newer version of itself: this project's is the one.
    WRANGLER_HIDE_BANNER: "true",
  };
}
