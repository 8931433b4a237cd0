/** The supervisor's side of the Worker's host. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compileCache } from "../project.ts";
import type { HostOptions, HostReport } from "./host-protocol.ts";
import { listProcesses } from "./process-table.ts";
import { endGroup } from "./state.ts";

/** Long enough for a clean end, which takes a tenth of a second, and short enough for who pressed Ctrl-C. */
const STOP_TIMEOUT_MS = 1_500;

/** A host that has been started, and waits for {@link WorkerHost.run}. */
export interface WorkerHost {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /**
   * Starts the Worker.
   *
   * @throws Error when it cannot start, with what wrangler said.
   */
  run(options: HostOptions): Promise<Extract<HostReport, { type: "ready" }>>;
  /** Ends the host and all it has started: in good order, after 1.5 s by force. */
  stop(): Promise<void>;
}

/**
 * Starts the host's process. It takes a second to load wrangler, so it is started before there is anything to run.
 *
 * What it and the Worker print goes to this process' stderr.
 */
export function spawnHost(): WorkerHost {
  const child = fork(fileURLToPath(new URL("./worker-host.ts", import.meta.url)), {
    detached: true,
    stdio: ["ignore", 2, 2, "ipc"],
    env: {
      ...process.env,
      ...compileCache,
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_WRITE_LOGS: "false",
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("cannot start a process for the Worker");
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid,
    ended,
    run: (options) => run(child, options),
    async stop() {
      if (child.connected) child.disconnect();
      const timeout = new AbortController();
      await Promise.race([ended, delay(STOP_TIMEOUT_MS, timeout.signal)]);
      timeout.abort();
      await endGroup(pid, await listProcesses());
    },
  };
}

function run(child: ChildProcess, options: HostOptions): Promise<Extract<HostReport, { type: "ready" }>> {
  return new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Error("the Worker's process ended before it was ready")));
    child.once("message", (report: HostReport) => {
      if (report.type === "ready") resolve(report);
      else reject(new Error(report.message));
    });
    child.send(options, (error) => {
      if (error !== null) reject(error);
    });
  });
}

function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
}
