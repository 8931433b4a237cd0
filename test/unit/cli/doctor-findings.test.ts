import { describe, expect, it } from "vitest";
import { type ApplicationFacts, applicationFindings } from "../../../cli/doctor/application.ts";
import { channelFindings, type ListedChannel } from "../../../cli/doctor/channels.ts";
import { type EndpointFacts, endpointFindings } from "../../../cli/doctor/endpoint.ts";
import { type Finding, note, ok, renderFindings, wrong } from "../../../cli/doctor/finding.ts";
import { type WorkerFacts, workerFindings } from "../../../cli/doctor/worker.ts";
import { discordSection } from "../../../shared/character/sections/discord.ts";
import { PERMISSIONS } from "../../../shared/discord/permissions.ts";

const settings = (fields: object = {}) => discordSection.parse({ channels: ["#home"], ...fields });

/** Findings as one writes them down: `wrong: what it says → what to do`. */
const told = (findings: Finding[]) =>
  findings.map(
    (finding) =>
      `${finding.status}: ${finding.says}${"todo" in finding && finding.todo ? ` → ${finding.todo}` : ""}`,
  );

const KEY = "a".repeat(64);
const application: ApplicationFacts = {
  id: "100000000000000001",
  name: "Dev-E",
  publicKey: KEY,
  flags: 1 << 19,
  endpointUrl: null,
  installations: ["guild"],
};

describe("an application", () => {
  const unset = { applicationId: undefined, publicKey: undefined };
  const about = (
    change: Partial<ApplicationFacts>,
    configured: Partial<Parameters<typeof applicationFindings>[1]> = {},
    discord: object = {},
  ) =>
    told(applicationFindings({ ...application, ...change }, { ...unset, ...configured }, settings(discord)));

  it("that is as the character wants it has nothing wrong", () => {
    expect(
      about({}, { applicationId: application.id, publicKey: `${"b".repeat(64)}, ${KEY.toUpperCase()}` }),
    ).toEqual([
      "ok: Dev-E, 100000000000000001",
      "ok: DISCORD_PUBLIC_KEY is the application's",
      "ok: Message Content is switched on",
      "ok: Guild Install",
    ]);
  });

  it.each<[finding: string, ...Parameters<typeof about>]>([
    [
      "wrong: DISCORD_APPLICATION_ID is 2, but the token is that of 100000000000000001 → set the id and the token of one and the same application",
      {},
      { applicationId: "2" },
    ],
    [
      `wrong: DISCORD_PUBLIC_KEY is that of another application → set DISCORD_PUBLIC_KEY to ${KEY}`,
      {},
      { publicKey: "b".repeat(64) },
    ],
    [
      `wrong: DISCORD_PUBLIC_KEY is not 64 hexadecimal digits → set DISCORD_PUBLIC_KEY to ${KEY}`,
      {},
      { publicKey: "my key" },
    ],
    [
      'wrong: Message Content is off: Discord will refuse the gateway (4014) → Developer Portal → Bot → Privileged Gateway Intents → Message Content Intent, or "trigger": "mention"',
      { flags: 1 << 15 },
    ],
    ["ok: Message Content is switched on", { flags: 1 << 18 }],
    ["ok: none that Discord has to allow is needed", { flags: 0 }, {}, { trigger: "mention" }],
    [
      "wrong: User Install is off, but the character has it in discord.install → Developer Portal → Installation → User Install",
      {},
      {},
      { install: ["guild", "user"] },
    ],
    ["ok: User Install", { installations: ["guild", "user"] }, {}, { install: ["user"] }],
  ])("is told: %s", (finding, ...given) => {
    expect(about(...given)).toContain(finding);
  });

  it("does not tell of installations that Discord says nothing about", () => {
    expect(about({ installations: null }, {}, { install: ["user"] })).toHaveLength(2);
  });
});

describe("an endpoint", () => {
  const here = "https://rig.example/agents/dev-e/interactions";
  const refused = { unsigned: { status: 401 }, forged: { status: 401 } };
  const good: EndpointFacts = {
    agent: "dev-e",
    expected: here,
    configured: here,
    strangers: refused,
    verification: { verified: true },
    publicKey: KEY,
  };
  const about = (change: Partial<EndpointFacts>) => told(endpointFindings({ ...good, ...change }));

  it("that is the Worker's and believes Discord alone has nothing wrong", () => {
    expect(about({})).toEqual([
      `ok: ${here}`,
      "ok: refuses what is not signed, and what somebody else has signed",
      "ok: Discord has verified it just now: its PING was answered, its forged one refused",
    ]);
  });

  const putKey = `npx wrangler secret put DISCORD_PUBLIC_KEY, with ${KEY}`;

  it.each<[finding: string, change: Partial<EndpointFacts>]>([
    [
      "note: none is set: interactions come over the gateway, as long as it runs → to be answered without a gateway: npx rig doctor dev-e --url https://… --set-endpoint",
      { configured: null, expected: null, strangers: null, verification: null },
    ],
    [
      `wrong: Discord sends interactions to https://old.example/agents/dev-e/interactions, not to ${here} → npx rig doctor dev-e --url https://rig.example --set-endpoint`,
      { configured: "https://old.example/agents/dev-e/interactions" },
    ],
    [`ok: ${here}/`, { configured: `${here}/` }],
    [
      "wrong: https://rig.example/agents/rev-e/interactions is not where a Worker takes the interactions of dev-e → npx rig doctor dev-e --url https://… --set-endpoint",
      { expected: null, configured: "https://rig.example/agents/rev-e/interactions" },
    ],
    [`ok: ${here}`, { expected: null }],
    [
      `wrong: the Worker has no public key, and takes nothing → ${putKey}`,
      { strangers: { unsigned: { status: 503 }, forged: { status: 503 } } },
    ],
    [
      "wrong: there is no such path (404) → npm run deploy, with dev-e in agents/index.ts",
      { strangers: { unsigned: { status: 404 }, forged: { status: 404 } } },
    ],
    [
      "wrong: believes what nobody has signed → do not use it: it is not this Worker's",
      { strangers: { unsigned: { status: 200 }, forged: { status: 401 } } },
    ],
    [
      "wrong: believes what somebody else has signed → do not use it: it is not this Worker's",
      { strangers: { unsigned: { status: 401 }, forged: { status: 200 } } },
    ],
    [
      "wrong: answers 500 to what is not signed, expected 401 → see the Worker's log: npx wrangler tail",
      { strangers: { unsigned: { status: 500 }, forged: { status: 401 } } },
    ],
    [
      "wrong: does not answer: connect ECONNREFUSED → check the address, and npm run deploy",
      { strangers: { unsigned: { unreachable: "connect ECONNREFUSED" }, forged: { status: 401 } } },
    ],
    [
      `wrong: Discord cannot verify it: 400 → ${putKey}; the address has to be reachable over https`,
      { verification: { refused: "400" } },
    ],
  ])("is told: %s", (finding, change) => {
    expect(about(change)).toContain(finding);
  });
});

describe("a listed channel", () => {
  const all = Object.values(PERMISSIONS).reduce((sum, bit) => sum | bit, 0n);
  const found = (permissions: bigint): ListedChannel => ({
    ...{ kind: "found", entry: "#home", name: "home", guild: "Rig" },
    permissions,
  });
  const todo = "the channel's settings → Permissions → the bot's role";

  it.each<[finding: string, channel: ListedChannel, discord?: object]>([
    ["ok: #home on Rig: all permissions that are needed", found(all)],
    [
      `wrong: #home on Rig: Create Public Threads is missing → ${todo}`,
      found(all & ~PERMISSIONS.CREATE_PUBLIC_THREADS),
    ],
    [
      "ok: #home on Rig: all permissions that are needed",
      found(all & ~PERMISSIONS.CREATE_PUBLIC_THREADS),
      { threadMode: "none" },
    ],
    [
      `wrong: #home on Rig: Send Messages, Attach Files are missing → ${todo}`,
      found(all & ~(PERMISSIONS.SEND_MESSAGES | PERMISSIONS.ATTACH_FILES)),
    ],
    ["ok: #home on Rig: all permissions that are needed", found(all & ~PERMISSIONS.ADD_REACTIONS)],
    [
      `wrong: #home on Rig: Add Reactions is missing → ${todo}`,
      found(all & ~PERMISSIONS.ADD_REACTIONS),
      { reactions: { enabled: true } },
    ],
    [
      "wrong: #home: the bot does not see it → the channel's settings → Permissions → View Channel",
      { kind: "hidden", entry: "#home" },
    ],
    [
      "wrong: #home: no server of the bot has such a channel → invite the bot to that server, or correct discord.channels",
      { kind: "absent", entry: "#home" },
    ],
    ["note: #home: 503", { kind: "failed", entry: "#home", message: "503" }],
  ])("is told: %s", (finding, channel, discord) => {
    expect(told(channelFindings(settings(discord), [channel]))).toEqual([finding]);
  });

  it.each([
    [true, "note: none is listed: messages are answered in DMs only"],
    [false, "note: none is listed: messages are answered nowhere"],
  ])("need not be there (DMs: %s)", (dm, finding) => {
    expect(told(channelFindings(settings({ dm }), []))).toEqual([finding]);
  });
});

describe("the Worker", () => {
  const url = "https://rig.example";
  const provider = { name: "anthropic", demo: false, ready: true, note: null };
  const seen: WorkerFacts = { kind: "seen", url, provider, shards: [{ gateway: "g1" }] };
  const about = (facts: WorkerFacts, discord?: object) =>
    told(workerFindings("dev-e", facts, settings(discord)));
  const away = "nobody holds shard 1: messages are not heard";
  const start = "start the gateway: docs/discord-setup.md, step 5";

  it("with a model and a gateway has nothing wrong", () => {
    expect(about(seen)).toEqual([`ok: ${url} has the agent`, "ok: anthropic", "ok: 1 shard is held by g1"]);
  });

  it.each<[finding: string, facts: WorkerFacts, discord?: object]>([
    ["note: not looked at: Nothing runs here.", { kind: "not-looked-at", why: "Nothing runs here." }],
    [
      `wrong: ${url} does not answer: refused → check the address, and npm run deploy`,
      { kind: "failed", url, message: "refused" },
    ],
    [
      `wrong: ${url} refuses the admin token → set ADMIN_TOKEN to the token of that deployment`,
      { kind: "unauthorized", url },
    ],
    [`wrong: ${url} has no agent dev-e → npm run deploy`, { kind: "no-agent", url }],
    [
      "wrong: anthropic is not ready: no key → set its secret, or llm.provider of dev-e",
      { ...seen, provider: { ...provider, ready: false, note: "no key" } },
    ],
    [
      "note: the demo model answers: no key",
      { ...seen, provider: { name: "demo", demo: true, ready: true, note: "no key" } },
    ],
    [`wrong: ${away} → ${start}`, { ...seen, shards: [{ gateway: "g1" }, { gateway: null }] }],
    [
      `note: ${away}, interactions are → ${start}`,
      { ...seen, shards: [{ gateway: "g1" }, { gateway: null }] },
      { channels: [] },
    ],
    ["ok: 2 shards are held by g1, g2", { ...seen, shards: [{ gateway: "g1" }, { gateway: "g2" }] }],
  ])("is told: %s", (finding, facts, discord) => {
    expect(about(facts, discord)).toContain(finding);
  });
});

describe("the findings", () => {
  it("are lines with a mark, each followed by what to do", () => {
    const findings = [ok("token", "fine"), wrong("commands", "2 to add", "sync"), note("Worker", "away")];
    expect(renderFindings("dev-e", findings)).toBe(
      [
        "dev-e",
        "  ✓ token     fine",
        "  ✗ commands  2 to add",
        "              → sync",
        "  – Worker    away",
        "1 thing is wrong.",
        "",
      ].join("\n"),
    );
  });

  it("say so where nothing is wrong", () => {
    expect(renderFindings("dev-e", [ok("token", "fine")])).toMatch(/\nNothing is wrong\.\n$/);
  });
});
