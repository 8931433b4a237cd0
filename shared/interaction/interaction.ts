/** Interactions of Discord's, down to what is used here. */
import type { DiscordMessage } from "../discord/read-message.ts";
import type { Attachment } from "../session/attachment.ts";
import type { Author } from "../session/event.ts";

/** One interaction. `ping` is Discord asking whether anybody is there. */
export type Interaction =
  | { kind: "ping"; applicationId: string | undefined }
  | CommandInteraction
  | AutocompleteInteraction
  | ComponentInteraction
  | ModalInteraction
  /** Of a kind that Discord has added since; `what` says it in words. */
  | (Happening & { kind: "unknown"; what: string });

/** An interaction that somebody has caused. */
export type UserInteraction = Exclude<Interaction, { kind: "ping" }>;

/** What all of them tell but a ping. */
export interface Happening {
  id: string;
  applicationId: string;
  /** Opens the answer for 15 minutes: a secret for as long. */
  token: string;
  user: InteractionUser;
  place: InteractionPlace;
}

/** Who did it. */
export interface InteractionUser extends Author {
  /** Ids of their roles in the server; none elsewhere. */
  roles: readonly string[];
  /**
   * What they may do in the channel (Discord, "Permissions"). Nothing outside of a server, and nothing on a server that has not
   * installed the application: there anybody may be the owner who has brought it along.
   */
  permissions: bigint;
}

/** Where it was done. */
export interface InteractionPlace {
  /** `private-channel`: a DM or a group DM of people, which the bot itself does not see. */
  context: "guild" | "bot-dm" | "private-channel";
  /** Absent where Discord does not tell. */
  channel?: { id: string; type: number };
  /** Absent outside of a server. */
  guildId?: string;
}

/** A slash command, or a command of a user's or message's menu. */
export interface CommandInteraction extends Happening {
  kind: "command";
  name: string;
  /** `user` and `message` are what the command was used on; `entry-point` is the button that launches an app. */
  use:
    | { type: "chat-input"; subcommand: string | undefined; options: CommandOptions }
    | { type: "user"; target: Author }
    | { type: "message"; target: TargetMessage }
    | { type: "entry-point" };
}

/** Options by name. */
export type CommandOptions = ReadonlyMap<string, OptionValue>;

/** What somebody chose for an option. A mentionable is a user or a role. */
export type OptionValue =
  | { type: "string"; value: string }
  | { type: "number"; value: number }
  | { type: "boolean"; value: boolean }
  | { type: "user" | "role" | "channel"; id: string; name: string }
  | { type: "attachment"; file: Attachment };

/** The message that a command was used on. */
export type TargetMessage = Pick<DiscordMessage, "id" | "content" | "author" | "mentions" | "attachments">;

/** Somebody types into an option that offers choices. */
export interface AutocompleteInteraction extends Happening {
  kind: "autocomplete";
  name: string;
  subcommand: string | undefined;
  option: string;
  typed: string;
}

/** Somebody pressed a button, or chose from a select. */
export interface ComponentInteraction extends Happening {
  kind: "component";
  customId: string;
  component: "button" | "string-select" | "other-select" | "unknown";
  /** What was chosen. */
  values: readonly string[];
}

/** Somebody filled in a form. */
export interface ModalInteraction extends Happening {
  kind: "modal";
  customId: string;
  /** Texts by the custom id of their field. */
  fields: ReadonlyMap<string, string>;
  /** Files of all fields, in order. */
  files: readonly Attachment[];
}
