import type { Logger } from "../../shared/log.ts";
import { findAgent, findAgentIfAny } from "../agent/find-agent.ts";
import type { Env } from "../env.ts";
import type { FactReader } from "./agent/fact-reader.ts";
import { loadAgentParts } from "./agent/load-agent.ts";
import type { ProviderReader } from "./agent/provider-reader.ts";
import { turnMemory } from "./agent/turn-memory.ts";
import type { TurnHost } from "./engine/run-turn.ts";
import type { OpenTurn, SessionStore } from "./engine/store.ts";
import type { Spending } from "./parts/spending/spending.ts";
import type { SummaryStore } from "./parts/summary/summary-store.ts";
import { SENT } from "./surfaces/delivery.ts";
import type { DiscordTurn } from "./surfaces/discord/discord-delivery.ts";
import type { WebhookDelivery } from "./surfaces/discord-webhook/webhook-delivery.ts";
import type { LiveTurn } from "./surfaces/web/live-turn.ts";

/** The turn an instance works on. */
export interface RunningTurn {
  live: LiveTurn;
  controller: AbortController;
  /** When its answer goes to Discord. */
  discord: DiscordTurn | undefined;
}

/** The parts of a session that its turns use. */
export interface SessionParts {
  env: Env;
  agentId: string;
  store: SessionStore;
  facts: FactReader;
  providers: ProviderReader;
  summaries: SummaryStore;
  spending: Spending;
  webhook: WebhookDelivery;
  /** Shows the turn to those who watch. */
  show: () => void;
}

/** What a turn runs in. */
export function turnHost(
  turn: OpenTurn,
  { live, controller, discord }: RunningTurn,
  log: Logger,
  { env, agentId, store, facts, providers, summaries, spending, webhook, show }: SessionParts,
): TurnHost {
  const now = Date.now;
  return {
    ...{ store, log, now, spending },
    signal: controller.signal,
    agentName: findAgentIfAny(agentId)?.character.name ?? agentId,
    agent: async () => {
      const agent = findAgent(agentId);
      const user = turn.message.event.author.id;
      const memory = turnMemory({ agent, user, d1: env.DB, facts, log, now });
      const begunWith = store.begunWith(turn);
      const provider = () => providers.read(agent, { now: now(), begunWith }, log);
      return loadAgentParts(agent, env, { memory, provider });
    },
    runCommand: async (command) => {
      // Rarely needed, so it is loaded when it is.
      const { runCommand } = await import("./parts/commands/run-command.ts");
      const { event, receivedAt: askedAt } = turn.message;
      return runCommand(command, { env, agent: findAgent(agentId), event, askedAt, now, log });
    },
    summary: () => summaries.current()?.text,
    live: discord?.following(live) ?? live,
    changed: () => {
      show();
      discord?.changed();
    },
    // A chat's outbox leads to the pages that watch; those that come later find the answer in the history.
    deliver: async (item) => {
      show();
      if (item.target.kind === "discord-webhook") return webhook.deliver(item, item.target);
      return (await discord?.deliver(item.text)) ?? SENT;
    },
  };
}
