/** A copy of a fixture, opened by the Worker of this checkout, with the world around it as the fixture says. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { Doors } from "./doors.ts";
import { type ConversationEntry, type Manifest, NOWHERE } from "./fixture.ts";
import { copyWithClock, D1_ID, fireCron, migrateD1, startRuntime } from "./runtime.ts";
import { bindings } from "./secrets.ts";
import { type Surroundings, startSurroundings } from "./stage.ts";
import { objectId, queryObject, restoreD1, restoreObject } from "./storage.ts";
import { Town } from "./town.ts";

export interface OpenedFixture extends AsyncDisposable {
  readonly manifest: Manifest;
  readonly surroundings: Surroundings;
  readonly town: Town;
  readonly doors: Doors;
  /** Unix milliseconds, by the Worker's clock. */
  readonly now: () => number;
  cron(at: number): Promise<void>;
  /** Names of the tables that an object's storage has. */
  tablesOf(className: string, name: string): string[];
}

/** How a fixture is opened. */
export interface Opening {
  /** The Worker of this checkout. */
  bundle: string;
  /** How long after the fixture was made, by the clock of Worker and Discord, in milliseconds. */
  afterMs: number;
  /** By how much alarms ring late, in milliseconds: so long, nothing wakes by itself. */
  alarmsLateMs?: number;
  /** Conversations that are not restored: nothing is asked about them. */
  without?: (entry: ConversationEntry) => boolean;
}

/** @param fixture its folder. */
export async function openFixture(
  fixture: string,
  { bundle, afterMs, alarmsLateMs = 0, without = () => false }: Opening,
): Promise<OpenedFixture> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "rig-upgrade-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const [copy, state] = [join(directory, "bundle"), join(directory, "state")];
  const manifest = JSON.parse(await readFile(join(fixture, "manifest.json"), "utf8")) as Manifest;
  // The clock starts when everything is in place.
  const behindMs = Date.now() - (manifest.madeAt + afterMs);
  const now = () => Date.now() - behindMs;
  const saved = JSON.parse(await readFile(join(fixture, "discord.json"), "utf8")) as unknown;
  const surroundings = cleanup.use(await startSurroundings({ now, saved, rateLimits: false }));
  const { discord, gate } = surroundings;
  const left = new Set(manifest.conversations.filter(without).map(({ name }) => name));
  const objects = manifest.objects.filter(({ name }) => !left.has(name));
  await restore(fixture, objects, { state, gate: gate.url, alarmsMs: behindMs + alarmsLateMs });

  await copyWithClock(bundle, copy, behindMs);
  const settings = bindings(gate.url, { token: discord.token, publicKey: discord.world.publicKey() });
  const runtime = await startRuntime(copy, state, settings);
  cleanup.defer(() => runtime.dispose());
  const doors = new Doors(await runtime.ready, now);
  const owned = cleanup.move();
  return {
    ...{ manifest, surroundings, doors, now },
    town: new Town(discord, manifest.discord),
    cron: (at) => fired(runtime, at),
    tablesOf: (className, name) => {
      const query =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'";
      const found = queryObject(state, className, objectId(className, name), query);
      return found.map((table) => String(table.name)).filter((table) => !table.startsWith("sqlite_"));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function fired(runtime: Miniflare, at: number): Promise<void> {
  const outcome = await fireCron(runtime, at);
  if (outcome !== "ok") throw new Error(`the trigger ended with ${outcome}`);
}

/** Writes everything where the runtime will look for it. Alarms go by the machine's clock: they are moved. */
async function restore(
  fixture: string,
  objects: Manifest["objects"],
  { state, gate, alarmsMs }: { state: string; gate: string; alarmsMs: number },
): Promise<void> {
  const read = async (file: string) =>
    (await readFile(join(fixture, file), "utf8")).replaceAll(NOWHERE, gate);
  const schemas = new Map<string, string>();
  for (const { class: className, name, file, alarmAt } of objects) {
    const schema = schemas.get(className) ?? (await read(`${className}/schema.sql`));
    schemas.set(className, schema);
    const rows = await read(file);
    const dump = { schema, rows, alarmAt: alarmAt === null ? null : alarmAt + alarmsMs };
    await restoreObject(state, { className, name }, dump);
  }
  await restoreD1(state, D1_ID, { schema: await read("D1/schema.sql"), rows: await read("D1/rows.sql") });
  // What this checkout adds to the tables.
  await migrateD1(state);
}
