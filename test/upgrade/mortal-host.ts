import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { HostOrder } from "./host.ts";

/** A Worker that is there until it is killed. */
export interface MortalHost {
  readonly url: URL;
  /** Fires the Cron Trigger; resolves when its handler has ended. */
  cron(at: number): Promise<void>;
  /** Kills the runtime, as a power cut would; resolves when all of it is gone. */
  kill(): Promise<void>;
}

export async function startMortalHost(order: HostOrder): Promise<MortalHost> {
  const host = fork(fileURLToPath(new URL("host.ts", import.meta.url)), {
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const { pid } = host;
  if (pid === undefined) throw new Error("the host was not started");
  host.send(order);
  const [{ url }] = (await once(host, "message")) as [{ url: string }];
  return {
    url: new URL(url),
    async cron(at) {
      host.send({ cron: at });
      const [{ outcome }] = (await once(host, "message")) as [{ outcome: string }];
      if (outcome !== "ok") throw new Error(`the trigger ended with ${outcome}`);
    },
    async kill() {
      const gone = once(host, "exit");
      // The whole group: workerd outlives a parent that is killed.
      process.kill(-pid, "SIGKILL");
      await gone;
    },
  };
}
