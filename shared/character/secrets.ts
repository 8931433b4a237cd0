/** Secrets by name: an agent's own value first, then the one all agents share. */
import type { Character } from "./schema.ts";

/** Reads a secret by its short name, such as `ANTHROPIC_API_KEY`; `undefined` when it is not set. */
export type SecretReader = (name: string) => string | undefined;

/** `env:NAME`, not as the end of a longer word. */
const reference = /(?<!\w)env:([A-Za-z_]\w*)/g;

/**
 * The variables that may hold a secret, in the order they are tried.
 *
 * @example secretNames("dev-e", "ANTHROPIC_API_KEY") // ["DEV_E__ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"]
 */
export function secretNames(agent: string, name: string): [own: string, shared: string] {
  return [`${agent.toUpperCase().replaceAll("-", "_")}__${name}`, name];
}

/**
 * Reads an agent's secrets from a Worker's `env` or a process' environment. Empty text counts as not set, and what is
 * not text (a Worker's bindings) is never a secret.
 */
export function secretReader(env: object, agent: string): SecretReader {
  const variables: Readonly<Record<string, unknown>> = env as Record<string, unknown>;
  return (name) => {
    for (const variable of secretNames(agent, name)) {
      const value = variables[variable];
      if (typeof value === "string" && value !== "") return value;
    }
    return undefined;
  };
}

/**
 * Replaces each `env:NAME` in a text by the secret. All or nothing: with a secret missing there is no value, so a
 * half-filled header is never sent.
 */
export function resolveEnvReferences(
  text: string,
  secret: SecretReader,
): { value: string } | { missing: string[] } {
  const missing = new Set<string>();
  const value = text.replace(reference, (_, name: string) => {
    const found = secret(name);
    if (found === undefined) missing.add(name);
    return found ?? "";
  });
  return missing.size > 0 ? { missing: [...missing] } : { value };
}

/** Names of the secrets a text refers to, in order, each once. */
export function envReferences(text: string): string[] {
  return [...new Set([...text.matchAll(reference)].flatMap(([, name]) => name ?? []))];
}

/** Names of every secret a character refers to with `env:NAME`, sorted. Prose such as the personality holds none. */
export function referencedSecrets(character: Character): string[] {
  const texts = [
    ...character.tools.flatMap((api) => [api.url, ...Object.values(api.headers)]),
    ...Object.values(character.mcpServers).flatMap((server) => [
      server.url ?? "",
      ...Object.values(server.headers),
      ...Object.values(server.env),
    ]),
    ...Object.values(character.webhooks).flatMap(({ secret, webhook }) => [secret ?? "", webhook ?? ""]),
    ...character.cron.flatMap(({ webhook, discordWebhookUrl }) => [webhook ?? "", discordWebhookUrl ?? ""]),
    character.heartbeat?.url ?? "",
    character.assignments?.webhook ?? "",
  ];
  return [...new Set(texts.flatMap(envReferences))].sort();
}
