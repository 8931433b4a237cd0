/** What an agent has spent, as its page shows it: the body of `GET /agents/:agent/spend`. */

/** What was spent in one period. */
export interface Spent {
  /** US dollars, as they stand against the ceiling. */
  usd: number;
  /** The part of it that is assumed: calls whose price or usage nobody knows, made while there was a ceiling. */
  assumedUsd: number;
  calls: number;
  /** Calls among them whose price is unknown. */
  unpricedCalls: number;
}

/** What was spent in one period, and its end. */
export interface PeriodSpend extends Spent {
  /** US dollars; `null`: none. */
  ceilingUsd: number | null;
  /** ISO 8601, UTC. */
  resetsAt: string;
}

/** This UTC day and this calendar month. */
export interface SpendView {
  day: PeriodSpend;
  month: PeriodSpend;
}
