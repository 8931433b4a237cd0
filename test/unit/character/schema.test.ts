import { describe, expect, it } from "vitest";
import { readCharacter } from "../../../shared/character/problems.ts";
import type { Character } from "../../../shared/character/schema.ts";
import { scheduleExpectation, timezoneExpectation } from "../../../shared/cron/schedule.ts";
import codexCli from "../../support/characters/codex-cli.json" with { type: "json" };
import conductorE from "../../support/characters/conductor-e.json" with { type: "json" };
import everyField from "../../support/characters/every-field.json" with { type: "json" };
import minimal from "../../support/characters/minimal.json" with { type: "json" };

function load(json: unknown): Character {
  const reading = readCharacter(json);
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems, null, 2));
  return reading.character;
}

/** A minimal character with other top-level fields. */
function minimalWith(fields: Record<string, unknown>): unknown {
  return { ...minimal, ...fields };
}

function problemsOf(json: unknown) {
  const reading = readCharacter(json);
  return "problems" in reading ? reading.problems : [];
}

describe("files of the original runtime", () => {
  it("load with every field of the format", () => {
    const { cron, tools, mcpServers, discord, messaging, ...rest } = load(everyField);
    const { cron: _, tools: __, mcpServers: ___, discord: ____, messaging: _____, ...original } = everyField;
    expect(rest).toMatchObject(original);
    expect(cron).toMatchObject([{ id: "default", ...everyField.cron }]);
    expect(tools[0]).toEqual({
      ...everyField.tools[0],
      endpoints: [
        { method: "GET", path: "/floors/:id", description: "One floor.", timeoutMs: 1000 },
        {
          method: "POST",
          path: "/loans",
          description: "Lend a book. Body: book.",
          idempotent: true,
          approval: true,
        },
      ],
    });
    expect(mcpServers.github?.env).toEqual({
      GITHUB_PERSONAL_ACCESS_TOKEN: "env:GITHUB_TOKEN",
      PORT: "3000",
      DEBUG: "false",
    });
    expect(mcpServers.search?.url).toBe("https://mcp.example.com/mcp");
    expect(discord).toMatchObject({ ...everyField.discord, channels: ["#archive", "#lobby"] });
    expect(messaging).toMatchObject({
      platform: "discord",
      config: { channels: ["#archive", "1088510058284990888"], threadMode: "per-message", allowBots: [] },
    });
  });

  it("load for a coordinator, with a field nobody knows and a null where a value is absent", () => {
    const character = load(conductorE);
    expect(character.tools[0]?.endpoints.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/queue",
      "GET /api/agents",
      "GET /api/issues",
      "POST /api/events",
    ]);
    expect(character.cron).toEqual([
      {
        ...{ id: "default", prompt: conductorE.cron.prompt, timezone: "UTC", suspend: false },
        ...{ concurrencyPolicy: "Forbid", successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
      },
    ]);
    expect(character).not.toHaveProperty("persona");
  });

  it("load for a CLI provider", () => {
    expect(load(codexCli).llm).toMatchObject({
      provider: "codex-cli",
      authMode: "device-auth",
      passMcpToCli: true,
    });
  });

  it("load with nothing but a name and a personality", () => {
    expect(load({ name: "A", personality: "B" })).toEqual({
      name: "A",
      bio: "",
      personality: "B",
      lore: [],
      style: { language: "English", tone: "helpful", format: "concise" },
      messageExamples: [],
      tools: [],
      mcpServers: {},
      memory: {
        conversationRetention: "30d",
        patternRetention: "indefinite",
        historyRetention: "indefinite",
        tools: true,
      },
      dispatch: "per-message",
      queue: { maxWaiting: 50, maxBatchMessages: 20, maxBatchTokens: 8000 },
      llm: {
        temperature: 0.3,
        maxTokens: 4096,
        maxTurns: 10,
        maxToolRounds: 5,
        timeoutMs: 300_000,
        search: false,
        passMcpToCli: false,
        dangerouslyBypassApprovalsAndSandbox: false,
        fallbackProviders: [],
        providers: {},
      },
      budget: {},
      commands: [],
      cron: [],
      webhooks: {},
    });
  });

  it("ignore unknown fields wherever they stand", () => {
    const json = minimalWith({
      extra: 1,
      discord: { channels: [], guild: "x" },
      llm: { providers: { gemini: { model: "g" } } },
    });
    const character = load(json);
    expect(character).not.toHaveProperty("extra");
    expect(character.discord).not.toHaveProperty("guild");
    expect(character.llm.providers).toEqual({});
  });

  it("fill in what is missing inside sections", () => {
    expect(load(minimal).discord).toEqual({
      channels: ["#minimal"],
      dm: true,
      trigger: "all",
      allowedUsers: [],
      allowedRoles: [],
      allowBots: [],
      maxBotTurns: 10,
      threadMode: "per-message",
      reactions: { enabled: false, removeAfterReply: false },
      toolDisplay: "compact",
      install: ["guild"],
      catchUp: { maxAge: "1d", maxMessages: 200 },
    });
    expect(load(minimalWith({ heartbeat: { url: "https://x.example", agentId: "a" } })).heartbeat).toEqual({
      url: "https://x.example",
      intervalSeconds: 60,
      agentId: "a",
    });
    expect(load(minimalWith({ tools: [{ url: "https://x.example" }] })).tools).toEqual([
      { url: "https://x.example", headers: {}, timeoutMs: 30_000, endpoints: [] },
    ]);
  });

  it("read a path without its slash and a method in any case", () => {
    const tools = [{ url: "https://x.example", endpoints: [{ method: "delete", path: "loans/:id" }] }];
    expect(load(minimalWith({ tools })).tools[0]?.endpoints[0]).toEqual({
      method: "DELETE",
      path: "/loans/:id",
      description: "",
    });
  });

  it("keep a webhook without a secret, which refuses deliveries rather than the file", () => {
    const { github } = load(minimalWith({ webhooks: { github: {} } })).webhooks;
    expect(github).toMatchObject({ insecure: false, signatureHeader: "X-Hub-Signature-256", events: [] });
    expect(github).not.toHaveProperty("secret");
  });

  it("take a list of scheduled prompts as well as one", () => {
    const jobs = [{ prompt: "One." }, { prompt: "Two.", schedule: "0 9 * * *" }];
    expect(load(minimalWith({ cron: jobs })).cron).toMatchObject([
      { id: "job-1", ...jobs[0] },
      { id: "job-2", ...jobs[1] },
    ]);
  });
});

/** What a JSON parser makes of an id without quotes. */
const unquotedId: unknown = JSON.parse("1088510058284990888");
const list = "a list";
const text = "a text";
const object = "an object";
const flag = "true or false";

describe("a wrong value is told by its path", () => {
  it.each<[path: string, fields: Record<string, unknown>, expected: string]>([
    ["name", { name: undefined }, text],
    ["name", { name: "" }, "a text that is not empty"],
    ["bio", { bio: 1 }, text],
    ["personality", { personality: undefined }, text],
    ["lore", { lore: "one fact" }, list],
    ["lore[1]", { lore: ["a", null] }, text],
    ["style", { style: "short" }, object],
    ["style.language", { style: { language: 1 } }, text],
    ["style.tone", { style: { tone: [] } }, text],
    ["style.format", { style: { format: {} } }, text],
    ["messageExamples", { messageExamples: {} }, list],
    ["messageExamples[0].agent", { messageExamples: [{ user: "Hi" }] }, text],
    ["tools", { tools: {} }, list],
    ["tools[0].url", { tools: [{}] }, text],
    ["tools[0].headers.Accept", { tools: [{ url: "x", headers: { Accept: 1 } }] }, text],
    ["tools[0].timeoutMs", { tools: [{ url: "x", timeoutMs: 99 }] }, "100 or more"],
    ["tools[0].endpoints", { tools: [{ url: "x", endpoints: {} }] }, list],
    [
      "tools[0].endpoints[1].method",
      {
        tools: [
          {
            url: "x",
            endpoints: [
              { method: "GET", path: "/" },
              { method: "FETCH", path: "/" },
            ],
          },
        ],
      },
      "one of GET, POST, PUT, PATCH, DELETE, HEAD",
    ],
    [
      "tools[0].endpoints[0].method",
      { tools: [{ url: "x", endpoints: [{ path: "/" }] }] },
      "one of GET, POST, PUT, PATCH, DELETE, HEAD",
    ],
    ["tools[0].endpoints[0].path", { tools: [{ url: "x", endpoints: [{ method: "GET" }] }] }, text],
    [
      "tools[0].endpoints[0].idempotent",
      { tools: [{ url: "x", endpoints: [{ method: "GET", path: "/", idempotent: "yes" }] }] },
      flag,
    ],
    ["mcpServers", { mcpServers: "github" }, object],
    ["mcpServers.github.command", { mcpServers: { github: { command: ["npx"] } } }, text],
    ["mcpServers.github.args", { mcpServers: { github: { command: "npx", args: "-y" } } }, list],
    [
      'mcpServers["my server"].env.A',
      { mcpServers: { "my server": { env: { A: [] } } } },
      "a text, a number, true or false",
    ],
    ["messaging.platform", { messaging: { platform: "irc" } }, 'one of "discord", "slack"'],
    ["messaging.config.channels", { messaging: { config: { channels: "#a" } } }, list],
    ["discord.channels", { discord: { channels: "#a" } }, list],
    [
      "discord.threadMode",
      { discord: { threadMode: "per-channel" } },
      'one of "none", "per-message", "per-document", "per-user"',
    ],
    ["discord.allowBots", { discord: { allowBots: true } }, list],
    [
      "memory.conversationRetention",
      { memory: { conversationRetention: "a month" } },
      'a duration such as "12h", "30d", "2w", "6m", "1y", or "indefinite"',
    ],
    [
      "memory.patternRetention",
      { memory: { patternRetention: "d" } },
      'a duration such as "12h", "30d", "2w", "6m", "1y", or "indefinite"',
    ],
    ["budget", { budget: 5 }, object],
    ["budget.dailyUsd", { budget: { dailyUsd: -1 } }, "0 or more"],
    ["budget.monthlyUsd", { budget: { monthlyUsd: "$40" } }, "a number"],
    ["memory.historyRetention", { memory: { historyRetention: 30 } }, text],
    ["memory.tools", { memory: { tools: "no" } }, flag],
    [
      "llm.provider",
      { llm: { provider: "claude" } },
      'one of "anthropic", "openai-api", "demo", "claude-cli", "codex-cli"',
    ],
    ["llm.model", { llm: { model: "" } }, "a text that is not empty"],
    ["llm.api", { llm: { api: "completions" } }, 'one of "responses", "chat-completions"'],
    ["llm.temperature", { llm: { temperature: 2.1 } }, "2 or less"],
    ["llm.maxTokens", { llm: { maxTokens: 1.5 } }, "a whole number"],
    ["llm.maxTurns", { llm: { maxTurns: 0 } }, "1 or more"],
    ["llm.maxToolRounds", { llm: { maxToolRounds: 51 } }, "50 or less"],
    ["llm.timeoutMs", { llm: { timeoutMs: "5m" } }, "a number"],
    ["llm.search", { llm: { search: "on" } }, flag],
    ["llm.authMode", { llm: { authMode: true } }, text],
    ["llm.passMcpToCli", { llm: { passMcpToCli: 1 } }, flag],
    [
      "llm.dangerouslyBypassApprovalsAndSandbox",
      { llm: { dangerouslyBypassApprovalsAndSandbox: "true" } },
      flag,
    ],
    ["llm.fallbackProviders", { llm: { fallbackProviders: "openai-api" } }, list],
    [
      "llm.fallbackProviders[0]",
      { llm: { fallbackProviders: ["gpt"] } },
      'one of "anthropic", "openai-api", "demo", "claude-cli", "codex-cli"',
    ],
    [
      "llm.providers.openai-api.maxTokens",
      { llm: { providers: { "openai-api": { maxTokens: "1" } } } },
      "a number",
    ],
    ["cron", { cron: "0 * * * *" }, "a job (an object with a prompt) or a list of jobs"],
    ["cron.prompt", { cron: { schedule: "0 * * * *" } }, text],
    ["cron[1].prompt", { cron: [{ prompt: "a" }, {}] }, text],
    ["cron.schedule", { cron: { prompt: "a", schedule: "* * * *" } }, scheduleExpectation],
    ["cron.schedule", { cron: { prompt: "a", schedule: "0 0 30 2 *" } }, scheduleExpectation],
    ["cron.schedule", { cron: { prompt: "a", schedule: "61 * * * *" } }, scheduleExpectation],
    ["cron.schedule", { cron: { prompt: "a", schedule: "@reboot" } }, scheduleExpectation],
    ["cron.schedule", { cron: { prompt: "a", schedule: "2026-12-24T18:00:00" } }, scheduleExpectation],
    ["cron[0].timezone", { cron: [{ prompt: "a", timezone: "Europe/Olso" }] }, timezoneExpectation],
    [
      "cron[1].id",
      {
        cron: [
          { prompt: "a", id: "x" },
          { prompt: "b", id: "x" },
        ],
      },
      "an id that no job before it has",
    ],
    ["cron.id", { cron: { prompt: "a", id: "a:b" } }, "1 to 64 letters, digits, - or _"],
    ["webhooks.github", { webhooks: { github: "env:X" } }, object],
    ["webhooks.github.secret", { webhooks: { github: { secret: 1 } } }, text],
    ["heartbeat.url", { heartbeat: { url: 1 } }, text],
    ["heartbeat.intervalSeconds", { heartbeat: { intervalSeconds: 0 } }, "1 or more"],
    ["heartbeat.agentId", { heartbeat: { agentId: 7 } }, text],
  ])("%s in %o", (path, fields, expected) => {
    expect(problemsOf(minimalWith(fields))).toEqual([expect.objectContaining({ path, expected })]);
  });

  it.each([
    ["discord.channels[0]", { discord: { channels: [unquotedId] } }],
    ["discord.allowBots[0]", { discord: { allowBots: [unquotedId] } }],
    ["cron.channelId", { cron: { prompt: "a", channelId: unquotedId } }],
  ])("%s must be quoted, because a number has already lost digits", (path, fields) => {
    expect(problemsOf(minimalWith(fields))).toEqual([
      expect.objectContaining({ path, expected: expect.stringContaining("in quotes") }),
    ]);
  });

  it("with all others of the same file", () => {
    const paths = problemsOf({ lore: 1, llm: { temperature: "hot" } }).map(({ path }) => path);
    expect(paths.sort()).toEqual(["llm.temperature", "lore", "name", "personality"]);
  });
});
