/**
 * `npm run bench:memory [seconds]`: what the gateway keeps in memory at rest and at 200 messages a second, next to
 * what its chart asks for and allows. The baseline is a bare Node with the same limits, in the same run.
 *
 * The model never answers here: only the gateway is looked at.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import * as z from "zod";
import { root } from "../test/support/bundled-worker.ts";
import { startDiscordStage } from "../test/support/discord-stage.ts";
import { NODE_FLAGS } from "../test/support/gateway-process.ts";
import { atPace } from "./pace.ts";
import { type ResidentMemory, residentMemory } from "./resident-memory.ts";

const MESSAGES_PER_SECOND = 200;
const CHANNELS = 40;
const SAMPLE_MS = 250;

const seconds = Number(process.argv[2] ?? 60);
if (!(seconds > 0)) throw new Error(`seconds: expected a positive number, found ${process.argv[2]}`);

const valuesSchema = z.object({
  defaults: z.object({
    resources: z.object({
      requests: z.object({ memory: z.string() }),
      limits: z.object({ memory: z.string() }),
    }),
  }),
});
const values = await readFile(join(root, "charts/gateway-bridge/values.yaml"), "utf8");
const { requests, limits } = valuesSchema.parse(parse(values)).defaults.resources;

await using stage = await startDiscordStage({ agent: "listener", discord: { rateLimits: false } });
const { world } = stage.discord;
const guild = world.createGuild("Bench");
const user = world.createUser({ username: "writer" });
world.join(guild.id, user.id);
const channels = Array.from({ length: CHANNELS }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
const gateway = stage.startGateway("bench");
await gateway.ready();

const bare = await bareNode();
const idle = await highest(gateway.pid, delay(seconds * 1_000));
const busy = await highest(gateway.pid, busyTime());
report("a bare Node", bare);
report("gateway, idle", idle);
report(`gateway, ${MESSAGES_PER_SECOND} messages/s`, busy);
console.log(`chart: request ${requests.memory}, limit ${limits.memory}`);

/** Until the Worker has all of what is written. */
async function busyTime(): Promise<void> {
  let written = 0;
  await atPace({ perSecond: MESSAGES_PER_SECOND, seconds }, (n) => {
    world.say(channels[n % CHANNELS] ?? "", user.id, "[[hang]]");
    written += 1;
  });
  const url = await gateway.url();
  const page = async () => (await fetch(`${url}/metrics`)).text();
  const isStored = (text: string) =>
    text.includes(`type="MESSAGE_CREATE"} ${written}\n`) && /^rig_gateway_unacked\S* 0$/m.test(text);
  for (let waited = 0; !isStored(await page()); waited += SAMPLE_MS) {
    if (waited > 30_000) throw new Error(`not all messages were stored:\n${await page()}`);
    await delay(SAMPLE_MS);
  }
}

function report(what: string, { totalMiB, anonymousMiB }: ResidentMemory): void {
  const ratio = (totalMiB / bare.totalMiB).toFixed(2);
  console.log(`${what}: RSS ${mib(totalMiB)}, no file's ${mib(anonymousMiB)}; ratio ${ratio}`);
}

function mib(amount: number): string {
  return `${amount.toFixed(0)} MiB`;
}

/** The highest values while something lasts. */
async function highest(pid: number, lasts: Promise<unknown>): Promise<ResidentMemory> {
  const samples: ResidentMemory[] = [];
  const sampling = setInterval(
    () => void residentMemory(pid).then((sample) => samples.push(sample)),
    SAMPLE_MS,
  );
  await lasts.finally(() => clearInterval(sampling));
  samples.push(await residentMemory(pid));
  return {
    totalMiB: Math.max(...samples.map(({ totalMiB }) => totalMiB)),
    anonymousMiB: Math.max(...samples.map(({ anonymousMiB }) => anonymousMiB)),
  };
}

/** A Node that has started and does nothing. */
async function bareNode(): Promise<ResidentMemory> {
  const child = spawn(process.execPath, [...NODE_FLAGS, "-e", "console.log(); setInterval(() => {}, 1e6)"]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const memory = child.pid === undefined ? null : await residentMemory(child.pid);
  child.kill("SIGKILL");
  if (memory === null) throw new Error("Node cannot be started");
  return memory;
}
