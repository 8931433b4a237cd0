import { estimateUsd, isFree } from "../../../../shared/llm/prices.ts";
import type { ModelRequest } from "../../../../shared/llm/provider.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { SessionAddress } from "../../../../shared/session/name.ts";
import type { CallId, FinishedCall } from "../../../../shared/usage/call.ts";
import { hasCeiling, type Refusal } from "../../../../shared/usage/ceiling.ts";
import { findAgent } from "../../../agent/find-agent.ts";
import { callHub } from "../../../clients/calls.ts";
import type { Env } from "../../../env.ts";
import { BudgetError } from "../../engine/budget-error.ts";
import type { ReportStore } from "../../engine/report-store.ts";
import type { ReportRow } from "../../engine/schema.ts";
import type { SpendingGate } from "../../engine/turn-context.ts";
import type { Part } from "../part.ts";

/** Calls that the hub is told of at once. */
const BATCH = 100;

/** How long calls are gathered before the hub is told, in milliseconds: the next turn's first token comes before that. */
const GATHER_MS = 1_000;

/**
 * The money side of a conversation: asks the agent's hub before a model call where there is a ceiling, and tells it of
 * every call that is over. What the hub has not heard stays in the session's storage.
 */
export class Spending implements Part, SpendingGate {
  readonly #env: Env;
  readonly #address: SessionAddress;
  readonly #store: ReportStore;
  readonly #log: Logger;
  #isReporting = false;

  constructor(env: Env, address: SessionAddress, store: ReportStore, log: Logger) {
    this.#env = env;
    this.#address = address;
    this.#store = store;
    this.#log = log;
  }

  /**
   * Sets money aside for a call. Without a ceiling, and for a model that costs nothing, it asks nobody.
   *
   * @returns gives it back, if the call is not made after all.
   * @throws BudgetError when the call may not be made, or what the signal was fired with.
   */
  async reserve(
    call: CallId,
    model: string,
    request: ModelRequest,
    signal: AbortSignal,
  ): Promise<() => void> {
    const { budget } = findAgent(this.#address.agent).character;
    if (!hasCeiling(budget) || isFree(model)) return () => {};
    const usd = estimateUsd(model, JSON.stringify(request).length, request.maxTokens);
    const reports = this.#store.pending(BATCH);
    const finished = reports.map((report) => this.#finishedCall(report));
    let refusal: Refusal | null;
    try {
      refusal = await callHub(
        this.#env,
        this.#address.agent,
        (hub) => hub.reserve({ ...call, usd, budget }, finished),
        signal,
      );
    } catch (error) {
      // The hub may have granted it all the same.
      this.#release(call);
      if (signal.aborted) throw error;
      throw new BudgetError(null, { cause: error });
    }
    this.#store.forget(reports);
    if (refusal) throw new BudgetError(refusal);
    return () => this.#release(call);
  }

  #release(call: CallId): void {
    void callHub(this.#env, this.#address.agent, (hub) => hub.release(call)).catch((error: unknown) => {
      this.#log.log("warn", "budget.not_released", { turn: call.turn, cause: String(error) });
    });
  }

  /** Takes note of a call that no turn's journal reports, and tells the hub. */
  note(call: ReportRow): void {
    this.#store.add(call);
    this.report();
  }

  recover(): void {
    if (this.isBusy) this.report();
  }

  afterTurn(): void {
    this.report();
  }

  resume(): void {
    this.report();
  }

  /** Whether there are calls that the hub has not confirmed yet. */
  get isBusy(): boolean {
    return this.#store.pending(1).length > 0;
  }

  /** Tells the hub of the calls that are over, a moment later. What fails or dies is tried again by the watchdog. */
  report(): void {
    if (this.#isReporting) return;
    this.#isReporting = true;
    void this.#reportAll();
  }

  async #reportAll(): Promise<void> {
    try {
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      for (;;) {
        const reports = this.#store.pending(BATCH);
        if (reports.length === 0) return;
        const finished = reports.map((report) => this.#finishedCall(report));
        await callHub(this.#env, this.#address.agent, (hub) => hub.settle(finished));
        this.#store.forget(reports);
      }
    } catch (error) {
      this.#log.log("warn", "usage.not_reported", { cause: String(error) });
    } finally {
      this.#isReporting = false;
    }
  }

  #finishedCall({ turnId, ...report }: ReportRow): FinishedCall {
    return { turn: turnId, conversation: this.#address.conversation, ...report };
  }
}
