import { readControlId } from "../../../../shared/discord/controls.ts";

/**
 * Whether a control under the answer of a turn that is over leads nowhere any more.
 *
 * @param id its custom id.
 * @param turn `wasRetried`: somebody has had it tried again.
 */
export function isOutdated(id: string, { wasRetried }: { wasRetried: boolean }): boolean {
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
