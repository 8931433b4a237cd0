/**
 * The Worker as it is deployed, with the agents of the fixture, on real workerd: as it is, or with another clock.
 *
 * A fixture is some months old when it is opened, and what it holds depends on the time: tokens, deadlines, leases. So the
 * runtime that opens it is given a clock that began when the fixture was made. Alarms are the platform's and go by the
 * machine's clock, so they are converted on their way.
 */
import { cp, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { migrateLocalDatabase } from "../../cli/start/migrations.ts";
import { bundleWorker, DURABLE_OBJECTS, root, startBundle } from "../support/bundled-worker.ts";

/** Names the D1 database on this machine. */
export const D1_ID = "local";

/** Bundles the Worker with the fixture's agents. */
export async function bundleForUpgrade(directory: string): Promise<void> {
  await bundleWorker(join(root, "test/upgrade/wrangler.toml"), directory);
}

/**
 * Copies a bundle and puts another clock in front of the copy.
 *
 * @param behindMs how far it is behind the machine's, in milliseconds.
 */
export async function copyWithClock(bundle: string, directory: string, behindMs: number): Promise<void> {
  await cp(bundle, directory, { recursive: true, filter: (file) => !file.endsWith(".map") });
  await rename(join(directory, "index.js"), join(directory, "worker.js"));
  await writeFile(join(directory, "clock.js"), clockModule(behindMs));
  const classes = Object.values(DURABLE_OBJECTS).map(
    (name) => `export const ${name} = withAlarms(objects.${name});\n`,
  );
  const main = `import { withAlarms } from "./clock.js";\nimport * as objects from "./worker.js";\n${classes.join("")}`;
  await writeFile(join(directory, "index.js"), `${main}export default objects.default;\n`);
}

function clockModule(behindMs: number): string {
  return `const BEHIND_MS = ${behindMs};
const Machine = Date;
globalThis.Date = class Date extends Machine {
  constructor(...time) {
    if (time.length > 0) super(...time);
    else super(Machine.now() - BEHIND_MS);
  }
  static now() {
    return Machine.now() - BEHIND_MS;
  }
};
/** Objects whose alarms ring by the machine's clock, and know nothing of it. */
export const withAlarms = (Class) =>
  class extends Class {
    constructor(ctx, env) {
      const { storage } = ctx;
      const setAlarm = storage.setAlarm.bind(storage);
      const getAlarm = storage.getAlarm.bind(storage);
      storage.setAlarm = (at, options) => setAlarm(Number(at) + BEHIND_MS, options);
      storage.getAlarm = async (options) => {
        const at = await getAlarm(options);
        return at === null ? null : at - BEHIND_MS;
      };
      super(ctx, env);
    }
  };
`;
}

/** Makes the D1 database, or brings it up to date, as a deployment does. */
export async function migrateD1(state: string): Promise<void> {
  await mkdir(join(state, "rig"), { recursive: true });
  const migrationsDirectory = join(root, "migrations");
  await migrateLocalDatabase({ id: D1_ID, migrationsDirectory, stateDirectory: state });
}

/** @param state where everything is kept. */
export function startRuntime(
  bundle: string,
  state: string,
  bindings: Readonly<Record<string, string>>,
): Promise<Miniflare> {
  return startBundle({
    directory: bundle,
    durableObjects: DURABLE_OBJECTS,
    d1: { DB: D1_ID },
    bindings: { ...bindings },
    persist: join(state, "v3"),
  });
}

/** A minute of the Cron Trigger. */
export async function fireCron(runtime: Miniflare, at: number): Promise<string> {
  const { outcome } = await (await runtime.getWorker()).scheduled({
    scheduledTime: new Date(at),
    cron: "* * * * *",
  });
  return outcome;
}
