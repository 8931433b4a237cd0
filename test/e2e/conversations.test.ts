import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { copyProject, type ProjectCopy } from "../support/project-copy.ts";
import { type RigProcess, startRig } from "../support/rig-process.ts";
import { STORM, sizeOf } from "../support/storm.ts";

const CONVERSATIONS = sizeOf({ full: 50, small: 12 });
const MESSAGES = 3;

const headers = { Authorization: "Bearer test-admin-token", "Content-Type": "application/json" };
let project: ProjectCopy;
let model: ModelServer;
let rig: RigProcess;
let stateDirectory: string;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "rig-conversations-"));
  [project, model] = await Promise.all([copyProject(), startModelServer()]);
  rig = await startRig({
    root: project.root,
    stateDirectory,
    settings: {
      ADMIN_TOKEN: "test-admin-token",
      ANTHROPIC_API_KEY: "sk-ant-test",
      ANTHROPIC_BASE_URL: model.url,
    },
  });
});

afterAll(async () => {
  await rig?.stop();
  await model?.close();
  await project?.remove();
  await rm(stateDirectory, { recursive: true, force: true });
});

/** One conversation of many: its address, and what was said in it. */
interface Conversation {
  path: string;
  messages: { id: string; text: string; answer: string }[];
}

const conversations: Conversation[] = Array.from({ length: CONVERSATIONS }, (_, n) => ({
  path: `/agents/${n % 2 === 0 ? "example-e" : "assistant"}/chats/c${n}`,
  messages: Array.from({ length: MESSAGES }, (_, m) => ({
    id: `m${m}`,
    text: `[[say answer ${m} of conversation ${n}]] [[chunks 5]] [[slow 5]]`,
    answer: `answer ${m} of conversation ${n}`,
  })),
}));

it(
  `answers ${CONVERSATIONS} conversations at once: none in the wrong place, none missing, none twice`,
  STORM,
  async () => {
    await Promise.all(
      conversations.map(async ({ path, messages }) => {
        for (const { id, text } of messages) {
          // Every message is sent twice, as a client does that has not heard back.
          const answers = await Promise.all([post(path, { id, text }), post(path, { id, text })]);
          expect(answers.map(({ duplicate }) => duplicate).sort()).toEqual([false, true]);
        }
      }),
    );
    await Promise.all(
      conversations.map(async ({ path, messages }) => {
        const turns = await vi.waitFor(async () => settledTurns(path), { timeout: 60_000, interval: 200 });
        expect(turns.map(({ event }) => event)).toEqual(messages.map(({ id }) => `chat:${id}`));
        expect(turns.map(({ parts }) => parts)).toEqual(
          messages.map(({ answer }) => [{ type: "text", text: answer }]),
        );
      }),
    );
    expect(model.requests()).toHaveLength(CONVERSATIONS * MESSAGES);
  },
);

async function post(path: string, message: { id: string; text: string }): Promise<{ duplicate: boolean }> {
  const body = JSON.stringify(message);
  const response = await fetch(`${rig.url}${path}/messages`, { method: "POST", headers, body });
  expect(response.status).toBe(202);
  return (await response.json()) as { duplicate: boolean };
}

/** @throws while a turn is not over. */
async function settledTurns(path: string): Promise<TurnView[]> {
  const response = await fetch(`${rig.url}${path}`, { headers });
  const { turns } = (await response.json()) as { turns: TurnView[] };
  expect(turns.map(({ state }) => state)).toEqual(Array.from({ length: MESSAGES }, () => "done"));
  return turns;
}
