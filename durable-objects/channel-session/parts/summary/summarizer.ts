/**
 * Keeps a conversation's summary up to date, between turns and beside them: an answer never waits for it. What is to be
 * summarised is decided in next-summary.ts; this file only acts.
 */

import { modelTraits } from "../../../../shared/llm/models.ts";
import {
  type ModelRequest,
  type ModelResult,
  type Provider,
  ProviderError,
  type ProviderErrorCode,
} from "../../../../shared/llm/provider.ts";
import { summaryRequest } from "../../../../shared/llm/summary.ts";
import type { Logger } from "../../../../shared/log.ts";
import { BudgetError } from "../../engine/budget-error.ts";
import { FencedError } from "../../engine/open-turn.ts";
import type { CallEnd } from "../../engine/report-store.ts";
import { mayBePaidFor, usageOfFailure } from "../../engine/usage-of-failure.ts";
import type { Part } from "../part.ts";
import type { Spending } from "../spending/spending.ts";
import { nextSummary, type SummaryPlan } from "./next-summary.ts";
import type { SummaryStore } from "./summary-store.ts";

/** A model, and the bounds that the character sets. */
interface AnsweringModel {
  provider: Provider;
  limits: Pick<ModelRequest, "maxTokens" | "temperature">;
}

/** What a summary needs from the object it is made in. */
export interface SummarizerOptions {
  store: SummaryStore;
  log: Logger;
  now: () => number;
  /** The model that answers now; `undefined` when there is none. */
  model: () => Promise<AnsweringModel | undefined>;
  /** Asked before the call, told after it. */
  spending: Pick<Spending, "reserve" | "note">;
  /** The journal of this turn has changed: a summary costs something. */
  changed: (turnId: string) => void;
}

export class Summarizer implements Part {
  readonly #options: SummarizerOptions;
  /** Ends the summary that is being made. */
  #making: AbortController | undefined;

  constructor(options: SummarizerOptions) {
    this.#options = options;
  }

  /** Whether a summary is being made. */
  get isBusy(): boolean {
    return this.#making !== undefined;
  }

  /** A summary that an earlier instance has begun and not ended died with it. */
  recover(): void {
    this.#noteLost();
    this.wake();
  }

  afterTurn(): void {
    this.wake();
  }

  resume(): void {
    this.wake();
  }

  #noteLost(): void {
    const { store, spending, now } = this.#options;
    const lost = store.lostCall(now());
    if (lost) spending.note(lost);
  }

  /**
   * Ends the summary that is being made, for the conversation is about to be forgotten. That its call has cost something
   * is noted first: whoever dies after that finds it nowhere else.
   */
  beforeReset(): void {
    this.#noteLost();
    this.#making?.abort(new DOMException("the conversation was reset", "AbortError"));
  }

  /** Starts on a summary if it is time for one. */
  wake(): void {
    if (this.isBusy) return;
    const { store, changed, log } = this.#options;
    const turn = store.lastDoneTurn();
    if (!turn) return;
    const plan = nextSummary(store.unsummarised(), turn.steps, modelTraits(turn.model).contextWindow);
    if (!plan) return;
    const making = new AbortController();
    this.#making = making;
    this.#summarise(turn.id, plan, making.signal)
      .catch((error: unknown) => log.log("error", "summary.broke", { turn: turn.id, cause: String(error) }))
      .finally(() => {
        this.#making = undefined;
        changed(turn.id);
      });
  }

  /** A summary that fails or may not be made costs nothing but the summary: it is tried again after the next turn. */
  async #summarise(turnId: string, plan: SummaryPlan, signal: AbortSignal): Promise<void> {
    const { store, now, model } = this.#options;
    const log = this.#options.log.with({ turn: turnId });
    try {
      const answering = await model();
      if (!answering) return store.skip(turnId, plan, now());
      const result = await this.#call(turnId, plan, answering, signal);
      const isKept = store.finish(turnId, plan, result, now());
      log.log(isKept ? "info" : "warn", isKept ? "summary.made" : "summary.declined", {
        messages: plan.messages.length,
      });
    } catch (error) {
      if (error instanceof FencedError || signal.aborted) return;
      if (error instanceof BudgetError) {
        log.log("warn", "summary.skipped", { code: error.code, cause: error.message });
        store.skip(turnId, plan, now());
        return;
      }
      if (!(error instanceof ProviderError)) throw error;
      log.log("warn", "summary.failed", { code: error.code, cause: error.message });
      store.fail(turnId, plan, now());
    }
  }

  /** Makes the call, with the money for it set aside, and tells what it used, whatever has become of its turn by then. */
  async #call(
    turnId: string,
    plan: SummaryPlan,
    { provider, limits }: AnsweringModel,
    signal: AbortSignal,
  ): Promise<ModelResult> {
    const { store, spending, now } = this.#options;
    const { step, attempt } = plan;
    const request = summaryRequest({ earlier: store.current()?.text, messages: plan.messages }, limits);
    const asked = { provider: provider.name, model: provider.model };
    const over = (model: string, { usage, error }: CallEnd) =>
      spending.note({ turnId, step, attempt, ...asked, model, usage, at: now(), error: error ?? null });
    const giveBack = await spending.reserve({ turn: turnId, step, attempt }, asked.model, request, signal);
    try {
      store.start(turnId, plan, asked, now());
    } catch (error) {
      giveBack();
      throw error;
    }
    let heard = false;
    try {
      for await (const event of provider.stream(request, signal)) {
        if (event.type === "text") heard = true;
        if (event.type === "restart" && mayBePaidFor(event.reason)) throw lostCall(provider, event.reason);
        if (event.type !== "result") continue;
        over(event.result.model, event.result);
        return event.result;
      }
    } catch (error) {
      const code = error instanceof ProviderError ? error.code : undefined;
      over(asked.model, code ? { usage: usageOfFailure(code, heard), error: code } : { usage: null });
      throw error;
    }
    throw new Error(`${provider.name} ended a call without a result`);
  }
}

/** A summary is not worth a second call that may cost as much. */
function lostCall({ name }: Provider, code: ProviderErrorCode): ProviderError {
  return new ProviderError(code, name, "the call for a summary broke off");
}
