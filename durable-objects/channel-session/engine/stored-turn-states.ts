import { type LiveView, readTurnState } from "./read-turn-state.ts";
import type { InboxRow } from "./schema.ts";
import type { HistoryRange, SessionReader } from "./session-reader.ts";
import { retryEventId } from "./try-again.ts";
import type { TurnHistory, TurnState, TurnStates } from "./turn-state.ts";

/** Reads turns as surfaces see them, from storage and from what the instance that works on one knows. */
export class StoredTurnStates implements TurnStates, TurnHistory {
  readonly #store: SessionReader;
  readonly #live: (turn: string) => LiveView | undefined;

  /** @param live what this instance knows of a turn that it works on. */
  constructor(store: SessionReader, live: (turn: string) => LiveView | undefined) {
    this.#store = store;
    this.#live = live;
  }

  of(turnId: string): TurnState | undefined {
    const message = this.#store.message(turnId);
    return message && this.#read(message);
  }

  open(): TurnState | undefined {
    const turn = this.#store.openTurn();
    return turn && this.of(turn.id);
  }

  waiting(): TurnState[] {
    return this.#store.waiting().map((message) => this.#read(message));
  }

  newest(range: HistoryRange): string[] {
    return this.#store.recentMessages(range).map(({ turnId }) => turnId);
  }

  #read(message: InboxRow): TurnState {
    const { turnId, answeredBy } = message;
    const turn = message.status === "waiting" ? undefined : this.#store.turn(answeredBy ?? turnId);
    const isOwn = turn?.id === turnId;
    return readTurnState({
      message,
      turn,
      steps: isOwn ? this.#store.steps(turnId) : [],
      unsaid: isOwn && turn.state === "posting" ? this.#store.pendingOutbox(turn)[0]?.text : undefined,
      wasRetried: isOwn && turn.failure !== null && this.#store.messageOf(retryEventId(turnId)) !== undefined,
      live: this.#live(turnId),
    });
  }
}
