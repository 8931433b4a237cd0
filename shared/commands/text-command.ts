/** Commands that are written as a message, which the original runtime knew before there were slash commands. */
import { providerNames } from "../character/sections/llm.ts";
import { expandProviderName } from "../llm/provider-name.ts";
import type { Command } from "./command.ts";

/**
 * Reads a message that is a command as a whole: `status`, `provider` or `use <provider>`, in any case, with or without a
 * slash. Whatever else is written, however alike, is for the model: “use TypeScript” names no provider.
 */
export function readTextCommand(text: string): Command | null {
  const { slash, words = "" } = /^(?<slash>\/?)(?<words>.*)$/s.exec(text.trim())?.groups ?? {};
  const [first = "", argument, ...rest] = words.split(/\s+/);
  const name = first.toLowerCase();
  switch (name) {
    case "status":
    case "provider":
      return argument === undefined ? { name } : null;
    case "use": {
      if (argument === undefined || rest.length > 0) return null;
      return slash || isProvider(argument) ? { name, provider: argument } : null;
    }
    default:
      return null;
  }
}

function isProvider(name: string): boolean {
  return (providerNames as readonly string[]).includes(expandProviderName(name));
}
