/**
 * `npm run bench:bridge`: from Discord's socket to the committed inbox, through the gateway as a process, its signed
 * batches and the Worker in workerd. The baseline, in the same run at the same pace, is the least that loses nothing: one
 * request and one row for each message, no gateway, no signature, no batch, no question who is answered.
 *
 * The model never answers here, so that what is measured is the way in.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { bundleWorker, root, startBundle } from "../test/support/bundled-worker.ts";
import { startDiscordStage } from "../test/support/discord-stage.ts";
import { atPace, type Rate } from "./pace.ts";
import { residentMemory } from "./resident-memory.ts";
import { median, quantile } from "./statistics.ts";

const CHANNELS = 40;
const RATES = [
  { perSecond: 100, seconds: 10, aim: "p95 ≤ 25 ms" },
  { perSecond: 500, seconds: 10, aim: "RSS ≤ 80 MiB" },
];
const MESSAGE = "[[hang]]";

await using stage = await startDiscordStage({ agent: "listener", discord: { rateLimits: false } });
const { world } = stage.discord;
const guild = world.createGuild("Bench");
const user = world.createUser({ username: "writer" });
world.join(guild.id, user.id);
const channels = Array.from({ length: CHANNELS }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
const committedAt = new Map<string, number>();
await using tap = await startTap(await stage.worker.url(), (answered) => {
  const now = performance.now();
  for (const [, id] of answered.matchAll(/"id":"(\d+)"/g)) if (id !== undefined) committedAt.set(id, now);
});
const gateway = stage.startGateway("bench", tap.url);
await gateway.ready();

const directory = await mkdtemp(join(tmpdir(), "rig-bench-"));
try {
  await bundleWorker(join(root, "bench/baseline/wrangler.toml"), join(directory, "bundle"));
  const baseline = await startBundle({
    directory: join(directory, "bundle"),
    durableObjects: { ECHO: "Echo" },
    persist: join(directory, "state"),
  });
  const baselineUrl = await baseline.ready;
  for (const rate of [{ ...RATES[0], perSecond: 50, seconds: 2, aim: "" }, ...RATES]) {
    const bridge = await measureBridge(rate);
    const bare = await measureBaseline(baselineUrl, rate);
    if (rate.aim === "") continue;
    const rss = Math.max(...bridge.rss);
    console.log(
      `${rate.perSecond} messages/s: ${describe(bridge.times)}; gateway RSS ${rss.toFixed(0)} MiB (aim: ${rate.aim})`,
    );
    const ratio = (quantile(bridge.times, 0.95) / quantile(bare, 0.95)).toFixed(2);
    console.log(`  one request and one row each, no gateway: ${describe(bare)}; ratio at p95: ${ratio}`);
  }
  await baseline.dispose();
} finally {
  await rm(directory, { recursive: true, force: true });
}

function describe(times: readonly number[]): string {
  const [p50, p95] = [median(times), quantile(times, 0.95)];
  return `${times.length} committed, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
}

async function measureBridge(rate: Rate): Promise<{ times: number[]; rss: number[] }> {
  const sentAt = new Map<string, number>();
  const rss: number[] = [];
  const sampling = setInterval(
    () => void residentMemory(gateway.pid).then(({ totalMiB }) => rss.push(totalMiB)),
    500,
  );
  await atPace(rate, (n) => {
    const now = performance.now();
    sentAt.set(world.say(channels[n % CHANNELS] ?? "", user.id, MESSAGE).id, now);
  });
  const isDone = () => [...sentAt.keys()].every((id) => committedAt.has(id));
  for (let waited = 0; !isDone() && waited < 30_000; waited += 50) await delay(50);
  clearInterval(sampling);
  if (!isDone()) throw new Error(`messages were not committed:\n${gateway.log().slice(-2_000)}`);
  rss.push((await residentMemory(gateway.pid)).totalMiB);
  return { times: [...sentAt].map(([id, at]) => (committedAt.get(id) ?? 0) - at), rss };
}

async function measureBaseline(url: URL, rate: Rate): Promise<number[]> {
  const running: Promise<number>[] = [];
  await atPace(rate, (n) => {
    const sent = performance.now();
    const stored = fetch(new URL(`/chats/stored-${n % CHANNELS}/messages`, url), {
      method: "POST",
      body: MESSAGE,
    });
    running.push(
      stored.then(async (response) => {
        await response.text();
        return performance.now() - sent;
      }),
    );
  });
  return Promise.all(running);
}

interface Tap extends AsyncDisposable {
  url: string;
}

/**
 * Passes bytes between the gateway and the Worker, and tells when a request has its answer. A connection has one request at
 * a time, so what came one way since the last answer is what an answer is for.
 */
async function startTap(worker: URL, answered: (request: string) => void): Promise<Tap> {
  const server = createServer((gatewaySide) => {
    const workerSide = connect(Number(worker.port), worker.hostname);
    let asked = "";
    gatewaySide.setNoDelay(true).on("data", (bytes: Buffer) => {
      asked += bytes.toString("latin1");
    });
    workerSide.setNoDelay(true).on("data", () => {
      answered(asked);
      asked = "";
    });
    gatewaySide.pipe(workerSide).pipe(gatewaySide);
    for (const [side, other] of [
      [gatewaySide, workerSide],
      [workerSide, gatewaySide],
    ] as const)
      side.on("error", () => other.destroy()).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}
