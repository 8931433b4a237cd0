/** What an agent is asked by a command. */
import type { CustomCommand } from "../character/sections/commands.ts";
import { displayName, readWritten } from "../discord/inbound-event.ts";
import type { Attachment } from "../session/attachment.ts";
import { customPrompt } from "./custom-prompt.ts";
import type { CommandInteraction, CommandOptions, OptionValue, TargetMessage } from "./interaction.ts";
import { textOption } from "./read-runtime-command.ts";

/** Both may be empty; then there is nothing to answer. */
export interface Question {
  text: string;
  files: readonly Attachment[];
}

/** The message command of every agent. */
const ABOUT_MESSAGE = "{{author}} wrote the following message. Answer it.\n\n{{message}}";

/** What `/ask` asks. */
export function askedByOptions(options: CommandOptions): Question {
  return { text: textOption(options, "prompt") ?? "", files: filesOf(options) };
}

/** What “Ask <name>” asks about a message. */
export function askedAboutMessage(target: TargetMessage): Question {
  const { text, author, files } = readTarget(target);
  if (text.trim() === "") return { text: "", files };
  const values = new Map([
    ["author", author],
    ["message", text],
  ]);
  return { text: customPrompt({ prompt: ABOUT_MESSAGE }, values), files };
}

/** What a command of the character's own asks. */
export function askedByCustom(
  use: Exclude<CommandInteraction["use"], { type: "entry-point" }>,
  command: CustomCommand,
): Question {
  switch (use.type) {
    case "chat-input": {
      const values = [...use.options].map(([name, value]) => [name, tellOption(value)] as const);
      return { text: customPrompt(command, new Map(values)), files: filesOf(use.options) };
    }
    case "user": {
      const values = new Map([["user", `${use.target.name} (${use.target.id})`]]);
      return { text: customPrompt(command, values), files: [] };
    }
    case "message": {
      const { text, author, files } = readTarget(use.target);
      const values = new Map([
        ["author", author],
        ["message", text],
      ]);
      return { text: customPrompt(command, values), files };
    }
    default:
      return use satisfies never;
  }
}

function readTarget({ content, author, mentions, attachments }: TargetMessage) {
  const { text, attachments: files = [] } = readWritten(
    { content, mentions, attachments },
    // Discord names the bot among the mentions like everybody else.
    { id: undefined, name: "" },
  );
  return { text, author: displayName({ author, member: null }), files };
}

function filesOf(options: CommandOptions): Attachment[] {
  return [...options.values()].flatMap((option) => (option.type === "attachment" ? [option.file] : []));
}

function tellOption(option: OptionValue): string {
  switch (option.type) {
    case "string":
      return option.value;
    case "number":
    case "boolean":
      return String(option.value);
    case "user":
    case "role":
    case "channel":
      return `${option.name} (${option.id})`;
    case "attachment":
      return option.file.name;
    default:
      return option satisfies never;
  }
}
