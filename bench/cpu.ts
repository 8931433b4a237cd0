/**
 * `npm run bench:cpu`: CPU time of workerd for a message of a conversation that begins, and of one that goes on, against a bare
 * object on the same road; then where the Worker spends it, by source file.
 *
 *     npm run bench:cpu -- --profile busy-channel --messages 20
 */
import { type AddressInfo, createServer } from "node:net";
import { parseArgs } from "node:util";
import { profileNamed } from "../test/support/discord/rest/profiles/index.ts";
import { type Contender, startContender, startContenders } from "./contenders.ts";
import { cpuTimeMs } from "./cpu-time.ts";
import { atPace } from "./pace.ts";
import { profileByFile } from "./profile-by-file.ts";
import { median, type Pair, pairedRatio } from "./statistics.ts";

const RUNS = 5;
/** To each of them: their Discords allow 50 requests a second. */
const PER_SECOND = 5;
const FILES = 20;
const KINDS = { begin: "a conversation that begins", goOn: "a conversation that goes on" } as const;

const { values } = parseArgs({
  options: {
    profile: { type: "string", default: "kind" },
    /** Of each kind in a run. */
    messages: { type: "string", default: "50" },
  },
});
const profile = profileNamed(values.profile);
const messages = Number(values.messages);
if (!(Number.isInteger(messages) && messages > 0)) throw new Error("--messages: expected a positive number");

await measure();
await tellProfile();

async function measure(): Promise<void> {
  await using contenders = await startContenders({ profile });
  const pairs = { begin: [] as Pair[], goOn: [] as Pair[] };
  for (let run = 0; run < RUNS; run++)
    for (const kind of ["begin", "goOn"] as const) {
      const [product, bare] = await Promise.all([
        perMessage(contenders.product, kind, run),
        perMessage(contenders.bare, kind, run),
      ]);
      pairs[kind].push({ product: [product], bare: [bare] });
    }
  for (const kind of ["begin", "goOn"] as const) {
    const milliseconds = (name: keyof Pair) => median(pairs[kind].flatMap((pair) => pair[name])).toFixed(1);
    console.log(
      `[${profile.name}] CPU of workerd for a message of ${KINDS[kind]}: ${milliseconds("product")} ms; ` +
        `a bare object: ${milliseconds("bare")} ms; ratio ${pairedRatio(pairs[kind], median).toFixed(2)} ` +
        `(medians of ${RUNS} paired runs of ${messages})`,
    );
  }
}

/** Milliseconds, what is done after an answer included as far as it is done before the last one. */
async function perMessage(contender: Contender, kind: keyof typeof KINDS, run: number): Promise<number> {
  const before = await cpuTimeMs(contender.pid);
  await talk(contender, kind, run);
  return ((await cpuTimeMs(contender.pid)) - before) / messages;
}

async function talk(contender: Contender, kind: keyof typeof KINDS, run: number): Promise<void> {
  const answers: Promise<unknown>[] = [];
  await atPace({ perSecond: PER_SECOND, seconds: messages / PER_SECOND }, (n) =>
    answers.push(contender[kind](run * messages + n)),
  );
  await Promise.all(answers);
}

/** Without a baseline: it says where, not how much. The inspector itself costs, so nothing else is measured meanwhile. */
async function tellProfile(): Promise<void> {
  const inspectorPort = await freePort();
  await using product = await startContender("product", { profile, inspectorPort });
  const files = await profileByFile(inspectorPort, product.stage.bundle, async () => {
    await talk(product, "begin", 0);
    await talk(product, "goOn", 0);
  });
  console.log(`[${profile.name}] where the Worker spends it, the first ${FILES} files by self time:`);
  for (const { file, share } of files.slice(0, FILES))
    console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${file}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
