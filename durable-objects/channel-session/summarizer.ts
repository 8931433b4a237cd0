/**
 * Keeps a conversation's summary up to date, between turns and beside them: an answer never waits for it. What is to be
 * summarised is decided in next-summary.ts; this file only acts.
 */
import { modelTraits } from "../../shared/llm/models.ts";
import {
  type ModelRequest,
  type ModelResult,
  type Provider,
  ProviderError,
} from "../../shared/llm/provider.ts";
import { summaryRequest } from "../../shared/llm/summary.ts";
import type { Logger } from "../../shared/log.ts";
import { nextSummary, type SummaryPlan } from "./next-summary.ts";
import { FencedError } from "./store.ts";
import type { SummaryStore } from "./summary-store.ts";

/** A model, and the bounds that the character sets. */
interface AnsweringModel {
  provider: Provider;
  limits: Pick<ModelRequest, "maxTokens" | "temperature">;
}

/** What a summary needs from the object it is made in. */
export interface SummaryHost {
  store: SummaryStore;
  log: Logger;
  now: () => number;
  /** The model that answers now; `undefined` when there is none. */
  model: () => AnsweringModel | undefined;
  /** The journal of this turn has changed: a summary costs something. */
  changed: (turnId: string) => void;
}

export class Summarizer {
  readonly #host: SummaryHost;
  #isBusy = false;

  constructor(host: SummaryHost) {
    this.#host = host;
  }

  /** Whether a summary is being made. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Starts on a summary if it is time for one. To be called when a turn is over, and when an instance may have died. */
  wake(): void {
    if (this.#isBusy) return;
    const { store, model, changed, log } = this.#host;
    const turn = store.lastDoneTurn();
    if (!turn) return;
    const plan = nextSummary(store.unsummarised(), turn.steps, modelTraits(turn.model).contextWindow);
    const answering = plan && model();
    if (!answering) return;
    this.#isBusy = true;
    this.#summarise(turn.id, plan, answering)
      .catch((error: unknown) => log.log("error", "summary.broke", { turn: turn.id, cause: String(error) }))
      .finally(() => {
        this.#isBusy = false;
        changed(turn.id);
      });
  }

  /** A summary that fails costs nothing but the summary: it is tried again after the next turn. */
  async #summarise(turnId: string, plan: SummaryPlan, { provider, limits }: AnsweringModel): Promise<void> {
    const { store, now } = this.#host;
    const log = this.#host.log.with({ turn: turnId });
    const material = { earlier: store.current()?.text, messages: plan.messages };
    store.start(turnId, plan, now());
    try {
      const result = await complete(provider, summaryRequest(material, limits));
      const isKept = store.finish(turnId, plan, result, now());
      log.log(isKept ? "info" : "warn", isKept ? "summary.made" : "summary.declined", {
        messages: plan.messages.length,
      });
    } catch (error) {
      if (error instanceof FencedError) return;
      if (!(error instanceof ProviderError)) throw error;
      log.log("warn", "summary.failed", { code: error.code, cause: error.message });
      store.fail(turnId, plan, now());
    }
  }
}

/** Makes a call that nobody watches and nobody stops; the provider's own timeout holds. */
async function complete(provider: Provider, request: ModelRequest): Promise<ModelResult> {
  for await (const event of provider.stream(request, new AbortController().signal)) {
    if (event.type === "result") return event.result;
  }
  throw new Error(`${provider.name} ended a call without a result`);
}
