/** What somebody asks of the runtime itself by a slash command, or by the select of `/model`. */
import type { Command } from "../commands/command.ts";
import type { CommandOptions } from "./interaction.ts";
import type { RuntimeCommand } from "./runtime-commands.ts";

/** A slash command of the runtime's that is answered without the model. */
export interface GivenCommand {
  name: Exclude<RuntimeCommand, "ask">;
  subcommand: string | undefined;
  options: CommandOptions;
  /** Of the channel that it was given in. */
  conversation: string;
}

/** @returns `null` when the command as Discord knows it is another than that of this version. */
export function readRuntimeCommand(given: GivenCommand): Command | null {
  const { name, subcommand, options, conversation } = given;
  switch (name) {
    case "status":
    case "provider":
    case "cost":
    case "model":
      return { name };
    case "use": {
      const provider = textOption(options, "provider");
      return provider === undefined ? null : { name, provider };
    }
    case "cancel":
    case "reset":
      return { name, conversation };
    case "memory": {
      if (subcommand === "list") return { name, do: "list" };
      const fact = textOption(options, "fact");
      return subcommand === "forget" && fact !== undefined ? { name, do: "forget", fact } : null;
    }
    case "cron": {
      if (subcommand === "list") return { name, do: "list" };
      const job = textOption(options, "job");
      return subcommand === "run" && job !== undefined ? { name, do: "run", job } : null;
    }
    default:
      return name satisfies never;
  }
}

/** A command as somebody would have typed it: `/use openai-api`. */
export function tellCommand(command: Command): string {
  return [`/${command.name}`, ...argumentsOf(command)].join(" ");
}

function argumentsOf(command: Command): string[] {
  switch (command.name) {
    case "status":
    case "provider":
    case "cancel":
    case "reset":
    case "cost":
      return [];
    case "use":
      return [command.provider];
    case "model":
      return command.model === undefined ? [] : [command.model];
    case "memory":
      return command.do === "forget" ? ["forget", command.fact] : [command.do];
    case "cron":
      return command.do === "run" ? ["run", command.job] : [command.do];
    default:
      return command satisfies never;
  }
}

/** The text of an option; `undefined` when there is none, or it is blank. */
export function textOption(options: CommandOptions, name: string): string | undefined {
  const option = options.get(name);
  return option?.type === "string" && option.value.trim() !== "" ? option.value : undefined;
}
