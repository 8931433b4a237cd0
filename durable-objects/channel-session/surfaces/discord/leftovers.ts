import type { TurnState, TurnStates } from "../../engine/turn-state.ts";
import { isOutdated } from "./outdated-controls.ts";
import type { PostRow } from "./schema.ts";

/**
 * A turn that nobody works on, and whose messages may not be what they should be. `ask`: people are asked for approval.
 * `tidy`: the answer was stopped, or what stands under it leads nowhere any more. `announce`: the answer has not begun, and may
 * have to come otherwise than was promised.
 */
export interface Leftover {
  turn: TurnState;
  do: "ask" | "tidy" | "announce";
}

/** @param unsettled messages that may not be as they should be once their answer is over. */
export function leftoversOf(turns: TurnStates, unsettled: readonly PostRow[]): Leftover[] {
  const open = turns.open();
  const untidy = [...Map.groupBy(unsettled, ({ turnId }) => turnId)].flatMap(([id, rows]) => {
    const turn = turns.of(id);
    return turn && isUntidy(turn, rows) ? [turn] : [];
  });
  return [
    ...(open?.phase === "parked" ? [{ turn: open, do: "ask" } as const] : []),
    ...untidy.map((turn) => ({ turn, do: "tidy" }) as const),
    ...turns.waiting().map((turn) => ({ turn, do: "announce" }) as const),
  ];
}

function isUntidy({ phase, retry }: TurnState, rows: readonly PostRow[]): boolean {
  switch (phase) {
    case "running":
    case "parked":
    case "posting":
      return false;
    // It was stopped when the conversation was reset; or it has not begun, and nothing is to be tidied.
    case "waiting":
    case "forgotten":
      return rows.some(({ stopping }) => stopping);
    case "done":
    case "failed":
    case "cancelled":
      return rows.some(
        ({ stopping, confirmed, messageId, controls }) =>
          stopping ||
          (messageId !== null && !confirmed) ||
          controls.some((id) => isOutdated(id, { wasRetried: retry === "taken" })),
      );
    default:
      return phase satisfies never;
  }
}
