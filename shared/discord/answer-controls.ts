/** What can be pressed under an answer. */
import { type Control, type ControlId, type ControlRow, writeControlId } from "./controls.ts";

/** The turn that a control is about, and where it takes place. */
export interface AnswerAddress {
  turn: string;
  conversation: string;
}

/** Stands under an answer that is being written. */
export function stopControls(address: AnswerAddress): ControlRow[] {
  return rowOf([button({ action: "stop", ...address }, "Stop", "secondary")]);
}

/** Stands under an answer that failed. */
export function retryControls(address: AnswerAddress): ControlRow[] {
  return rowOf([button({ action: "retry", ...address }, "Retry", "primary")]);
}

/** @param number tells the calls apart where there are several. */
export function approvalControls(address: AnswerAddress, call: string, number?: number): ControlRow[] {
  const which = number === undefined ? "" : ` ${number}`;
  return rowOf([
    button({ action: "approve", call, ...address }, `Approve${which}`, "success"),
    button({ action: "decline", call, ...address }, `Decline${which}`, "danger"),
  ]);
}

type Button = Extract<Control, { kind: "button" }>;

/** `undefined` where the conversation's name leaves no room for an id. */
function button(id: ControlId, label: string, style: Button["style"]): Button | undefined {
  const text = writeControlId(id);
  return text === null ? undefined : { kind: "button", id: text, label, style };
}

function rowOf(buttons: readonly (Button | undefined)[]): ControlRow[] {
  const row = buttons.filter((each) => each !== undefined);
  return row.length === 0 ? [] : [row];
}
