/** The bar above the conversation: who answers, with which model, and what must be said about that. */
import type { ProviderView } from "../../shared/chat/protocol.ts";
import { byId, setText } from "../dom.ts";
import { badgeKind, badgeLabel, modelName } from "./agent-list.ts";

export interface Head {
  draw(agentName: string, provider: ProviderView): void;
  /** Closes the badge's note; false when it was not open. */
  closeNote(): boolean;
}

/** Wires the bar of index.html. */
export function head(): Head {
  const name = byId("agent-name", HTMLElement);
  const model = byId("model", HTMLElement);
  const badge = byId("badge", HTMLDetailsElement);
  const label = byId("badge-label", HTMLElement);
  const note = byId("badge-note", HTMLElement);

  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !badge.contains(target)) badge.open = false;
  });

  return {
    draw(agentName, provider) {
      const text = badgeLabel(provider);
      setText(name, agentName);
      setText(model, modelName(provider));
      badge.hidden = text === null;
      badge.dataset.kind = badgeKind(provider);
      setText(label, text ?? "");
      setText(note, provider.note ?? "");
    },
    closeNote() {
      const wasOpen = badge.open;
      badge.open = false;
      return wasOpen;
    },
  };
}
