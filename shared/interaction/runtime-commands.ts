/** Names of the commands that every agent has; what a person reads of them is in definitions.ts. */

/** The slash commands. All but `ask` are those of `Command`. */
export const RUNTIME_COMMANDS = [
  "ask",
  "status",
  "provider",
  "use",
  "model",
  "cancel",
  "reset",
  "memory",
  "cost",
  "cron",
] as const;

export type RuntimeCommand = (typeof RUNTIME_COMMANDS)[number];

/** Most of a command's name that Discord takes, in characters. */
const MAX_NAME = 32;

/** How the name of the message command begins, before the character's name. */
const ASK = "Ask ";

/** Whether a character's own command cannot have a name. Discord tells commands apart by type and name. */
export function isReservedCommand(type: "chat-input" | "user" | "message", name: string): boolean {
  switch (type) {
    case "chat-input":
      return (RUNTIME_COMMANDS as readonly string[]).includes(name);
    case "message":
      return name.startsWith(ASK);
    case "user":
      return false;
    default:
      return type satisfies never;
  }
}

/** What {@link isReservedCommand} refuses, in words. */
export function reservedNames(type: "chat-input" | "user" | "message"): string {
  return type === "chat-input" ? RUNTIME_COMMANDS.join(", ") : `“${ASK}…”`;
}

/** The message command of a character: “Ask Dev-E”. */
export function askMessageName(characterName: string): string {
  return nameIn((name) => ASK + name, characterName);
}

/** A name that holds the character's, of which the end is cut where Discord takes no more. */
export function nameIn(phrase: (characterName: string) => string, characterName: string): string {
  const plain = characterName.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  const letters = [...plain];
  while (phrase(letters.join("")).length > MAX_NAME) letters.pop();
  return phrase(letters.join("").trimEnd());
}
