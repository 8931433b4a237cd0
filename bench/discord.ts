/**
 * `npm run bench:discord`: what people in Discord wait for.
 *
 * - 40 conversations that begin at once, each with a model that takes two seconds, against one alone in the same run: a bot
 *   that answers one after the other needs forty times as long.
 * - The time from the death of a gateway until another one has resumed its session, against the lease's time to live.
 *
 *     npm run bench:discord -- --profile busy-channel
 *
 * Every figure names the profile of the Discord that it was measured with (`kind` where nothing is said).
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { profileNamed } from "../test/support/discord/rest/profiles/index.ts";
import { startDiscordStage } from "../test/support/discord-stage.ts";

const CONVERSATIONS = 40;
/** Two seconds, in four pieces. */
const QUESTION = "[[say a short answer in four pieces]] [[chunks 4]] [[slow 500]]";
const ANSWER = "a short answer in four pieces";
/** LEASE_TTL_SECONDS in durable-objects/gateway-link/lease.ts. */
const LEASE_TTL_MS = 10_000;
const PATIENCE_MS = 60_000;

const { values } = parseArgs({ options: { profile: { type: "string", default: "kind" } } });
const profile = profileNamed(values.profile);
const figure = (text: string) => console.log(`[${profile.name}] ${text}`);

await using stage = await startDiscordStage({ agent: "herald", discord: { profile } });
const { world, tally, requests } = stage.discord;
const guild = world.createGuild("Bench");
const user = world.createUser({ username: "asker" });
world.join(guild.id, user.id);
const channels = Array.from({ length: CONVERSATIONS }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
const holder = stage.startGateway("holder");
await holder.ready();

await ask(channels.slice(0, 1));
const alone = await ask(channels.slice(0, 1));
const before = requests.length;
const together = await ask(channels);
figure(
  `${CONVERSATIONS} conversations at once, a model of 2 s each: all answered after ${seconds(together)} (aim: 4 s), ` +
    `with ${((requests.length - before) / CONVERSATIONS).toFixed(1)} REST requests each (aim: 3)`,
);
figure(`  one alone: ${seconds(alone)}; ratio: ${(together / alone).toFixed(2)}`);
figure(
  `  429s by scope: ${JSON.stringify(tally.rest.limitedBy)}; effects: ${JSON.stringify(tally.rest.effects)}`,
);

const standby = stage.startGateway("standby");
await standby.ready();
const { resumes } = tally.gateway;
await holder.kill();
const takenOver = await timeUntil(() => tally.gateway.resumes > resumes);
figure(
  `a gateway killed, its session resumed by another after ${seconds(takenOver)} (aim: ${LEASE_TTL_MS / 1000 + 2} s); ` +
    `the lease's time to live: ${seconds(LEASE_TTL_MS)}; ratio: ${(takenOver / LEASE_TTL_MS).toFixed(2)}`,
);

/** Asks in each channel at once, and resolves with the milliseconds until every thread has its whole answer. */
async function ask(where: readonly string[]): Promise<number> {
  const asked = where.map((channel) => world.say(channel, user.id, QUESTION).id);
  return timeUntil(() => {
    const threads = new Set(world.channels(guild.id).map(({ id }) => id));
    return asked.every(
      (id) => threads.has(id) && world.messages(id).some(({ content }) => content === ANSWER),
    );
  });
}

async function timeUntil(isDone: () => boolean): Promise<number> {
  const start = performance.now();
  while (!isDone()) {
    if (performance.now() - start > PATIENCE_MS) throw new Error("it took too long");
    await delay(10);
  }
  return performance.now() - start;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
