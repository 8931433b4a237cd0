/**
 * `npm run upgrade:make`: makes a fixture with the code of this checkout: starts the Worker, brings its conversations, links,
 * schedules and hubs into every state that they can be found in, kills it, and writes down what is left.
 *
 *     npm run upgrade:make -- --out test/upgrade/fixtures/<commit>
 */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { DURABLE_OBJECTS, root } from "../support/bundled-worker.ts";
import { agents } from "./agents.ts";
import { Bridge, Doors } from "./doors.ts";
import { type Manifest, NOWHERE } from "./fixture.ts";
import type { Trap } from "./gate.ts";
import { startMortalHost } from "./mortal-host.ts";
import { bundleForUpgrade, D1_ID, migrateD1 } from "./runtime.ts";
import { openButtons, prepareButtons } from "./scenes/buttons.ts";
import { openClock, openWebhooks, prepareClock } from "./scenes/clock.ts";
import { QuestionScenes } from "./scenes/interactions.ts";
import { openLink, openUserThread } from "./scenes/link.ts";
import { openPosts } from "./scenes/posts.ts";
import { endUnreported, openShared, prepareShared, readShared } from "./scenes/shared.ts";
import { Threads } from "./scenes/threads.ts";
import { openChats } from "./scenes/web.ts";
import { prepareChats } from "./scenes/web-ended.ts";
import { bindings } from "./secrets.ts";
import { type Proof, type Stage, startSurroundings } from "./stage.ts";
import { dumpD1, dumpObject, objectId, queryObject, storedObjects } from "./storage.ts";
import { Town } from "./town.ts";

/** What no door leads to, and what nothing follows from. */
const MISSING = [
  "a turn whose model call is over and none of whose tool calls has started: nothing that could be held is asked in between",
  "posts with a file, and reactions to a message: what is left of them is a flag, or nothing",
  "settings told:*: that the operator was told of something is worth one line of the log",
];

const { values } = parseArgs({ options: { out: { type: "string" }, commit: { type: "string" } } });
const commit =
  values.commit ?? execFileSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const out = values.out ?? join(root, "test/upgrade/fixtures", commit.slice(0, 7));

const directory = await mkdtemp(join(tmpdir(), "rig-upgrade-"));
const bundle = join(directory, "bundle");
const state = join(directory, "state");
try {
  await using surroundings = await startSurroundings({ rateLimits: false });
  await bundleForUpgrade(bundle);
  await migrateD1(state);
  const manifest = emptyManifest(commit);
  const proofs: Proof[] = [];
  const { discord, gate } = surroundings;
  const settings = bindings(gate.url, { token: discord.token, publicKey: discord.world.publicKey() });
  const order = { bundle, state, bindings: settings };
  const town = Town.found(discord, ["porter", "help", "busy", "late", "lobby", "keeper"]);
  manifest.discord = town.place;
  /** Plays what happens during one life of the runtime, and kills it. */
  const live = async <T>(play: (stage: Stage) => Promise<T>): Promise<T> => {
    const host = await startMortalHost(order);
    const doors = new Doors(host.url);
    try {
      return await play({ ...surroundings, doors, cron: (at) => host.cron(at), manifest, proofs });
    } finally {
      await host.kill();
    }
  };
  const again = await live((stage) => prepare(stage, town));
  await live((stage) => open(stage, town, again));
  manifest.madeAt = Date.now();
  await write(manifest, gate.url);
  prove(proofs);
  await writeFile(join(out, "discord.json"), text(discord.save(), gate.url));
  console.log(`${manifest.objects.length} objects, ${manifest.conversations.length} conversations in ${out}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** Before the first death: what is over by then, and a turn that dies twice. */
async function prepare(stage: Stage, town: Town): Promise<Trap> {
  const bridge = await town.connect(stage.doors, "porter", "session-of-porter");
  town.place.sessions.porter = { id: "session-of-porter", seq: bridge.seq };
  await prepareButtons(new Threads({ stage, town, bridge }));
  await new QuestionScenes({ stage, town, bridge }).prepare();
  await prepareClock(stage);
  await prepareShared(stage, town);
  town.place.sessions.porter.seq = bridge.seq;
  return prepareChats(stage);
}

/** Before the last death: everything that is left open. */
async function open(stage: Stage, town: Town, again: Trap): Promise<void> {
  const session = town.place.sessions.porter ?? { id: "", seq: 0 };
  const bridge = new Bridge(stage.doors, "porter", session);
  await bridge.lease();
  const threads = new Threads({ stage, town, bridge });
  await openPosts(threads);
  await openButtons(threads);
  await new QuestionScenes({ stage, town, bridge }).open();
  session.seq = bridge.seq;
  await openLink(stage, town);
  await openUserThread(stage, town);
  await openClock(stage);
  await openWebhooks(stage);
  await openShared(stage);
  await openChats(stage, again);
  await readShared(stage);
  await endUnreported(stage);
}

function emptyManifest(commit: string): Manifest {
  return {
    ...{ commit, madeAt: 0, missing: MISSING, objects: [], conversations: [], spent: {}, unheard: 0 },
    discord: { guildId: "", userId: "", channels: {}, sessions: {}, userThread: "" },
    ...{ cron: [], reads: {}, usedTicket: "", assignment: { stream: "", event: "" } },
  };
}

/** Fails when something is not as it should be left behind. */
function prove(proofs: readonly Proof[]): void {
  const unproven = proofs.filter(
    ({ class: className, name, query }) =>
      queryObject(state, className, objectId(className, name), query).length === 0,
  );
  if (unproven.length === 0) return;
  throw new Error(`not reached:\n${unproven.map(({ name, query }) => `${name}: ${query}`).join("\n")}`);
}

/** Writes what storage holds, and the manifest. */
async function write(manifest: Manifest, gateUrl: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  for (const className of Object.values(DURABLE_OBJECTS)) {
    const names = new Map(namesOf(className, manifest).map((name) => [objectId(className, name), name]));
    let common: string | undefined;
    const ids = await storedObjects(state, className);
    for (const id of ids.sort((a, b) => (names.get(a) ?? "").localeCompare(names.get(b) ?? ""))) {
      const name = names.get(id);
      const { schema, rows, alarmAt } = dumpObject(state, className, id);
      if (name === undefined) throw new Error(`a ${className} that no scene knows of: ${rows}`);
      common ??= schema;
      if (schema !== common) throw new Error(`${className} ${name} has other tables than those before it`);
      const file = `${className}/${name.replaceAll(/[^\w-]+/g, "_")}.sql`;
      await put(file, rows);
      manifest.objects.push({ class: className, name, file, alarmAt });
    }
    if (common !== undefined) await put(`${className}/schema.sql`, common);
  }
  for (const { class: className, name } of manifest.objects) {
    if (className === "AgentHub") manifest.spent[name] = spentBy(name);
    if (className === "ChannelSession") manifest.unheard += unheardOf(name);
  }
  const { schema, rows } = dumpD1(state, D1_ID);
  await put("D1/schema.sql", schema);
  await put("D1/rows.sql", rows);
  await put("manifest.json", JSON.stringify(manifest, null, 2));

  async function put(file: string, content: string): Promise<void> {
    await mkdir(dirname(join(out, file)), { recursive: true });
    await writeFile(join(out, file), `${content.replaceAll(gateUrl, NOWHERE).trimEnd()}\n`);
  }
}

/** What an agent's hub has counted. */
function spentBy(agent: string): { usd: number; calls: number } {
  const sums = "SELECT sum(nano_usd + assumed_nano_usd) / 1e9 AS usd, sum(calls) AS calls FROM spending";
  const [sum] = queryObject(state, "AgentHub", objectId("AgentHub", agent), sums);
  return { usd: Number(sum?.usd ?? 0), calls: Number(sum?.calls ?? 0) };
}

/** Model calls of a conversation of which its agent's hub has not heard yet: some are over, some die with the runtime. */
function unheardOf(name: string): number {
  const query = (className: string, object: string, sql: string) =>
    queryObject(state, className, objectId(className, object), sql);
  const underWay = `SELECT 1 FROM steps WHERE finished_at IS NULL AND json_extract(entry, '$.kind') IN ('model', 'summary')
    AND turn_id IN (SELECT id FROM turns WHERE state IN ('running', 'done'))`;
  const [agent = ""] = name.split("/");
  const over = query("ChannelSession", name, "SELECT turn_id, step, attempt FROM reports");
  const untold = over.filter(({ turn_id, step, attempt }) => {
    const heard = `SELECT 1 FROM calls WHERE turn = '${turn_id}' AND step = ${step} AND attempt = ${attempt}`;
    return query("AgentHub", agent, heard).length === 0;
  });
  return query("ChannelSession", name, underWay).length + untold.length;
}

/** Names that objects of a class may have. */
function namesOf(className: string, { conversations }: Manifest): string[] {
  switch (className) {
    case "ChannelSession":
      return conversations.map(({ name }) => name);
    case "GatewayLink":
      return agents.ids.map((id) => `${id}/0`);
    default:
      return [...agents.ids];
  }
}

function text(value: unknown, gateUrl: string): string {
  return `${JSON.stringify(value, null, 1)}\n`.replaceAll(gateUrl, NOWHERE);
}
