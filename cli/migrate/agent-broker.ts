/** Migrates values of agent-broker: agents that were coding CLIs behind a Discord bot. */
import { formatPath } from "../../shared/character/problems.ts";
import { agentIdExpectation, isAgentId } from "../../shared/character/registry.ts";
import { characterFile, idFromName } from "./character.ts";
import { moveVariables } from "./environment.ts";
import { isEmpty, renamed, withoutEmpty } from "./fields.ts";
import { leftoversOf } from "./leftovers.ts";
import type { Leftover, MigratedAgent, MovedSecret } from "./migrated-agent.ts";
import { type BrokerAgent, brokerMapValues, brokerPresetValues, readValues } from "./old-values.ts";
import { MigrationStopped } from "./stopped.ts";
import type { JsonObject } from "./values-file.ts";

/** Fields of an agent that something becomes of. */
const carried = [
  "command",
  "agentsMd",
  "discord",
  "env",
  "envFrom",
  "reactions",
  "nodeSelector",
  "tolerations",
  "affinity",
];

/** Fields of `discord` that mean the same in the character, with the names they have there. */
const discordFields: Readonly<Record<string, string>> = {
  allowedChannels: "channels",
  allowedUsers: "allowedUsers",
  allowedRoleIds: "allowedRoles",
  allowDm: "dm",
  trustedBotIds: "allowBots",
};

const reactionFields = { enabled: "enabled", removeAfterReply: "removeAfterReply" };

/** Providers that stand for a command. */
const providers: ReadonlyMap<string, string> = new Map([
  ["claude", "claude-cli"],
  ["claude-agent-acp", "claude-cli"],
  ["codex", "codex-cli"],
  ["codex-acp", "codex-cli"],
]);

/**
 * Migrates every agent of a release, or the one that is asked for.
 *
 * @throws MigrationStopped when the values cannot be read, or there is no such agent.
 */
export function migrateBrokerMap(values: JsonObject, agent: string | undefined): MigratedAgent[] {
  const { agents } = readValues(brokerMapValues, values);
  const all = Object.entries(agents).map(([name, entry]) => ({ id: idOf(name), name, entry }));
  const chosen = all.filter(({ id }) => agent === undefined || id === agent);
  if (chosen.length === 0) {
    const there = all.map(({ id }) => id).join(", ") || "none";
    throw new MigrationStopped(
      "values",
      `agents: expected one that is called ${agent ?? "anything"}; there are ${there}`,
    );
  }
  const shared = leftoversOf(values, ["agents"]);
  return chosen.map(({ id, name, entry }, index) =>
    migrateEntry(id, entry, `${formatPath(["agents", name])}.`, index === 0 ? shared : []),
  );
}

/**
 * Migrates the one agent of a release that chooses it by `agent.preset`.
 *
 * @throws MigrationStopped when the values cannot be read.
 */
export function migrateBrokerPreset(values: JsonObject, agent: string | undefined): MigratedAgent {
  const { agent: chosen, ...entry } = readValues(brokerPresetValues, values);
  const command = chosen.command ?? entry.command ?? commandOfPreset(chosen.preset);
  const id = agent ?? idOf(chosen.preset ?? chosen.command ?? "agent");
  const own = leftoversOf(chosen, ["preset", "command"], "agent.");
  return migrateEntry(id, { ...entry, command }, "", own);
}

/** The preset's names are those of the commands, but for one. */
function commandOfPreset(preset: string | undefined): string | undefined {
  return preset === "kiro" ? "kiro-cli" : preset;
}

function migrateEntry(id: string, entry: BrokerAgent, at: string, shared: Leftover[]): MigratedAgent {
  const { command, discord, env, reactions, nodeSelector, tolerations, affinity } = entry;
  const name = id.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
  const provider = command === undefined ? undefined : providers.get(command);
  const file = characterFile(at === "" ? "character" : at.slice(0, -1), {
    name,
    personality: entry.agentsMd ?? `You are ${name}, a coding agent. People write to you in Discord.`,
    tools: [],
    discord: {
      ...renamed(discord, discordFields),
      // As its users know it: a mention opens a thread, and what follows there needs none.
      trigger: "involved",
      ...(reactions && { reactions: { enabled: true, ...renamed(reactions, reactionFields) } }),
    },
    ...(provider && { llm: { provider } }),
  });
  const variables = Object.entries(env).map(([variable, value]) => ({ name: variable, value }));
  const environment = moveVariables(variables, file.character, (variable) => `${at}env.${variable}`);
  const where = isEmpty(discord.botToken) ? undefined : `${at}discord.botToken`;
  const botToken: MovedSecret = { name: "DISCORD_BOT_TOKEN", source: { kind: "person", where } };
  return {
    id,
    json: file.json,
    character: file.character,
    secrets: [botToken, ...environment.secrets],
    gateway: {
      existingSecret: `${id}-bridge`,
      isThere: false,
      scheduling: withoutEmpty({ nodeSelector, tolerations, affinity }),
    },
    leftovers: [
      ...shared,
      ...leftoversOf(entry, carried, at),
      ...leftoversOf(discord, ["botToken", ...Object.keys(discordFields)], `${at}discord.`, inCharacter),
      ...leftoversOf(reactions ?? {}, Object.keys(reactionFields), `${at}reactions.`, inCharacter),
      ...environment.leftovers,
      ...(entry.envFrom.length > 0 ? [{ path: `${at}envFrom`, reason: fromElsewhere }] : []),
    ],
    remarks: [
      ...commandRemarks(command, provider),
      ...(entry.agentsMd === undefined
        ? ["personality: the CLI brought its own; a first one is written, make it yours"]
        : []),
      ...channelRemarks(discord.allowedChannels),
      ...file.remarks,
      ...environment.remarks,
    ],
  };
}

const inCharacter = "see whether discord in docs/reference/character.md has what you need of it";

const fromElsewhere =
  "what is in there cannot be seen from here: set what the agent needs with npx wrangler secret put";

function commandRemarks(command: string | undefined, provider: string | undefined): string[] {
  if (command === undefined || provider !== undefined) return [];
  return [`llm.provider: nothing here speaks to ${command}; a model answers (see README.md), or choose one`];
}

function channelRemarks(channels: readonly string[]): string[] {
  return channels
    .filter((channel) => !/^(#|\d{15,21}$)/.test(channel))
    .map(
      (channel) =>
        `discord.channels: ${JSON.stringify(channel)} is no id, so it counts as the name #${channel}`,
    );
}

function idOf(name: string): string {
  const id = isAgentId(name) ? name : idFromName(name);
  if (id !== undefined) return id;
  throw new MigrationStopped(
    "values",
    `${formatPath(["agents", name])}: no id can be made of its name, expected ${agentIdExpectation}`,
  );
}
