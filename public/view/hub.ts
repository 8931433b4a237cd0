/** Below the agents: what the current one has spent today, and which of its providers answers. */
import type { ProviderView } from "../../shared/chat/protocol.ts";
import { fetchProviders, fetchSpend, type ProviderChoices, switchProvider } from "../api.ts";
import { arrange, byId, element, setText } from "../dom.ts";
import { formatSpend } from "../format.ts";

/** Until spending is looked up again, in milliseconds: the hub hears of a call a second after its end. */
const COUNTED_AFTER = 2_500;

export interface HubPanel {
  /** Shows this agent from now on. */
  open(agent: string): void;
  /** An answer has ended. */
  spent(): void;
}

/** Wires the panel of index.html. */
export function hubPanel(on: {
  switched(agent: string, provider: ProviderView): void;
  failed(reason: string): void;
}): HubPanel {
  const spend = byId("spend", HTMLElement);
  const label = byId("switch", HTMLElement);
  const select = byId("provider", HTMLSelectElement);
  let current = "";
  let timer: ReturnType<typeof setTimeout> | undefined;

  select.addEventListener("change", () => void choose(current, select.value));

  async function choose(agent: string, provider: string): Promise<void> {
    try {
      const choices = await switchProvider(agent, provider);
      if (agent === current) drawProviders(choices);
      const active = choices.providers.find(({ name }) => name === choices.active);
      if (active) on.switched(agent, active);
    } catch (error) {
      on.failed(error instanceof Error ? error.message : String(error));
      void showProviders(agent);
    }
  }

  async function showSpend(agent: string): Promise<void> {
    const text = await fetchSpend(agent).then(
      ({ day }) => formatSpend(day),
      () => "",
    );
    if (agent !== current) return;
    setText(spend, text);
    spend.hidden = text === "";
  }

  async function showProviders(agent: string): Promise<void> {
    const choices = await fetchProviders(agent).catch(() => ({ active: "", providers: [] }));
    if (agent === current) drawProviders(choices);
  }

  function drawProviders({ active, providers }: ProviderChoices): void {
    label.hidden = providers.length < 2;
    arrange(
      select,
      providers.map(({ name, model, ready, note }) => {
        const option = element("option", { value: name }, model === name ? name : `${name} · ${model}`);
        option.disabled = !ready;
        option.title = note ?? "";
        return option;
      }),
    );
    select.value = active;
  }

  return {
    open(agent) {
      current = agent;
      spend.hidden = true;
      label.hidden = true;
      void showSpend(agent);
      void showProviders(agent);
    },
    spent() {
      clearTimeout(timer);
      timer = setTimeout(() => void showSpend(current), COUNTED_AFTER);
    },
  };
}
