/** The gateway as the chart's Deployment runs it: with the image's files, and its command, environment, user and patience. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { render } from "../../support/chart.ts";
import { BRIDGE_SECRET, type DiscordStage, startDiscordStage } from "../../support/discord-stage.ts";
import { type GatewayProcess, superviseGateway } from "../../support/gateway-process.ts";
import { startContainer, userOf } from "../../support/image/container.ts";
import { type ImageLayout, layOutImage } from "../../support/image/layout.ts";
import { type PodSpec, readPod } from "../../support/image/pod.ts";
import { STORM, sizeOf } from "../../support/storm.ts";

const ROLLING_RESTARTS = sizeOf({ full: 10, small: 3 });
const THREADS = 8;
/** Between two messages, in whichever thread: so often that there is always one on its way, and less than Discord lets a bot answer. */
const MESSAGE_EVERY_MS = 200;

const cleanup = new AsyncDisposableStack();
let stage: DiscordStage;
let layout: ImageLayout;
let pod: PodSpec;

beforeAll(async () => {
  [stage, layout] = await Promise.all([startDiscordStage({ agent: "herald" }), layOutImage()]);
  cleanup.use(stage);
  cleanup.use(layout);
  const manifests = await render({
    // Everything is on this machine, at ports of its own.
    networkPolicy: { enabled: false },
    agents: {
      herald: {
        workerUrl: stage.proxy.url,
        bridgeSecret: BRIDGE_SECRET,
        discord: { botToken: stage.discord.token, apiBaseUrl: stage.discord.restUrl },
      },
    },
  });
  pod = readPod(manifests);
});
afterAll(() => cleanup.disposeAsync());

let started = 0;
function startPod(): GatewayProcess {
  started += 1;
  const { command, env, user } = pod;
  // Two pods of a cluster may use the same port, two processes may not.
  const spec = { command, env: { ...env, PORT: "0" }, user };
  return cleanup.use(superviseGateway(startContainer(layout, spec)));
}

/** Replaces each pod by a new one, which must be ready before the old one is told to end. */
async function rollingRestart(pods: readonly GatewayProcess[]): Promise<GatewayProcess[]> {
  const replacements: GatewayProcess[] = [];
  for (const old of pods) {
    const replacement = startPod();
    await replacement.ready();
    replacements.push(replacement);
    const askedAt = performance.now();
    expect(await old.terminate(), old.log()).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(pod.terminationGracePeriodSeconds * 1_000);
  }
  return replacements;
}

/** Waits until one of the pods holds the lease and is connected. */
async function oneServes(pods: readonly GatewayProcess[]): Promise<void> {
  await vi.waitFor(async () => {
    const answers = await Promise.all(pods.map(async ({ url }) => fetch(`${await url()}/readyz`)));
    const states = await Promise.all(
      answers.map(async (answer) => `${answer.status} ${await answer.text()}`),
    );
    expect(states).toContainEqual(expect.stringMatching(/^200 .*"leader"/));
  }, waiting);
}

const waiting = { timeout: 60_000, interval: 50 };

/** What the bot has said there; nothing while there is no such thread. */
function answersIn(threadId: string): string[] {
  const { world } = stage.discord;
  if (!world.guilds().some(({ id }) => world.channels(id).some((channel) => channel.id === threadId)))
    return [];
  const own = world.messages(threadId).filter(({ author }) => author.id === world.bot().id);
  return own.map(({ content }) => content);
}

describe("the chart's Deployment", () => {
  it("runs the image as the image runs by itself", () => {
    expect(pod).toMatchObject({
      command: layout.image.entrypoint,
      user: userOf(layout),
      replicas: 2,
      readinessPath: "/readyz",
    });
  });

  it(`answers every message once and in order over ${ROLLING_RESTARTS} rolling restarts`, STORM, async () => {
    const { world, tally } = stage.discord;
    const guild = world.createGuild("Home");
    const user = world.createUser({ username: "mia" }).id;
    world.join(guild.id, user);
    let pods = Array.from({ length: pod.replicas }, startPod);
    await Promise.all(pods.map(({ ready }) => ready()));

    const said = new Map<string, string[]>();
    for (let n = 0; n < THREADS; n++) {
      const { id } = world.say(world.createChannel(guild.id, `c${n}`).id, user, "[[say begun]]");
      said.set(id, ["begun"]);
    }
    const allAnswered = () =>
      vi.waitFor(() => {
        for (const [thread, texts] of said) expect(answersIn(thread)).toEqual(texts);
      }, waiting);
    await allAnswered();

    let count = 0;
    const writing = setInterval(() => {
      const [thread, texts] = [...said][count % THREADS] ?? [];
      if (thread === undefined || texts === undefined) return;
      count += 1;
      texts.push(`answer ${count}`);
      world.say(thread, user, `[[say answer ${count}]]`);
    }, MESSAGE_EVERY_MS);
    try {
      for (let n = 0; n < ROLLING_RESTARTS; n++) {
        const before = count;
        pods = await rollingRestart(pods);
        await oneServes(pods);
        expect(count).toBeGreaterThan(before);
      }
    } finally {
      clearInterval(writing);
    }
    await allAnswered();
    expect(started).toBe(2 * (ROLLING_RESTARTS + 1));
    // One session of Discord's for all of them: each took up what the one before had left.
    expect(tally.gateway.identifies).toBe(1);
    expect(tally.gateway.resumes).toBeGreaterThanOrEqual(ROLLING_RESTARTS);
    expect(stage.discord.violations).toEqual([]);
  });
});
