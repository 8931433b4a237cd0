/**
 * The agents of the fixtures, in place of agents/index.ts: one for each room of a deployment. What a fixture holds was made with
 * them, so they stay as they are; a later fixture may add some.
 */
import { defineAgents } from "../../shared/character/registry.ts";

const get = (path: string) => ({ method: "GET", path, description: `GET ${path}` });
const post = (path: string) => ({ method: "POST", path, description: `POST ${path}` });
const answers = (name: string) => ({ name, personality: "You answer.", llm: { provider: "anthropic" } });
const tools = [
  {
    url: "env:TOOLS_URL",
    endpoints: [get("/echo/:id"), post("/orders"), { ...post("/payments"), approval: true }],
  },
];

export const agents = defineAgents({
  /** Web chats. */
  desk: { ...answers("Desk"), tools, memory: { conversationRetention: "30d" } },
  /** Discord, with a thread for each message; interactions. */
  porter: { ...answers("Porter"), tools, discord: { channels: ["#porter"] } },
  /** Discord, without threads, where few messages may wait. */
  usher: {
    ...answers("Usher"),
    tools: [],
    discord: { channels: ["#help", "#busy", "#late", "#lobby"], threadMode: "none" },
    queue: { maxWaiting: 2 },
  },
  /** Discord, with a thread for each user. */
  keeper: { ...answers("Keeper"), tools: [], discord: { channels: ["#keeper"], threadMode: "per-user" } },
  /** Has a ceiling. */
  saver: {
    ...answers("Saver"),
    tools: [],
    llm: { provider: "anthropic", model: "claude-sonnet-5-5", maxTokens: 1000 },
    budget: { dailyUsd: 5, monthlyUsd: 50 },
  },
  /** People choose its provider and its model. */
  chooser: {
    ...answers("Chooser"),
    tools: [],
    llm: {
      ...{ provider: "anthropic", model: "claude-sonnet-5-5", models: ["claude-haiku-5-5"] },
      fallbackProviders: ["demo"],
    },
    discord: { threadMode: "none" },
  },
  /** Runs by the clock. */
  clock: {
    ...answers("Clock"),
    tools: [],
    queue: { maxWaiting: 1 },
    cron: [
      { id: "morning", schedule: "0 9 * * *", prompt: "[[say good morning]]" },
      {
        ...{ id: "posted", schedule: "30 9 * * *", webhook: "env:HOOK_URL" },
        prompt: "[[say {450 x words} last words]]",
      },
      { id: "by-hand", prompt: "[[say by hand]]" },
    ],
  },
  /** Is told of things by webhooks. */
  hooked: {
    ...answers("Hooked"),
    tools: [],
    webhooks: { alerts: { secret: "env:ALERT_SECRET", idHeader: "X-Alert-Id", promptTemplate: "{{ask}}" } },
  },
  /** Works on what it is assigned, and tells how it is. */
  hand: { ...answers("Hand"), tools: [], assignments: {}, heartbeat: { intervalSeconds: 30 } },
});
