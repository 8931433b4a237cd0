/** Tool calls as small lines above an answer. */

/** A tool call as it stands. `pending`: it waits for approval; `unknown`: nobody knows whether it took effect. */
export interface ShownCall {
  name: string;
  input: unknown;
  state: "pending" | "running" | "ok" | "error" | "unknown";
}

/** Longest text of one call's arguments, in UTF-16 code units. */
const ARGUMENTS = 80;
/** Calls that are shown at the most; those before are counted. */
const FULL_LINES = 8;
const COMPACT_CALLS = 12;

/** Arguments of such names are nobody's business, whoever told them to the model. */
const SECRET_NAME = /pass(word|phrase)?|secret|token|credential|authorization|api[-_]?key|cookie/i;

/**
 * @param display `full`: a line for each call, with its arguments; `compact`: one line of names.
 * @returns `""` when there is nothing to show.
 */
export function toolLines(calls: readonly ShownCall[], display: "full" | "compact" | "none"): string {
  if (calls.length === 0) return "";
  switch (display) {
    case "none":
      return "";
    case "compact": {
      const shown = calls
        .slice(-COMPACT_CALLS)
        .map(({ name, state }) => `${sign(state)} ${inCode(name, 40)}`);
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

function fullLine({ name, input, state }: ShownCall): string {
  const given = JSON.stringify(input, (key, value) => (SECRET_NAME.test(key) ? "•••" : value)) ?? "";
  const shown = given === "" || given === "{}" ? "" : ` ${inCode(given, ARGUMENTS)}`;
  return `-# ${sign(state)} ${inCode(name, 40)}${shown}`;
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
    default:
      return state satisfies never;
  }
}

/** One line of code: nothing in it is read as Markdown or as a mention. */
function inCode(text: string, longest: number): string {
  const line = text.replace(/[`\s]+/g, (found) => (found.includes("`") ? "'" : " ")).toWellFormed();
  const cut = line.length > longest ? `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : line;
  return `\`${cut}\``;
}
