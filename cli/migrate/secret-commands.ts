/** The commands that bring an agent's secrets from the old place to the Worker. No value ever stands in a command. */
import { secretNames } from "../../shared/character/secrets.ts";
import type { MigratedAgent, MovedSecret } from "./migrated-agent.ts";

/** Lines for a shell, one by one: in the project's folder, with kubectl in the old release's namespace. */
export function secretCommands({ id, secrets, gateway }: MigratedAgent): string[] {
  const put = (name: string) => `npx wrangler secret put ${secretNames(id, name)[0]}`;
  if (gateway === null) return secrets.map((secret) => moveCommand(secret, put(secret.name)));
  const { existingSecret, isThere } = gateway;
  const bridgeSecret = [
    'secret="$(openssl rand -hex 32)"  # the bridge secret is new: the gateway shows it to the Worker',
    `printf %s "$secret" | ${put("BRIDGE_SECRET")}`,
  ];
  // printf is built into the shell, so no value shows in the list of processes.
  if (isThere) {
    return [
      ...secrets.map((secret) => moveCommand(secret, put(secret.name))),
      ...bridgeSecret,
      `printf '{"stringData":{"bridge-secret":"%s"}}' "$secret" | kubectl patch secret ${existingSecret} --patch-file /dev/stdin`,
    ];
  }
  const [botToken, others] = [secrets.filter(isBotToken), secrets.filter((secret) => !isBotToken(secret))];
  return [
    `read -rs token  # paste the bot's token${botToken.map(placeOf).join("")}`,
    `printf %s "$token" | ${put("DISCORD_BOT_TOKEN")}`,
    ...others.map((secret) => moveCommand(secret, put(secret.name))),
    ...bridgeSecret,
    `printf 'discord-bot-token=%s\\nbridge-secret=%s\\n' "$token" "$secret" | kubectl create secret generic ${existingSecret} --from-env-file /dev/stdin`,
  ];
}

function isBotToken({ name }: MovedSecret): boolean {
  return name === "DISCORD_BOT_TOKEN";
}

function moveCommand(secret: MovedSecret, put: string): string {
  const { source } = secret;
  switch (source.kind) {
    case "cluster": {
      const path = source.key.replaceAll(".", "\\.");
      const note = source.unsure ? `  # if ${source.secret} has it` : "";
      return `kubectl get secret ${source.secret} -o jsonpath='{.data.${path}}' | base64 -d | ${put}${note}`;
    }
    case "person":
      return source.where === undefined ? put : `${put}  # paste it${placeOf(secret)}`;
    default:
      throw source satisfies never;
  }
}

/** Where a person finds the value, if it is in the values. */
function placeOf({ source }: MovedSecret): string {
  return source.kind === "person" && source.where !== undefined ? ` from ${source.where}` : "";
}
