/** Commands that every agent knows. They are answered without the model. */
import type { ControlRow } from "../discord/controls.ts";

/** What somebody asks of the runtime itself. Names are those of the slash commands. */
export type Command =
  /** How the agent is; where there is a conductor, how all agents of the rig are. */
  | { name: "status" }
  /** Which providers there are, and which of them answers. */
  | { name: "provider" }
  /** Switches to a provider; the name is as a person wrote it. */
  | { name: "use"; provider: string }
  /** Switches the active provider to a model; without one, shows which there are. */
  | { name: "model"; model?: string }
  /** Stops what is being answered in a conversation, or forgets it. */
  | { name: "cancel" | "reset"; conversation: string }
  /** What the agent remembers of whoever asks. */
  | { name: "memory"; do: "list" }
  | { name: "memory"; do: "forget"; fact: string }
  /** What was spent today and this month, and the ceilings. */
  | { name: "cost" }
  | { name: "cron"; do: "list" }
  | { name: "cron"; do: "run"; job: string };

export type CommandName = Command["name"];

/** What the answer to a command says, in Discord's Markdown, and what stands under it. */
export interface CommandReply {
  text: string;
  controls?: readonly ControlRow[];
}
