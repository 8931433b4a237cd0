/**
 * `npm run bench:latency`: from a message on the Gateway's socket to the first text of its answer at Discord, and to all of it, in a
 * conversation that begins and in one that goes on. The baseline takes the same road, to a bare Durable Object that makes two
 * commits and two fetches for a message. Both take turns, message by message, in five runs. The product's model pauses, so that its
 * first text is half of the answer, which the product shows 400 ms after the model has begun by its own choice; the pauses are
 * subtracted. The baseline's model does not, for it posts once.
 *
 *     npm run bench:latency -- --profile slow --messages 20
 */
import { parseArgs } from "node:util";
import { profileNamed } from "../test/support/discord/rest/profiles/index.ts";
import { type AnswerTimes, startContenders } from "./contenders.ts";
import { atPace } from "./pace.ts";
import { type Pair, percentiles, ratiosOfPercentiles } from "./statistics.ts";

const RUNS = 5;
/** To each of them. At ten a second answers queued, in the one run that was made so: p95 15 s. */
const PER_SECOND = 5;

const { values } = parseArgs({
  options: {
    profile: { type: "string", default: "kind" },
    /** Of each kind in a run: 2,000 in all. */
    messages: { type: "string", default: "400" },
  },
});
const profile = profileNamed(values.profile);
const messages = Number(values.messages);
if (!(Number.isInteger(messages) && messages > 0)) throw new Error("--messages: expected a positive number");

interface Run {
  product: AnswerTimes[];
  bare: AnswerTimes[];
}

const KINDS = { begin: "a conversation that begins", goOn: "a conversation that goes on" } as const;

await using contenders = await startContenders({ profile });
const runs = { begin: [] as Run[], goOn: [] as Run[] };
for (let run = 0; run < RUNS; run++)
  for (const kind of ["begin", "goOn"] as const) {
    const running = { product: [] as Promise<AnswerTimes>[], bare: [] as Promise<AnswerTimes>[] };
    await atPace({ perSecond: 2 * PER_SECOND, seconds: messages / PER_SECOND }, (turn) => {
      const name = turn % 2 === 0 ? "product" : "bare";
      running[name].push(contenders[name][kind](run * messages + Math.floor(turn / 2)));
    });
    const times = { product: await Promise.all(running.product), bare: await Promise.all(running.bare) };
    runs[kind].push(times);
  }
for (const kind of ["begin", "goOn"] as const) {
  const all = (name: keyof Run, time: keyof AnswerTimes) =>
    runs[kind].flatMap((run) => run[name].map((times) => times[time]));
  console.log(`[${profile.name}] ${KINDS[kind]}`);
  console.log(`  a bare object, to its answer: ${percentiles(all("bare", "final"))}`);
  for (const time of ["first", "final"] as const) {
    const pairs: Pair[] = runs[kind].map((run) => ({
      product: run.product.map((times) => times[time]),
      bare: run.bare.map((times) => times.final),
    }));
    const what = time === "first" ? "to the first text" : "to all of the text";
    console.log(`  ${what}: ${percentiles(all("product", time))}`);
    console.log(`    ratio, median of ${RUNS} paired runs: ${ratiosOfPercentiles(pairs)}`);
  }
}
