/** `rig start`, which is `npm start`: everything on this machine, with no account and no key. */
import { spawnHost } from "./start/host-process.ts";
import { readStartOptions } from "./start/options.ts";
import { stopRequest } from "./start/stop-request.ts";

const usage = `Usage: rig start [--port <number>] [--json]

Runs the Worker, its database and example-e's quotes API on this machine, and reloads on every edit.
  --port  where to listen on 127.0.0.1 (default: PORT, else 8787); when it is taken, the next free one
  --json  print one line of JSON when it is ready; everything else goes to stderr

RIG_STATE_DIR says where conversations are kept (default: .wrangler/state).
`;

/**
 * Runs until it is told to stop.
 *
 * @param argv what follows `rig start`
 * @returns the exit code: 0 when it was stopped, 1 when something failed, 2 for a wrong call
 */
export async function runStart(argv: readonly string[]): Promise<number> {
  const options = readStartOptions(argv);
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(usage);
    return options === undefined ? 2 : 0;
  }
  const stop = stopRequest();
  await using running = new AsyncDisposableStack();
  const host = spawnHost();
  running.defer(() => host.stop());
  try {
    // Loaded while the host loads wrangler.
    const { startEverything } = await import("./start/everything.ts");
    const started = startEverything(options, host, running);
    // What fails after the stop was asked for, fails because of it.
    started.catch(() => {});
    await Promise.race([started, stop]);
    const reason = await Promise.race([stop.then(() => "asked" as const), host.ended]);
    if (reason === "asked") return 0;
    process.stderr.write(
      "The Worker's process has ended. What was stored is safe: start again with npm start.\n",
    );
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  return 1;
}
