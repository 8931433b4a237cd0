/** What a valid character may still be surprised by. */
import type { Path } from "../../shared/character/problems.ts";
import type { Character } from "../../shared/character/schema.ts";
import { envReferences } from "../../shared/character/secrets.ts";
import type { WebhookSource } from "../../shared/character/sections/triggers.ts";

/** A remark about one field. */
export interface Advice {
  path: Path;
  message: string;
}

/** Every remark about a character, in no particular order. */
export function adviseOn(character: Character): Advice[] {
  return [
    ...toolAdvice(character),
    ...mcpAdvice(character),
    ...listeningAdvice(character),
    ...providerAdvice(character),
    ...triggerAdvice(character),
  ];
}

function toolAdvice({ tools }: Character): Advice[] {
  return tools.flatMap((api, index) => [
    ...(/^(https?:\/\/|env:)/i.test(api.url)
      ? []
      : [advice(["tools", index, "url"], "not an http(s) URL: every call will fail")]),
    ...headerAdvice(api.headers, ["tools", index, "headers"]),
  ]);
}

function mcpAdvice({ mcpServers }: Character): Advice[] {
  return Object.entries(mcpServers).flatMap(([name, server]) => [
    ...(server.url === undefined
      ? [
          advice(
            ["mcpServers", name],
            server.command === undefined
              ? "has neither command nor url: it is skipped"
              : "a stdio server needs a runner: on a Worker alone it is skipped",
          ),
        ]
      : []),
    ...headerAdvice(server.headers, ["mcpServers", name, "headers"]),
  ]);
}

function listeningAdvice({ messaging, discord }: Character): Advice[] {
  if (messaging?.platform === "slack") {
    return [
      advice(["messaging", "platform"], "slack is not served: the agent answers in the playground only"),
    ];
  }
  const channels = messaging?.config.channels ?? discord?.channels;
  const section = messaging === undefined ? ["discord"] : ["messaging", "config"];
  return channels?.length === 0
    ? [advice([...section, "channels"], "no channels: in Discord the agent answers direct messages only")]
    : [];
}

function providerAdvice({ llm }: Character): Advice[] {
  const needsRunner = (name: string | undefined) => name?.endsWith("-cli") === true;
  const message = "needs a runner: a Worker starts no programs";
  return [
    ...(needsRunner(llm.provider) ? [advice(["llm", "provider"], `${llm.provider} ${message}`)] : []),
    ...llm.fallbackProviders.flatMap((name, index) =>
      needsRunner(name) ? [advice(["llm", "fallbackProviders", index], `${name} ${message}`)] : [],
    ),
  ];
}

const keepOut = "a secret in a committed file: set it as a secret and write env:NAME";

function triggerAdvice({ webhooks, cron, assignments }: Character): Advice[] {
  return [
    ...(assignments?.webhook && !isReference(assignments.webhook)
      ? [advice(["assignments", "webhook"], keepOut)]
      : []),
    ...Object.entries(webhooks).flatMap(([source, settings]) => webhookAdvice(source, settings)),
    ...cron.flatMap((job, index) =>
      (["webhook", "discordWebhookUrl"] as const)
        .filter((name) => job[name] && !isReference(job[name]))
        .map((name) => advice(["cron", index, name], keepOut)),
    ),
  ];
}

function webhookAdvice(source: string, { secret, insecure, webhook }: WebhookSource): Advice[] {
  const at = ["webhooks", source];
  const posted = webhook === undefined || isReference(webhook) ? [] : [advice([...at, "webhook"], keepOut)];
  if (secret) return [...(isReference(secret) ? [] : [advice([...at, "secret"], keepOut)]), ...posted];
  const message = insecure
    ? "insecure: everybody who knows the address can ask the agent anything"
    : "no secret: every delivery is refused until it has one (env:NAME)";
  return [advice(at, message), ...posted];
}

function headerAdvice(headers: Readonly<Record<string, string>>, at: Path): Advice[] {
  return Object.entries(headers)
    .filter(
      ([name, value]) => /authorization|api-?key|token|secret|cookie/i.test(name) && !isReference(value),
    )
    .map(([name]) => advice([...at, name], keepOut));
}

function isReference(text: string): boolean {
  return envReferences(text).length > 0;
}

function advice(path: Path, message: string): Advice {
  return { path, message };
}
