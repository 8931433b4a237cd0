/** Everything around the rig in the demo: stand-ins for GitHub and Discord, the Worker, and the doors of both sides. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { freePort } from "../../../cli/start/port.ts";
import { secretNames } from "../../../shared/character/secrets.ts";
import { startFakeDiscord } from "../../../test/support/discord/fake-discord.ts";
import { WEBHOOK_TOKEN } from "../../../test/support/discord/rest/webhooks.ts";
import { type SmallGithub, startSmallGithub } from "../../../test/support/github/small-github.ts";
import { DEMO_REPO } from "./playbooks.ts";
import { type LocalWorker, startLocalWorker } from "./worker.ts";

const POLL_MS = 50;
/** How long a step of the story may take, in milliseconds. */
const PATIENCE_MS = 30_000;

export interface RigStage extends AsyncDisposable {
  readonly github: SmallGithub;
  readonly worker: LocalWorker;
  /** `GET` of the Worker's API, as its admin. @throws when it is refused */
  get(path: string): Promise<unknown>;
  /** Writes to an agent in a web chat, as its operator. @returns what it answers */
  ask(agent: RigAgent, text: string): Promise<string>;
  /** What the agents have posted to their Discord webhooks so far, oldest first. */
  posts(): { agent: RigAgent; text: string }[];
}

const rigAgents = ["conductor-e", "dev-e", "review-e"] as const;
export type RigAgent = (typeof rigAgents)[number];

const accepted = z.object({ turn: z.string() });
const answered = z.object({
  turns: z.array(
    z.object({
      id: z.string(),
      finishedAt: z.number().nullable(),
      parts: z.array(z.object({ text: z.string().optional() })),
    }),
  ),
});

/** Starts it all on free ports of this machine, with secrets made up for the occasion. */
export async function startRigStage(): Promise<RigStage> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "rig-demo-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const [adminToken, webhookSecret] = [newSecret(), newSecret()];
  const url = `http://127.0.0.1:${await freePort(0, "127.0.0.1")}`;
  const hook = (path: string, events: readonly string[]) => ({
    url: `${url}/agents/${path}`,
    secret: webhookSecret,
    events,
  });
  const webhooks = [
    hook("conductor-e/webhook/issues", ["issues"]),
    hook("conductor-e/webhook/pull-requests", ["pull_request"]),
    hook("review-e/webhook/github", ["pull_request"]),
  ];
  const logins = new Map(rigAgents.map((agent) => [newSecret(), agent]));
  const github = await startSmallGithub({ repo: DEMO_REPO, logins, webhooks });
  cleanup.defer(() => github.close());
  const discord = await startFakeDiscord();
  cleanup.defer(() => discord.close());
  const settings = {
    ADMIN_TOKEN: adminToken,
    RIG_URL: url,
    GITHUB_API_URL: github.url,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
    // Each agent has its own of these.
    ...ownSettings("CONDUCTOR_TOKEN", () => newSecret()),
    ...ownSettings(
      "DISCORD_WEBHOOK_URL",
      (agent) => `${discord.restUrl}/webhooks/${webhookId(agent)}/${WEBHOOK_TOKEN}`,
    ),
    ...Object.fromEntries(
      [...logins].map(([token, agent]) => [secretNames(agent, "GITHUB_TOKEN")[0], token]),
    ),
  };
  const worker = cleanup.use(await startLocalWorker(Number(new URL(url).port), settings, directory));
  const owned = cleanup.move();
  const call = async (path: string, init: { method?: string; body?: string } = {}): Promise<unknown> => {
    const headers = { authorization: `Bearer ${adminToken}`, "content-type": "application/json" };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    github,
    worker,
    get: call,
    async ask(agent, text) {
      const chat = `/agents/${agent}/chats/operator`;
      const body = JSON.stringify({ id: randomUUID(), text });
      const { turn } = accepted.parse(await call(`${chat}/messages`, { method: "POST", body }));
      return waitFor(`${agent}'s answer`, async () => {
        const { turns } = answered.parse(await call(chat));
        const own = turns.find(({ id, finishedAt }) => id === turn && finishedAt !== null);
        return own?.parts.flatMap((part) => part.text ?? []).join("\n");
      });
    },
    posts: () =>
      discord.requests.flatMap(({ method, path, body }) => {
        const agent = rigAgents.find((id) => path.startsWith(`/webhooks/${webhookId(id)}/`));
        return method === "POST" && agent !== undefined ? [{ agent, text: textOf(body) }] : [];
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/**
 * Asks until there is an answer.
 *
 * @param what names it in the error
 * @throws when there is none within half a minute
 */
export async function waitFor<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(POLL_MS);
  }
}

/** Id of an agent's webhook in the stand-in for Discord. */
function webhookId(agent: RigAgent): string {
  return String(1_088_510_058_284_990_001n + BigInt(rigAgents.indexOf(agent)));
}

function ownSettings(name: string, value: (agent: RigAgent) => string): Record<string, string> {
  return Object.fromEntries(rigAgents.map((agent) => [secretNames(agent, name)[0], value(agent)]));
}

function newSecret(): string {
  return randomBytes(24).toString("base64url");
}

function textOf(body: unknown): string {
  const isText = typeof body === "object" && body !== null && "content" in body;
  return isText ? String(body.content) : "";
}
