/** Sends the agent's heartbeat while its character has one. */
import type { Agent } from "../../shared/character/registry.ts";
import { resolveEnvReferences, type SecretReader, secretReader } from "../../shared/character/secrets.ts";
import { type Posted, postEvent } from "../../shared/conductor/client.ts";
import { conductorCondition } from "../../shared/heartbeat/health.ts";
import { heartbeat, type Vitals } from "../../shared/heartbeat/payload.ts";
import type { Logger } from "../../shared/log.ts";
import { conductorOf, rigAgentId } from "../agent/conductor-of.ts";
import { findAgentIfAny } from "../agent/find-agent.ts";
import type { Env } from "../env.ts";
import type { HealthStore } from "./health-store.ts";
import type { SettingStore } from "./setting-store.ts";
import { integrationVitals, providerVitals } from "./vitals.ts";

export interface HeartbeatParts {
  env: Env;
  agentId: string;
  settings: SettingStore;
  health: HealthStore;
  log: Logger;
  /** What the agent works on. */
  assignment: () => Vitals["assignment"];
}

/** When the next one is due stands in the hub's storage, so that an eviction neither loses nor doubles it. */
export class HeartbeatSender {
  readonly #parts: HeartbeatParts;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  /** When the next heartbeat is due, in Unix milliseconds; `null`: the agent has none. A new one is due at once. */
  nextAt(now: number): number | null {
    const intervalMs = this.#intervalMs();
    if (intervalMs === null) return null;
    const planned = this.#parts.settings.get("heartbeat:next");
    // A deployment may have shortened the interval.
    return planned === null ? now : Math.min(Number(planned), now + intervalMs);
  }

  /** Sends it if it is due. What goes wrong is logged once, until one arrives again; it never throws. */
  async beatIfDue(now: number): Promise<void> {
    const { settings } = this.#parts;
    const agent = findAgentIfAny(this.#parts.agentId);
    const intervalMs = this.#intervalMs();
    const dueAt = this.nextAt(now);
    if (!agent || intervalMs === null || dueAt === null || dueAt > now) return;
    // Before it is sent: whoever dies in the middle leaves one out, rather than sending two.
    settings.set("heartbeat:next", String(now + intervalMs));
    try {
      const posted = await this.#send(agent, now);
      if (posted.outcome === "refused") throw new Error(posted.message);
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error), now);
      return;
    }
    settings.set("heartbeat:sent", String(now));
    if (settings.get("heartbeat:failed") === null) return;
    settings.delete("heartbeat:failed");
    this.#parts.log.log("info", "heartbeat.recovered");
  }

  #intervalMs(): number | null {
    const section = findAgentIfAny(this.#parts.agentId)?.character.heartbeat;
    return section ? section.intervalSeconds * 1000 : null;
  }

  async #send(agent: Agent, now: number): Promise<Posted> {
    const { env } = this.#parts;
    const target = targetOf(agent, env);
    const event = { ...(await this.#read(agent, target.place, now)) };
    return target.post(event);
  }

  async #read(agent: Agent, place: string, now: number) {
    const { env, health, settings, assignment } = this.#parts;
    const chosen = { provider: settings.get("provider"), models: settings.group("model") };
    const conductor = conductorCondition(place, this.#history());
    return heartbeat({
      agentId: rigAgentId(agent, secretReader({ ...env }, agent.id)),
      assignment: assignment(),
      ...providerVitals(agent, env, { chosen, health }),
      integrations: [conductor, ...(await integrationVitals(agent, env, { health, now }))],
      intervalSeconds: agent.character.heartbeat?.intervalSeconds ?? 0,
    });
  }

  #history(): Parameters<typeof conductorCondition>[1] {
    const { settings } = this.#parts;
    const sent = settings.get("heartbeat:sent");
    const failed = settings.get("heartbeat:failed");
    return {
      sentAt: sent === null ? null : Number(sent),
      failed: failed === null ? null : (JSON.parse(failed) as { at: number; cause: string }),
    };
  }

  #failed(cause: string, now: number): void {
    const { settings, log } = this.#parts;
    const isNews = settings.get("heartbeat:failed") === null;
    settings.set("heartbeat:failed", JSON.stringify({ at: now, cause }));
    if (isNews) log.log("warn", "heartbeat.failed", { cause });
  }
}

interface Target {
  /** For people. */
  place: string;
  post(event: Readonly<Record<string, unknown>>): Promise<Posted>;
}

/** @throws Error when the address is missing or is none. */
function targetOf(agent: Agent, env: Env): Target {
  const conductor = conductorOf(agent, env);
  const written = agent.character.heartbeat?.url;
  if (!written) return conductor;
  const secret = secretReader({ ...env }, agent.id);
  const url = readUrl(written, secret);
  const token = tokenFor(url, secret);
  return {
    // What follows the path may be a key.
    place: url.origin + url.pathname,
    post: (event) => postEvent(url, event, { token, fetch: (...call) => fetch(...call) }),
  };
}

/** An address without a path is a conductor's: its events go to `/api/events`. */
function readUrl(written: string, secret: SecretReader): URL {
  const reading = resolveEnvReferences(written, secret);
  if ("missing" in reading)
    throw new Error(`heartbeat.url: the secret ${reading.missing.join(", ")} is not set`);
  if (!URL.canParse(reading.value)) throw new Error("heartbeat.url: expected an http or https address");
  const url = new URL(reading.value);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new Error("heartbeat.url: expected an http or https address");
  if (url.pathname === "/") url.pathname = "/api/events";
  return url;
}

/** The conductor's token is for the conductor. */
function tokenFor(url: URL, secret: SecretReader): string | undefined {
  const baseUrl = secret("CONDUCTOR_BASE_URL");
  const isConductor =
    baseUrl !== undefined && URL.canParse(baseUrl) && new URL(baseUrl).origin === url.origin;
  return isConductor ? secret("CONDUCTOR_TOKEN") : undefined;
}
