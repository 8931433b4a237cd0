/**
 * Two that answer in Discord, side by side: the product, and the least that can (bench/baseline/answerer.ts). Each has a Discord, a
 * model, a gateway and a workerd of its own; only the Worker differs.
 */
import { join } from "node:path";
import * as z from "zod";
import { bundleWorker, root, startBundle } from "../test/support/bundled-worker.ts";
import type { Profile } from "../test/support/discord/rest/profiles/profile.ts";
import { type DiscordStage, startDiscordStage } from "../test/support/discord-stage.ts";
import { type MortalWorker, runtimesOf, startMortalWorker } from "../test/torture/mortal-worker.ts";
import { atPace } from "./pace.ts";

/** Milliseconds from the dispatch of a question on the Gateway's socket until its answer stands at Discord, without the model's pauses. */
export interface AnswerTimes {
  /** Until the first text of it. */
  first: number;
  /** Until all of it. */
  final: number;
}

export interface Contender extends AsyncDisposable {
  readonly name: "product" | "bare";
  readonly stage: DiscordStage;
  /** Of its workerd. */
  readonly pid: number;
  /** Channels that the agent answers in, 50 of them. */
  readonly channels: readonly string[];
  /** @throws Error when it takes more than a minute, or `patienceMs` */
  ask(channelId: string, patienceMs?: number): Promise<AnswerTimes>;
  /** Asks the n-th question that begins a conversation. */
  begin(n: number): Promise<AnswerTimes>;
  /** Asks the n-th question in one of 50 conversations, each of which has begun. */
  goOn(n: number): Promise<AnswerTimes>;
}

export interface ContenderOptions {
  profile: Profile;
  /** The product's, where V8's inspector is to listen. */
  inspectorPort?: number;
}

const CHANNELS = 50;
const PATIENCE_MS = 60_000;
/**
 * The product's model pauses before each of the two pieces of its answer, in milliseconds: longer than the product waits before
 * it shows an answer that is not complete (`FIRST_MS` in surfaces/discord/live-posting.ts), and the request for that takes.
 */
const MODEL_PAUSE_MS = 600;

const postSchema = z.object({
  content: z.string(),
  author: z.object({ bot: z.boolean().optional() }),
});

/** So that no answer is taken for another. */
let asked = 0;

/** With its 50 conversations, all answered, so that what is loaded late is loaded. One starts after the other, or their processes are mixed up. */
export async function startContender(
  name: Contender["name"],
  { profile, inspectorPort }: ContenderOptions,
): Promise<Contender> {
  await using cleanup = new AsyncDisposableStack();
  const others = await runtimesOf(process.pid);
  const startWorker: typeof startMortalWorker =
    name === "bare" ? startAnswerer : (...args) => startMortalWorker(args[0], args[1], inspectorPort);
  const [pieces, pauseMs] = name === "bare" ? [1, 0] : [2, MODEL_PAUSE_MS];
  const stage = cleanup.use(await startDiscordStage({ agent: "herald", discord: { profile }, startWorker }));
  const [pid] = (await runtimesOf(process.pid)).filter((each) => !others.includes(each));
  if (pid === undefined) throw new Error("there is no runtime");
  const { world } = stage.discord;
  const guild = world.createGuild("Bench");
  const user = world.createUser({ username: "asker" });
  world.join(guild.id, user.id);
  const channels = Array.from({ length: CHANNELS }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
  await stage.startGateway("bench", String(await stage.worker.url())).ready();

  async function ask(channelId: string, patienceMs = PATIENCE_MS): Promise<AnswerTimes> {
    const key = `answer ${asked++},`;
    const answer = `${key} which is said in two pieces of about this length`;
    const { promise, resolve, reject } = Promise.withResolvers<AnswerTimes>();
    let first: number | undefined;
    const unsubscribe = stage.discord.subscribe(({ t, d }) => {
      if (t !== "MESSAGE_CREATE" && t !== "MESSAGE_UPDATE") return;
      const { content, author } = postSchema.parse(d);
      if (author.bot !== true || !content.startsWith(key)) return;
      const elapsed = performance.now() - start;
      first ??= elapsed - pauseMs;
      if (content === answer) resolve({ first, final: elapsed - pieces * pauseMs });
    });
    const timer = setTimeout(() => reject(new Error(`${name}: no answer in ${patienceMs} ms`)), patienceMs);
    const start = performance.now();
    world.say(channelId, user.id, `[[say ${answer}]] [[chunks ${pieces}]] [[slow ${pauseMs}]]`);
    return promise.finally(() => {
      unsubscribe();
      clearTimeout(timer);
    });
  }

  const warmUp: Promise<AnswerTimes>[] = [];
  await atPace({ perSecond: 10, seconds: CHANNELS / 10 }, (n) => warmUp.push(ask(at(channels, n))));
  await Promise.all(warmUp);
  const goingOn = name === "bare" ? channels : channels.map(lastMessageOf);
  /** The id of a thread is that of the message which began it. */
  function lastMessageOf(channel: string): string {
    const last = world.messages(channel).at(-1);
    if (last === undefined) throw new Error("nobody has said anything");
    return last.id;
  }

  const owned = cleanup.move();
  return {
    name,
    stage,
    pid,
    channels,
    ask,
    begin: (n) => ask(name === "bare" ? world.createChannel(guild.id, `new${n}`).id : at(channels, n)),
    goOn: (n) => ask(at(goingOn, n)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Both, as they are measured. */
export async function startContenders(options: ContenderOptions) {
  await using cleanup = new AsyncDisposableStack();
  const product = cleanup.use(await startContender("product", options));
  const bare = cleanup.use(await startContender("bare", options));
  const owned = cleanup.move();
  return { product, bare, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function startAnswerer(
  directory: string,
  bindings: Readonly<Record<string, string>>,
): Promise<MortalWorker> {
  const bundle = join(directory, "bundle");
  await bundleWorker(join(root, "bench/baseline/answerer.toml"), bundle);
  const worker = await startBundle({
    directory: bundle,
    durableObjects: { ANSWERER: "Answerer" },
    bindings,
    persist: join(directory, "v3"),
  });
  return {
    url: () => worker.ready,
    kill: () => Promise.reject(new Error("nobody kills the baseline")),
    [Symbol.asyncDispose]: () => worker.dispose(),
  };
}

function at(list: readonly string[], n: number): string {
  const item = list[n % list.length];
  if (item === undefined) throw new RangeError("the list is empty");
  return item;
}
