/**
 * `npm run bench:restart`: what a restart of the Worker costs those who wait for an answer.
 *
 * Forty answers are under way in Discord, each from a model that takes two seconds, when the runtime gets SIGTERM or dies of
 * `kill -9`; the next one starts over the same storage. Measured is the time from the signal to the last of the answers, beside
 * the time from the signal until the Worker answers a request again, in the same run.
 *
 *     npm run bench:restart -- --rounds 5 --profile kind
 *
 * It can come out badly: with a watchdog of 30 s it printed 33.2 s after SIGTERM (the restart alone 2.0 s) and 33.3 s after
 * `kill -9` (2.1 s), whichever the signal, for the alarm that finds the dead instance stood 30 s ahead. With one of 3 s the last
 * answer came 4.2 s and 4.4 s after the restart, with one of 2 s it comes 2.8 s and 3.2 s after it, two of which are the model's.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { profileNamed } from "../test/support/discord/rest/profiles/index.ts";
import { startDiscordStage } from "../test/support/discord-stage.ts";
import { median } from "./statistics.ts";

const ANSWERS = 40;
/** Two seconds, in four pieces. */
const QUESTION = "[[say a short answer in four pieces]] [[chunks 4]] [[slow 500]]";
const ANSWER = "a short answer in four pieces";
const PATIENCE_MS = 120_000;
const SIGNALS = ["SIGTERM", "SIGKILL"] as const;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, profile: { type: "string", default: "kind" } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError("--rounds: expected a whole number from 1");
const profile = profileNamed(values.profile);

await using stage = await startDiscordStage({ agent: "herald", discord: { profile } });
const { world } = stage.discord;
const guild = world.createGuild("Bench");
const user = world.createUser({ username: "asker" });
world.join(guild.id, user.id);
const channels = Array.from({ length: ANSWERS }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
const gateway = stage.startGateway("holder");
await gateway.ready();
// The first of all loads what the others find loaded.
await timeUntil(answered(ask()));

for (const signal of SIGNALS) {
  const results = [];
  for (let round = 0; round < rounds; round++) results.push(await restartWith(signal));
  const restart = median(results.map(({ restart }) => restart));
  const last = median(results.map(({ last }) => last));
  console.log(
    `[${profile.name}] ${signal} with ${ANSWERS} answers under way: the last answer ${seconds(last)} after the signal; the restart alone: ` +
      `${seconds(restart)}; difference: ${seconds(last - restart)} (aim: 3 s); ` +
      `ratio: ${(last / restart).toFixed(2)}; all rounds: ${results.map(({ last }) => seconds(last)).join(", ")}`,
  );
}

/** @returns milliseconds from the signal until a request is answered, and until all answers are. */
async function restartWith(signal: (typeof SIGNALS)[number]): Promise<{ restart: number; last: number }> {
  const before = stage.model.requests().length;
  const asked = ask();
  await timeUntil(() => stage.model.requests().length >= before + ANSWERS);
  const start = performance.now();
  const restarted = stage.worker.kill(signal).then(async () => {
    await timeUntil(answers);
    return performance.now() - start;
  });
  const last = timeUntil(answered(asked)).then(() => performance.now() - start);
  return { restart: await restarted, last: await last };
}

async function answers(): Promise<boolean> {
  const response = await fetch(new URL("/", await stage.worker.url())).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}

/** Asks in each channel at once. @returns the questions' ids. */
function ask(): string[] {
  return channels.map((channel) => world.say(channel, user.id, QUESTION).id);
}

/** Whether each question has its answer, in its thread. */
function answered(asked: readonly string[]): () => boolean {
  return () => {
    const threads = new Set(world.channels(guild.id).map(({ id }) => id));
    return asked.every(
      (id) => threads.has(id) && world.messages(id).some(({ content }) => content === ANSWER),
    );
  };
}

async function timeUntil(isDone: () => boolean | Promise<boolean>): Promise<number> {
  const start = performance.now();
  while (!(await isDone())) {
    if (performance.now() - start > PATIENCE_MS) throw new Error("it took too long");
    await delay(10);
  }
  return performance.now() - start;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
