import { readControlId } from "../../../../shared/discord/controls.ts";
import type { TurnRow } from "../../engine/schema.ts";

/** A turn as far as it decides what can be pressed under its answer. */
export interface FinishedTurn {
  state: TurnRow["state"];
  /** Somebody has had it tried again. */
  wasRetried: boolean;
}

/** Whether nobody works on the turn, nor will. */
export function isOver(state: TurnRow["state"]): boolean {
  switch (state) {
    case "running":
    case "parked":
    case "posting":
      return false;
    case "done":
    case "failed":
    case "cancelled":
      return true;
    default:
      return state satisfies never;
  }
}

/** Whether a control under the answer of a turn that is over leads nowhere any more. @param id its custom id. */
export function isOutdated(id: string, { wasRetried }: Pick<FinishedTurn, "wasRetried">): boolean {
  const control = readControlId(id);
  if (!control) return false;
  switch (control.action) {
    case "stop":
    case "approve":
    case "decline":
      return true;
    case "retry":
      return wasRetried;
    case "model":
    case "ask":
      return false;
    default:
      return control satisfies never;
  }
}

/** Whether people are asked there for approval. @param ids custom ids of what stands under an answer. */
export function asksForApproval(ids: readonly string[]): boolean {
  return ids.some((id) => readControlId(id)?.action === "approve");
}
