/** What there is to say of the Worker that answers: whether it has the agent, its model, and a gateway. */
import type { DiscordSettings } from "../../shared/discord/settings.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

/** What the Worker says of an agent. */
export type WorkerFacts =
  | { kind: "not-looked-at"; why: string }
  | { kind: "failed"; url: string; message: string }
  | { kind: "unauthorized"; url: string }
  | { kind: "no-agent"; url: string }
  | { kind: "seen"; url: string; provider: ProviderFacts; shards: readonly { gateway: string | null }[] };

export interface ProviderFacts {
  name: string;
  demo: boolean;
  ready: boolean;
  note: string | null;
}

export function workerFindings(agent: string, facts: WorkerFacts, settings: DiscordSettings): Finding[] {
  const about = "Worker";
  switch (facts.kind) {
    case "not-looked-at":
      return [note(about, `not looked at: ${facts.why}`)];
    case "failed":
      return [
        wrong(
          about,
          `${facts.url} does not answer: ${facts.message}`,
          "check the address, and npm run deploy",
        ),
      ];
    case "unauthorized":
      return [
        wrong(
          about,
          `${facts.url} refuses the admin token`,
          "set ADMIN_TOKEN to the token of that deployment",
        ),
      ];
    case "no-agent":
      return [wrong(about, `${facts.url} has no agent ${agent}`, "npm run deploy")];
    case "seen":
      return [
        ok(about, `${facts.url} has the agent`),
        providerFinding(agent, facts.provider),
        gatewayFinding(facts.shards, settings),
      ];
    default:
      return facts satisfies never;
  }
}

function providerFinding(agent: string, { name, demo, ready, note: told }: ProviderFacts): Finding {
  const because = told === null ? "" : `: ${told}`;
  if (!ready)
    return wrong("model", `${name} is not ready${because}`, `set its secret, or llm.provider of ${agent}`);
  return demo ? note("model", `the demo model answers${because}`) : ok("model", name);
}

function gatewayFinding(
  shards: readonly { gateway: string | null }[],
  { channels }: DiscordSettings,
): Finding {
  const about = "gateway";
  const away = shards.flatMap(({ gateway }, shard) => (gateway === null ? [shard] : []));
  if (away.length === 0) {
    const holders = [...new Set(shards.map(({ gateway }) => gateway))].join(", ");
    return ok(
      about,
      `${shards.length === 1 ? "1 shard is" : `${shards.length} shards are`} held by ${holders}`,
    );
  }
  const says = `nobody holds ${away.length === 1 ? "shard" : "shards"} ${away.join(", ")}: messages are not heard`;
  const todo = "start the gateway: docs/discord-setup.md, step 5";
  return channels.length > 0 ? wrong(about, says, todo) : note(about, `${says}, interactions are`, todo);
}
