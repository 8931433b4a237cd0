/**
 * `npm run torture`: hundreds of conversations, while the runtime is killed with `kill -9` every few seconds. Afterwards
 * nobody calls: what is unanswered then is for the sessions' own alarms. Ends with 1 when any promise was broken.
 *
 *     npm run torture -- --seed 7 --conversations 500 --seconds 75
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { startToolServer } from "../support/tool-server.ts";
import { readTurns, sendUntilAccepted } from "./client.ts";
import { type MortalWorker, startMortalWorker } from "./mortal-worker.ts";
import { drawPlan, type Plan, seededRandom } from "./plan.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Longer than a session's watchdog and its longest pause together: a turn that nobody works on by then would stay so. */
const QUIET_MS = 100_000;
/** How long a runtime lives at least from when it listens, in milliseconds: on a busy machine it would get to nothing. */
const LEAST_LIFE_MS = 1_000;
/** How long the sessions may take to finish everything, in milliseconds. */
const SETTLE_MS = 600_000;
const POLL_MS = 2_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    conversations: { type: "string", default: "500" },
    seconds: { type: "string", default: "75" },
  },
});
const [seed, conversations, seconds] = [values.seed, values.conversations, values.seconds].map(Number) as [
  number,
  number,
  number,
];
if (![seed, conversations, seconds].every((number) => Number.isInteger(number) && number >= 0)) {
  console.error("--seed, --conversations, --seconds: expected whole numbers");
  process.exit(2);
}

const plan = drawPlan(seededRandom(seed), { conversations, seconds });
const messages = plan.conversations.flatMap((conversation) => conversation.messages);
console.log(
  `seed ${seed}: ${conversations} conversations, ${messages.length} messages, kills for ${seconds} s`,
);

const directory = await mkdtemp(join(tmpdir(), "rig-torture-"));
const [model, tools] = await Promise.all([startModelServer(), startToolServer()]);
try {
  await using worker = await startMortalWorker(directory, {
    TESTER__ANTHROPIC_API_KEY: "sk-ant-torture",
    ANTHROPIC_BASE_URL: model.url,
    TOOLS_URL: tools.url,
  });
  const { kills, attempts } = await storm(worker, plan);
  console.log(
    `${kills} of ${plan.kills.length} kills; all accepted, in ${attempts} attempts; waiting until all is quiet`,
  );
  await quiet(model);
  const verdict = judge(plan, await readAll(worker, plan), tools.requests());
  report(verdict);
  const aborted = model.requests().filter(({ state }) => state === "aborted").length;
  console.log(`${model.requests().length} model calls, ${aborted} of them cut by a kill`);
} finally {
  await Promise.all([model.close(), tools.close()]);
  await rm(directory, { recursive: true, force: true });
}

/**
 * Sends everything, and kills when the plan says, or as soon after as there is a runtime that has begun to do something.
 * `attempts`: how often messages were sent.
 */
async function storm(worker: MortalWorker, { conversations, kills: planned }: Plan) {
  const start = performance.now();
  const killing = async () => {
    let kills = 0;
    for (const at of planned) {
      await delay(Math.max(LEAST_LIFE_MS, start + at - performance.now()));
      if (performance.now() - start > seconds * 1_000) break;
      await worker.kill();
      kills += 1;
    }
    return kills;
  };
  const talking = conversations.map(async ({ id, messages }) => {
    let attempts = 0;
    for (const message of messages) {
      await delay(Math.max(0, start + message.at - performance.now()));
      for (let n = 0; n <= message.duplicates; n++) attempts += await sendUntilAccepted(worker, id, message);
    }
    return attempts;
  });
  const [kills, ...attempts] = await Promise.all([killing(), ...talking]);
  return { kills, attempts: attempts.reduce((sum, count) => sum + count, 0) };
}

/** Waits until the model has heard nothing for {@link QUIET_MS}. */
async function quiet(server: ModelServer): Promise<void> {
  const start = performance.now();
  let heard = { calls: -1, at: start };
  while (performance.now() - heard.at < QUIET_MS && performance.now() - start < SETTLE_MS) {
    const calls = server.requests().length;
    if (calls !== heard.calls) heard = { calls, at: performance.now() };
    await delay(POLL_MS);
  }
  if (performance.now() - start >= SETTLE_MS)
    console.log(`still busy after ${SETTLE_MS / 1_000} s: too slow a machine, or turns that go in circles`);
}

async function readAll(worker: MortalWorker, { conversations }: Plan): Promise<Map<string, TurnView[]>> {
  const turns = new Map<string, TurnView[]>();
  for (const { id } of conversations) turns.set(id, await readTurns(worker, id));
  return turns;
}

function report({ unknownOutcomes, ...broken }: Verdict): void {
  for (const [promise, cases] of Object.entries(broken)) {
    console.log(`${promise}: ${cases.length}`);
    for (const one of cases.slice(0, 10)) console.log(`  ${one}`);
    if (cases.length > 0) process.exitCode = 1;
  }
  console.log(`POSTs reported as "outcome unknown": ${unknownOutcomes}`);
}
