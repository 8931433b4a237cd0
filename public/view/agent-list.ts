/** The sidebar's agents: who they are and which model answers. */
import type { ProviderView } from "../../shared/chat/protocol.ts";
import type { AgentView } from "../api.ts";
import { arrange, element } from "../dom.ts";
import { writeRoute } from "../route.ts";

/** Lists the agents, the current one marked. */
export function drawAgents(list: HTMLElement, agents: readonly AgentView[], current: string): void {
  arrange(
    list,
    agents.map((agent) => {
      const link = element(
        "a",
        { href: writeRoute({ agent: agent.id, chat: null }) },
        element("span", { class: "agent-name" }, agent.name),
        element("span", { class: "agent-bio" }, agent.bio),
        element("span", { class: "agent-model" }, modelName(agent.provider)),
      );
      if (agent.id === current) link.setAttribute("aria-current", "true");
      const label = badgeLabel(agent.provider);
      if (label !== null)
        link.append(element("span", { class: "tag", "data-kind": badgeKind(agent.provider) }, label));
      return element("li", {}, link);
    }),
  );
}

/** What must be said about a model at a glance; `null` when it simply answers. */
export function badgeLabel(provider: ProviderView): string | null {
  if (!provider.ready) return "Not ready";
  return provider.demo ? "Demo model" : null;
}

/** The model as its vendor calls it; empty for the demo, whose badge says it all. */
export function modelName({ demo, model }: ProviderView): string {
  return demo ? "" : model;
}

/** `trouble` when somebody has to do something before this model answers. */
export function badgeKind(provider: ProviderView): "trouble" | "demo" {
  return provider.ready ? "demo" : "trouble";
}
