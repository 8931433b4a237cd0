/**
 * `npm run bench:interactions`: from Discord's request to the deferred answer, by when the question is stored. The
 * baseline, in the same run at the same pace, is the least that Discord accepts and that stores nothing: a bare Hono route
 * that only verifies the signature. Another one stores what came, in one row. They take turns, some seconds each.
 *
 * The model never answers here, so that what is measured is the way in.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { snowflakeAt } from "../shared/discord/snowflake.ts";
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from "../shared/interaction/signature.ts";
import { bundleWorker, root, startBundle } from "../test/support/bundled-worker.ts";
import { slash, text } from "../test/support/interaction-payloads.ts";
import { startModelServer } from "../test/support/model-server.ts";
import { startMortalWorker } from "../test/torture/mortal-worker.ts";
import { median, quantile } from "./statistics.ts";

const PER_SECOND = 200;
/** Each of these makes a Durable Object with a database of its own, of which a machine of two cores makes some dozens a second. */
const NEW_PER_SECOND = 20;
const ROUNDS = 5;
const SECONDS = 2;
const CHANNELS = 40;

interface SignedRequest {
  body: string;
  headers: Record<string, string>;
}

interface Contender {
  name: string;
  /** Of its n-th request. */
  url: (n: number) => URL;
  perSecond: number;
  /** Milliseconds from request to answer. */
  times: number[];
}

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const publicKeyHex = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");

/** So that each question has an id of its own. */
let asked = 0n;

await using cleanup = new AsyncDisposableStack();
const state = await mkdtemp(join(tmpdir(), "rig-bench-"));
cleanup.defer(() => rm(state, { recursive: true, force: true }));
const model = await startModelServer();
cleanup.defer(() => model.close());
const worker = cleanup.use(
  await startMortalWorker(state, {
    ANTHROPIC_API_KEY: "sk-ant-bench",
    ANTHROPIC_BASE_URL: model.url,
    DISCORD_PUBLIC_KEY: publicKeyHex,
  }),
);
await bundleWorker(join(root, "bench/baseline/wrangler.toml"), join(state, "baseline"));
const baseline = await startBundle({
  directory: join(state, "baseline"),
  durableObjects: { ECHO: "Echo" },
  bindings: { DISCORD_PUBLIC_KEY: publicKeyHex },
});
cleanup.defer(() => baseline.dispose());

const [url, baselineUrl] = [await worker.url(), await baseline.ready];
const bare = contender(
  "bare Hono route that verifies the signature",
  () => new URL("/interactions", baselineUrl),
);
const stored = contender(
  "the same, storing the request in one row",
  (n) => new URL(`/chats/stored-${n % CHANNELS}/interactions`, baselineUrl),
);
const known = contender(
  "a question in a conversation that goes on",
  () => new URL("/agents/listener/interactions", url),
);
const first = contender(
  "a question that begins a conversation",
  () => new URL("/agents/herald/interactions", url),
  NEW_PER_SECOND,
);
for (let round = 0; round <= ROUNDS; round++) {
  for (const each of [bare, known, stored, first]) {
    const times = await measure(each, round === 0 ? 1 : SECONDS);
    if (round > 0) each.times.push(...times);
  }
}
console.log(describe(bare));
for (const each of [stored, known, first]) {
  const ratio = (median(each.times) / median(bare.times)).toFixed(2);
  console.log(`${describe(each)}; ratio at p50: ${ratio}`);
}
console.log("aim in a conversation that goes on: ratio at p50 ≤ 1.5, p99 < 50 ms");

function contender(name: string, url: Contender["url"], perSecond = PER_SECOND): Contender {
  return { name, url, perSecond, times: [] };
}

function describe({ name, times, perSecond }: Contender): string {
  const [p50, p99] = [median(times), quantile(times, 0.99)];
  return `${name}, ${perSecond}/s: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, ${times.length} deferred`;
}

/** @returns milliseconds from each request to its answer. @throws when an answer is not the deferral. */
async function measure({ url, perSecond }: Contender, seconds: number): Promise<number[]> {
  const requests = Array.from({ length: perSecond * seconds }, (_, n) => signedQuestion(n, privateKey));
  const running: Promise<number>[] = [];
  const start = performance.now();
  for (const [n, request] of requests.entries()) {
    while ((n / perSecond) * 1_000 > performance.now() - start) await delay(1);
    running.push(timed(url(n), request));
  }
  return Promise.all(running);
}

async function timed(url: URL, { body, headers }: SignedRequest): Promise<number> {
  const sent = performance.now();
  const response = await fetch(url, { method: "POST", body, headers });
  const answer = await response.text();
  const elapsed = performance.now() - sent;
  if (answer !== '{"type":5}') throw new Error(`not deferred: ${response.status} ${answer}`);
  return elapsed;
}

/** The n-th question of a round, in one of the channels. */
function signedQuestion(n: number, key: KeyObject): SignedRequest {
  const id = String(BigInt(snowflakeAt(Date.now())) + asked++);
  const channel = { id: String(610_000_000_000_000_000n + BigInt(n % CHANNELS)), type: 0 };
  const body = JSON.stringify(slash("ask", [text("prompt", "[[hang]]")], { id, channel }));
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = sign(null, Buffer.from(timestamp + body), key).toString("hex");
  return { body, headers: { [SIGNATURE_HEADER]: signature, [TIMESTAMP_HEADER]: timestamp } };
}
