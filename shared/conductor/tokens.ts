/** Which token speaks for which agent of the rig. */
import { secretNames } from "../character/secrets.ts";

const TOKEN = "CONDUCTOR_TOKEN";

/** The coordinator, when the setting CONDUCTOR_COORDINATOR names no other. */
const COORDINATOR = "conductor-e";

/**
 * The token that speaks for an agent: its own, else that of the agent it is an instance of (`dev-e` for `dev-e-1`), else the
 * one all agents share.
 *
 * @param env the Worker's bindings, or a process' environment.
 */
export function tokenFor(env: object, agentId: string): string | undefined {
  return ownToken(env, agentId) ?? read(env, TOKEN);
}

/** Every token that opens the conductor, for requests that name no agent. */
export function allTokens(env: object): string[] {
  const names = Object.keys(env).filter((name) => name === TOKEN || name.endsWith(`__${TOKEN}`));
  return names.flatMap((name) => read(env, name) ?? []);
}

/**
 * The token of the one agent that may speak of others, as when it assigns an issue; `undefined` when it has none of its
 * own: the shared token makes nobody the coordinator.
 */
export function coordinatorToken(env: object): string | undefined {
  return ownToken(env, read(env, "CONDUCTOR_COORDINATOR") ?? COORDINATOR);
}

/** Whether the conductor asks nobody for a token: only when `CONDUCTOR_OPEN` says `true`. */
export function isOpen(env: object): boolean {
  return read(env, "CONDUCTOR_OPEN") === "true";
}

function ownToken(env: object, agentId: string): string | undefined {
  const parts = agentId.split("-");
  for (let length = parts.length; length > 0; length--) {
    const [own] = secretNames(parts.slice(0, length).join("-"), TOKEN);
    const token = read(env, own);
    if (token !== undefined) return token;
  }
  return undefined;
}

/** Empty text counts as not set. */
function read(env: object, name: string): string | undefined {
  const value = Object.hasOwn(env, name) ? (env as Record<string, unknown>)[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}
