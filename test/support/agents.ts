/** Agents of the tests inside workerd, in place of agents/index.ts. `TESTER__…` secrets lead to the fakes of global-setup.ts. */
import { defineAgents } from "../../shared/character/registry.ts";
import { rigAgents } from "./rig-agents.ts";

const get = (path: string) => ({ method: "GET", path, description: `GET ${path}` });
const post = (path: string) => ({ method: "POST", path, description: `POST ${path}` });

export const agents = defineAgents({
  tester: {
    name: "Tester",
    personality: "You test.",
    lore: ["Testers are patient."],
    tools: [
      {
        url: "env:TOOLS_URL",
        endpoints: [
          ...[get("/echo/:id"), post("/orders"), get("/silent"), post("/silent"), post("/status/500")],
          { ...post("/payments"), approval: true },
        ],
      },
    ],
    llm: { maxToolRounds: 3 },
    memory: { conversationRetention: "30d", historyRetention: "60d", patternRetention: "90d" },
  },
  ...Object.fromEntries(
    (["per-thread", "per-lane"] as const).map((dispatch) => [
      dispatch,
      { name: dispatch, personality: "You answer.", tools: [], dispatch, llm: { provider: "anthropic" } },
    ]),
  ),
  narrow: {
    name: "Narrow",
    personality: "You answer few.",
    tools: [],
    queue: { maxWaiting: 2 },
    llm: { provider: "anthropic" },
  },
  /** Answers all that waits at once, and has a tool that needs approval. */
  payers: {
    name: "Payers",
    personality: "You pay.",
    dispatch: "per-thread",
    tools: [{ url: "env:TOOLS_URL", endpoints: [{ ...post("/payments"), approval: true }] }],
    llm: { provider: "anthropic" },
  },
  /** Lives in Discord, in the channels `#c0` to `#c49`, with a thread for each message. */
  herald: {
    name: "Herald",
    personality: "You answer in Discord.",
    tools: [],
    discord: { channels: Array.from({ length: 50 }, (_, n) => `#c${n}`) },
    llm: { provider: "anthropic" },
  },
  /** Lives in the first 40 of them, without threads, and lets a thousand messages wait in each. */
  listener: {
    name: "Listener",
    personality: "You listen.",
    tools: [],
    discord: { channels: Array.from({ length: 40 }, (_, n) => `#c${n}`), threadMode: "none" },
    queue: { maxWaiting: 1000 },
    llm: { provider: "anthropic" },
  },
  /** Its model is of no known family, so its window is taken to be small. */
  small: {
    name: "Small",
    personality: "You read little.",
    tools: [{ url: "env:TOOLS_URL", endpoints: [get("/large")] }],
    llm: { provider: "anthropic", model: "tiny-1" },
  },
  /** Names no provider and has no key. */
  keyless: { name: "Keyless", personality: "You have no key.", tools: [] },
  /** Remembers nothing, and has no key. */
  amnesic: { name: "Amnesic", personality: "You forget.", tools: [], memory: { tools: false } },
  coder: { name: "Coder", personality: "You code.", tools: [], llm: { provider: "claude-cli" } },
  /** May spend what one and a half of its calls may cost, or four in a month. */
  thrifty: {
    name: "Thrifty",
    personality: "You save.",
    tools: [],
    llm: { model: "claude-sonnet-5-5", maxTokens: 1000 },
    budget: { dailyUsd: 0.016, monthlyUsd: 0.04 },
  },
  /** Has two providers that are ready and one that is not. */
  switcher: {
    name: "Switcher",
    personality: "You switch.",
    tools: [{ url: "env:TOOLS_URL", endpoints: [get("/echo/:id")] }],
    llm: { fallbackProviders: ["openai-api"], providers: { "claude-cli": {} } },
  },
  /** Lets people choose among two models. */
  chooser: {
    name: "Chooser",
    personality: "You are chosen.",
    tools: [],
    llm: { provider: "anthropic", model: "claude-sonnet-5-5", models: ["claude-haiku-5-5"] },
  },
  /** Has commands of its own, a job, and something to choose of everything. */
  clerk: {
    name: "Clerk",
    personality: "You file.",
    tools: [{ url: "env:TOOLS_URL", endpoints: [{ ...post("/payments"), approval: true }] }],
    discord: { threadMode: "none" },
    llm: {
      ...{ provider: "anthropic", model: "claude-sonnet-5-5", models: ["claude-haiku-5-5"] },
      fallbackProviders: ["demo"],
    },
    cron: { id: "tidy", prompt: "[[say tidied]]" },
    commands: [
      {
        ...{ name: "file", description: "Files something.", prompt: "[[say filed]] {{what}} {{for}}" },
        options: [
          { name: "what", description: "What to file.", type: "string", required: true },
          { name: "for", description: "For whom.", type: "mentionable" },
          { name: "copy", description: "A copy.", type: "attachment" },
        ],
      },
      { name: "Greet", type: "user", prompt: "[[say hello]] {{user}}" },
      { name: "Summarise", type: "message", prompt: "[[say in short]] {{message}}" },
    ],
  },
  /** Jobs that run at nine, one agent for each test that ticks. */
  ...Object.fromEntries(
    Object.entries({
      "cron-once": { prompt: "[[say good morning]]" },
      "cron-limits": { prompt: "[[say hello]]", successfulJobsHistoryLimit: 2 },
      "cron-deadline": { prompt: "[[say late]]", startingDeadlineSeconds: 600 },
      "cron-forbid": { prompt: "[[hang]]" },
      "cron-allow": { prompt: "[[hang]]", concurrencyPolicy: "Allow" },
      "cron-replace": { prompt: "[[hang]]", concurrencyPolicy: "Replace" },
      "cron-quiet": { prompt: "[[say [quiet]]]", webhook: "env:HOOK_URL" },
      "cron-webhook": { prompt: "[[say {900 x words}]]", discordWebhookUrl: "env:HOOK_URL" },
      "cron-thread": {
        prompt: "[[say in a thread]]",
        webhook: "env:HOOK_URL",
        thread: "1088510058284990999",
      },
      "cron-trouble": { prompt: "[[say {900 x words}]]" },
      "cron-killed": { prompt: "[[say {1300 x words}]]", webhook: "env:HOOK_URL" },
      "cron-elsewhere": { prompt: "[[say to something like Discord]]", webhook: "env:HOOK_URL" },
      "cron-gone": { prompt: "[[say to nobody]]", webhook: "env:HOOK_URL" },
      "cron-unset": { prompt: "[[say to nobody]]", webhook: "env:NO_HOOK_URL" },
      "cron-crash": { prompt: "[[slow 20]] [[chunks 20]] [[say survived all of this]]" },
      "cron-failed": { prompt: "[[status 400]]" },
    }).map(([id, job]) => [
      id,
      {
        ...{ name: id, personality: "You run.", tools: [], llm: { provider: "anthropic" } },
        cron: { schedule: "0 9 * * *", timezone: "Europe/Oslo", ...job },
      },
    ]),
  ),
  "cron-by-hand": {
    ...{ name: "By hand", personality: "You run.", tools: [], llm: { provider: "anthropic" } },
    cron: [
      { id: "first", prompt: "[[say the first]]" },
      { id: "second", prompt: "[[say the second]]" },
    ],
  },
  hooked: {
    ...{ name: "Hooked", personality: "You listen.", tools: [], llm: { provider: "demo" } },
    ...{ dispatch: "per-thread", queue: { maxWaiting: 1000 } },
    webhooks: {
      github: { secret: "env:GITHUB_WEBHOOK_SECRET" },
      filtered: { secret: "env:GITHUB_WEBHOOK_SECRET", events: ["issues"], ignoreSenders: ["dev-e[bot]"] },
      alerts: {
        ...{ secret: "env:ALERT_SECRET", signatureHeader: "X-Signature", signaturePrefix: "" },
        ...{ idHeader: "X-Alert-Id", promptTemplate: "Alert {{alert.name}}. What now?" },
      },
      anonymous: { secret: "env:ALERT_SECRET" },
      bare: {},
      unset: { secret: "env:NEVER_SET" },
      open: { insecure: true },
    },
  },
  /** Hears everything in the channels `#help` and `#busy`, and answers there. */
  attendant: {
    name: "Attendant",
    personality: "You attend.",
    tools: [],
    discord: {
      channels: ["#help", "#busy"],
      threadMode: "none",
      catchUp: { maxAge: "1d", maxMessages: 150 },
    },
    queue: { maxWaiting: 2 },
    llm: { provider: "anthropic" },
  },
  /** Hears who has a role in `#help`, and reads few of the messages that it missed. */
  guarded: {
    name: "Guarded",
    personality: "You hear few.",
    tools: [],
    discord: {
      channels: ["#help"],
      threadMode: "none",
      allowedRoles: ["700000000000000007"],
      catchUp: { maxAge: "1d", maxMessages: 3 },
    },
    llm: { provider: "demo" },
  },
  /** Waits to be mentioned, and goes on in a thread for each user. */
  picky: {
    name: "Picky",
    personality: "You pick.",
    tools: [],
    discord: {
      channels: ["#help"],
      trigger: "involved",
      threadMode: "per-user",
      allowBots: ["900000000000000009"],
      maxBotTurns: 2,
    },
    llm: { provider: "demo" },
  },
  /** Talks in Discord, of its tool calls too. */
  talker: {
    name: "Talker",
    personality: "You talk.",
    tools: [
      {
        url: "env:TOOLS_URL",
        endpoints: [get("/echo/:id"), post("/orders"), { ...post("/payments"), approval: true }],
      },
    ],
    discord: { toolDisplay: "full" },
  },
  /** Shows how far it is. */
  reactor: {
    name: "Reactor",
    personality: "You react.",
    tools: [],
    discord: { reactions: { enabled: true } },
  },
  ...rigAgents,
  broken: { name: "Broken", personality: 7 },
});
