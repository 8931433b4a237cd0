/** Tool calls as small lines above an answer. */
import { inCode } from "./in-code.ts";
import { inputAsJson } from "./shown-input.ts";

/** A tool call as it stands. `pending`: it waits for approval; `unknown`: nobody knows whether it took effect. */
export interface ShownCall {
  name: string;
  input: unknown;
  state: "pending" | "running" | "ok" | "error" | "unknown" | "declined";
  /** What was decided about it, and by whom, where it needed approval. */
  decision?: string;
}

/** Longest text of one call's arguments, in UTF-16 code units. */
const ARGUMENTS = 80;
/** Calls that are shown at the most; those before are counted. */
const FULL_LINES = 8;
const COMPACT_CALLS = 12;

/**
 * @param display `full`: a line for each call, with its arguments; `compact`: one line of names; `none`: those that people
 * have decided on.
 * @returns `""` when there is nothing to show.
 */
export function toolLines(calls: readonly ShownCall[], display: "full" | "compact" | "none"): string {
  if (calls.length === 0) return "";
  switch (display) {
    case "none":
      return toolLines(
        calls.filter(({ decision }) => decision !== undefined),
        "compact",
      );
    case "compact": {
      const shown = calls
        .slice(-COMPACT_CALLS)
        .map(({ name, state, decision }) => `${sign(state)} ${inCode(name, 40)}${decided(decision)}`);
      const earlier = calls.length - shown.length;
      return `-# ${earlier > 0 ? `… ${earlier} more · ` : ""}${shown.join(" · ")}`;
    }
    case "full": {
      const shown = calls.slice(-FULL_LINES).map(fullLine);
      const earlier = calls.length - shown.length;
      return [...(earlier > 0 ? [`-# … ${earlier} more`] : []), ...shown].join("\n");
    }
    default:
      return display satisfies never;
  }
}

function fullLine({ name, input, state, decision }: ShownCall): string {
  const given = inputAsJson(input);
  const shown = given === "" || given === "{}" ? "" : ` ${inCode(given, ARGUMENTS)}`;
  return `-# ${sign(state)} ${inCode(name, 40)}${shown}${decided(decision)}`;
}

function decided(decision: string | undefined): string {
  return decision === undefined ? "" : ` ${inCode(decision, 60)}`;
}

function sign(state: ShownCall["state"]): string {
  switch (state) {
    case "pending":
      return "✋";
    case "running":
      return "⏳";
    case "ok":
      return "✅";
    case "error":
      return "❌";
    case "unknown":
      return "❔";
    case "declined":
      return "🚫";
    default:
      return state satisfies never;
  }
}
