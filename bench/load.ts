/**
 * `npm run bench:load`: 300 messages at once, over 1 and over 50 channels: answers a second, 429s by scope, and REST requests for an
 * answer by kind. The baseline has the same Discord at the same time: a bare object that answers in the channel with one request
 * and knows no limit before it is told. Discord's limits bound both, and not this machine.
 *
 *     npm run bench:load -- --profile shared-threads --channels 50 --messages 300 --seconds 600
 */
import { parseArgs } from "node:util";
import { profileNamed } from "../test/support/discord/rest/profiles/index.ts";
import type { RecordedRequest } from "../test/support/discord/rest/request.ts";
import { type Contender, startContenders } from "./contenders.ts";

const { values } = parseArgs({
  options: {
    profile: { type: "string", default: "kind" },
    channels: { type: "string", multiple: true, default: ["1", "50"] },
    messages: { type: "string", default: "300" },
    /** What is not answered then counts as not answered. */
    seconds: { type: "string", default: "600" },
  },
});
const profile = profileNamed(values.profile);
const [messages, seconds] = [Number(values.messages), Number(values.seconds)];

/** What a request is counted as: the first whose route matches `METHOD /path`. */
const KINDS: readonly [kind: string, route: RegExp][] = [
  ["create message", /^POST \/channels\/\d+\/messages$/],
  ["edit message", /^PATCH \/channels\/\d+\/messages\/\d+$/],
  ["delete message", /^DELETE \/channels\/\d+\/messages\/\d+$/],
  ["create thread", /^POST \/channels\/\d+\/(messages\/\d+\/)?threads$/],
  ["change thread", /^PATCH \/channels\/\d+$/],
  ["typing", /^POST \/channels\/\d+\/typing$/],
  ["reaction", /^(PUT|DELETE) \/channels\/\d+\/messages\/\d+\/reactions\//],
  ["read messages", /^GET \/channels\/\d+\/messages/],
];

interface Outcome {
  perSecond: number;
  text: string;
}

for (const channels of values.channels.map(Number)) {
  await using contenders = await startContenders({ profile });
  const [product, bare] = await Promise.all([
    burst(contenders.product, channels),
    burst(contenders.bare, channels),
  ]);
  console.log(`[${profile.name}] ${messages} messages at once over ${channels} channel(s): ${product.text}`);
  console.log(`  a bare object: ${bare.text}`);
  console.log(`  ratio of answers a second: ${(product.perSecond / bare.perSecond).toFixed(2)}`);
}

async function burst({ stage, channels, ask }: Contender, spread: number): Promise<Outcome> {
  const { requests, tally } = stage.discord;
  const [requestsBefore, limitedBefore] = [requests.length, { ...tally.rest.limitedBy }];
  const start = performance.now();
  let lastAt = start;
  const all = Array.from({ length: messages }, (_, n) =>
    ask(channels[n % spread] ?? "", seconds * 1_000).then(() => {
      lastAt = performance.now();
    }),
  );
  const answered = (await Promise.allSettled(all)).filter(({ status }) => status === "fulfilled").length;
  const tookSeconds = (lastAt - start) / 1_000;
  const limited = Object.entries(tally.rest.limitedBy).map(
    ([scope, count]) => `${scope} ${count - limitedBefore[scope as keyof typeof limitedBefore]}`,
  );
  const perSecond = answered / tookSeconds;
  const made = requests.slice(requestsBefore);
  const text =
    `${answered} answered, the last after ${tookSeconds.toFixed(1)} s, ${perSecond.toFixed(2)} a second; ` +
    `429s: ${limited.join(", ")}; ${(made.length / answered).toFixed(2)} requests for an answer (${byKind(made, answered)})`;
  return { perSecond, text };
}

function byKind(made: readonly RecordedRequest[], answered: number): string {
  const counts = new Map<string, number>();
  for (const { method, path } of made) {
    const kind = KINDS.find(([, route]) => route.test(`${method} ${path}`))?.[0] ?? "other";
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${kind} ${(count / answered).toFixed(2)}`).join(", ");
}
