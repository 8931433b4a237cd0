/**
 * `npm run torture:discord`: 400 messages over 40 channels and 10 DMs of a Discord that limits rates, while every few
 * seconds something dies, breaks or lies. Ends with 1 when any promise was broken.
 *
 *     npm run torture:discord -- --seed 7 --seconds 90 --profile edge+slow
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { profileNamed } from "../../support/discord/rest/profiles/index.ts";
import { effectsOf } from "../../support/discord/rest/profiles/profile.ts";
import { startDiscordStage } from "../../support/discord-stage.ts";
import { seededRandom } from "../plan.ts";
import { conversationsOf, openCrowd, type Place, readShown } from "./crowd.ts";
import { FaultRunner } from "./faults.ts";
import { drawPlan } from "./plan.ts";
import { judge, type Verdict } from "./verdict.ts";

/** How long everything may take to be answered once nothing goes wrong any more, in milliseconds. */
const SETTLE_MS = 300_000;
/** How long it must then stay as it is: longer than a session's watchdog, so that nothing is said twice later. */
const QUIET_MS = 35_000;
const POLL_MS = 1_000;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    seconds: { type: "string", default: "90" },
    profile: { type: "string", default: "kind" },
  },
});
const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
if (![seed, seconds].every((number) => Number.isInteger(number) && number >= 0)) {
  console.error("--seed, --seconds: expected whole numbers");
  process.exit(2);
}
const profile = profileNamed(values.profile);

const random = seededRandom(seed);
const plan = drawPlan(random, seconds);
const count = plan.conversations.reduce((sum, { messages }) => sum + messages.length, 0);
console.log(
  `seed ${seed}, profile ${profile.name}: ${count} messages, ${plan.faults.length} faults in ${seconds} s`,
);

await using stage = await startDiscordStage({
  agent: "herald",
  discord: { seed, profile, heartbeatIntervalMs: 5_000 },
  random,
});
const crowd = openCrowd(stage.discord);
await using faults = new FaultRunner(stage);
await faults.startGateway().ready();

const start = performance.now();
const places = await Promise.all([
  ...plan.conversations.map((conversation) => crowd.talk(conversation, start)),
  faults.run(plan.faults, start).then(() => null),
]);
console.log(`all said; what went wrong: ${faults.summary()}; waiting for the answers`);

const spoken = places.filter((place): place is Place => place !== null);
const shown = conversationsOf(plan.conversations, spoken, (place) => readShown(stage.discord, place));
const settledAt = performance.now();
let verdict = judge(plan.conversations, await shown());
while (isBroken(verdict) && performance.now() - settledAt < SETTLE_MS) {
  await delay(POLL_MS);
  verdict = judge(plan.conversations, await shown());
}
console.log(`settled ${Math.round((performance.now() - settledAt) / 1000)} s after the last fault`);
await delay(QUIET_MS);
verdict = judge(plan.conversations, await shown());

const { rest, gateway } = stage.discord.tally;
report({
  ...verdict,
  "invalid requests": stage.discord.violations.map((violation) => JSON.stringify(violation)),
  "unauthorized or forbidden": Array.from({ length: rest.unauthorized + rest.forbidden }, () => "401 or 403"),
  "strange heartbeats": Array.from(
    { length: gateway.strangeHeartbeats },
    () => "of a sequence it cannot have",
  ),
  "parts of the profile without effect": effectsOf(profile).filter((name) => !rest.effects[name]),
  "early IDENTIFYs": Array.from({ length: gateway.earlyIdentifies }, () => "within 5 s of another"),
});
console.log(
  `profile ${profile.name}: ${rest.requests} REST requests, 429s: ${rest.rateLimited.earned} earned, ` +
    `${rest.rateLimited.injected} injected, by scope ${JSON.stringify(rest.limitedBy)}; ` +
    `effects: ${JSON.stringify(rest.effects)}; ${gateway.identifies} IDENTIFYs, ${gateway.resumes} RESUMEs; bridge: ${JSON.stringify(stage.proxy.happened)}`,
);

function isBroken({ lost, duplicated, outOfOrder, wrong }: Verdict): boolean {
  return lost.length + duplicated.length + outOfOrder.length + wrong.length > 0;
}

function report(broken: Readonly<Record<string, readonly string[]>>): void {
  for (const [promise, cases] of Object.entries(broken)) {
    console.log(`${promise}: ${cases.length}`);
    for (const one of cases.slice(0, 10)) console.log(`  ${one}`);
    if (cases.length > 0) process.exitCode = 1;
  }
}
