/** What an empty conversation shows: who answers, what it can do, what is not right with it. */
import type { AgentView } from "../api.ts";
import { arrange, element } from "../dom.ts";
import { suggestions } from "../suggestions.ts";
import { badgeKind } from "./agent-list.ts";

/** Introduces the agent in `section`; `ask` sends a suggestion as the first message. */
export function drawIntro(section: HTMLElement, agent: AgentView, ask: (text: string) => void): void {
  const chips = suggestions(agent.tools).map((text) => {
    const chip = element("button", { type: "button", class: "chip" }, text);
    chip.addEventListener("click", () => ask(text));
    return chip;
  });
  const notes = [
    ...(agent.provider.note === null
      ? []
      : [element("p", { class: "note", "data-kind": badgeKind(agent.provider) }, agent.provider.note)]),
    ...agent.warnings.map((warning) => element("p", { class: "note", "data-kind": "trouble" }, warning)),
  ];
  arrange(section, [
    element("h2", {}, agent.name),
    ...(agent.bio === "" ? [] : [element("p", { class: "bio" }, agent.bio)]),
    ...(chips.length === 0 ? [] : [element("div", { class: "chips" }, ...chips)]),
    ...notes,
  ]);
}
