/** What people can press under a message, and what their custom ids mean. */

/** Most of each that Discord takes (Discord, "Component Reference"). */
export const MAX_ROWS = 5;
export const MAX_CUSTOM_ID = 100;

/** One component of a row. `id` is its custom id, made by {@link writeControlId}. */
export type Control =
  | { kind: "button"; id: string; label: string; style: "primary" | "secondary" | "success" | "danger" }
  | { kind: "select"; id: string; placeholder: string; options: readonly SelectOption[] };

/** One choice of a select, of which there are at most 25. */
export interface SelectOption {
  /** At most 100 characters, as is `value`. */
  label: string;
  value: string;
  isDefault?: boolean;
}

/** At most five buttons, or one select. */
export type ControlRow = readonly Control[];

/** What a press or a form is about. Everything is in the id, so that it means the same after any restart. */
export type ControlId =
  | { action: "stop" | "retry"; turn: string; conversation: string }
  /** `call`: the id of the tool call, as a turn's view shows it. */
  | { action: "approve" | "decline"; turn: string; call: string; conversation: string }
  /** The select of `/model`. */
  | { action: "model" }
  /** The form of `/ask`. */
  | { action: "ask"; isPrivate: boolean };

/** Version of the ids, so that one of an older deployment is told from what it is not. */
const VERSION = "1";

/**
 * @returns `null` for a conversation whose name is too long: there is no control for it then.
 * @see readControlId
 */
export function writeControlId(id: Extract<ControlId, { action: "model" | "ask" }>): string;
export function writeControlId(id: ControlId): string | null;
export function writeControlId(id: ControlId): string | null {
  const text = [VERSION, ...fieldsOf(id)].join(":");
  return text.length <= MAX_CUSTOM_ID ? text : null;
}

/** A turn is a UUID; without its dashes more is left for the conversation. The conversation comes last, for it holds colons. */
function fieldsOf(id: ControlId): string[] {
  switch (id.action) {
    case "stop":
    case "retry":
      return [id.action, id.turn.replaceAll("-", ""), id.conversation];
    case "approve":
    case "decline":
      return [id.action, id.turn.replaceAll("-", ""), id.call, id.conversation];
    case "model":
      return [id.action];
    case "ask":
      return [id.action, id.isPrivate ? "private" : "public"];
    default:
      return id satisfies never;
  }
}

/** @returns `null` for an id that is none of ours, or of another version. */
export function readControlId(text: string): ControlId | null {
  const [version, action, ...rest] = text.split(":");
  if (version !== VERSION) return null;
  const turn = uuidOf(rest[0]);
  switch (action) {
    case "stop":
    case "retry": {
      const conversation = rest.slice(1).join(":");
      return turn && conversation ? { action, turn, conversation } : null;
    }
    case "approve":
    case "decline": {
      const call = rest[1] ?? "";
      const conversation = rest.slice(2).join(":");
      return turn && conversation && /^\d{1,4}$/.test(call) ? { action, turn, call, conversation } : null;
    }
    case "model":
      return rest.length === 0 ? { action } : null;
    case "ask":
      if (rest.length !== 1 || (rest[0] !== "private" && rest[0] !== "public")) return null;
      return { action, isPrivate: rest[0] === "private" };
    default:
      return null;
  }
}

function uuidOf(hex: string | undefined): string | undefined {
  const parts = /^([\da-f]{8})([\da-f]{4})([\da-f]{4})([\da-f]{4})([\da-f]{12})$/.exec(hex ?? "");
  return parts?.slice(1).join("-");
}
