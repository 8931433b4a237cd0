/** `npm start` as a person runs it, in processes of its own, with a state directory that outlives them. */
import { fileURLToPath } from "node:url";
import { runRig } from "./rig-run.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A running `npm start`. */
export interface RigProcess {
  readonly url: string;
  /** Signs a browser in, once. */
  readonly login: string;
  /** SIGKILL to every process at once, as a crash of the machine would: nothing gets to say goodbye. */
  kill(): Promise<void>;
  /** Ends it the way Ctrl-C does. */
  stop(): Promise<void>;
}

/**
 * Starts and waits until it is ready.
 *
 * @param options.port 0 (the default) for any free one; a given one when a browser must find it again.
 * @param options.settings environment beyond what every program needs: no key of who runs the tests leaks in.
 * @throws Error with everything it printed, when it ends before it is ready.
 */
export async function startRig(options: {
  stateDirectory: string;
  port?: number;
  settings?: Record<string, string>;
}): Promise<RigProcess> {
  const run = runRig(["start", "--silent", "--", "--json", "--port", String(options.port ?? 0)], {
    root,
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
