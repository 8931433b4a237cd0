/** The system prompt of an agent. */
import type { ModelRequest } from "../llm/provider.ts";
import type { Character } from "./schema.ts";

/** What a system prompt says besides the character. */
export interface PromptContext {
  /** What is known about the user, one fact per entry. */
  facts: readonly string[];
  /** When given, the model is told the day (UTC). */
  now?: Date;
}

/**
 * Writes the system prompt. `stable` depends on the character alone and is byte for byte the same in every turn, because
 * providers cache it as a prefix; what changes between users and days is in `varying`, which may be empty.
 */
export function systemPrompt(character: Character, { facts, now }: PromptContext): ModelRequest["system"] {
  const { personality, style, lore, messageExamples } = character;
  const stable = paragraphs([
    personality.trim(),
    section("Background knowledge", bullets(lore)),
    section(
      "Style",
      bullets([`Language: ${style.language}`, `Tone: ${style.tone}`, `Format: ${style.format}`]),
    ),
    section(
      "Examples",
      paragraphs(messageExamples.map(({ user, agent }) => `User: ${user.trim()}\nYou: ${agent.trim()}`)),
    ),
  ]);
  const varying = paragraphs([
    now === undefined ? "" : `Today is ${now.toISOString().slice(0, 10)} (UTC).`,
    section("What you know about the user", bullets(facts)),
  ]);
  return { stable, varying };
}

function section(title: string, body: string): string {
  return body === "" ? "" : `# ${title}\n${body}`;
}

/** One line each: a fact that came from a user must not be able to open a section of its own. */
function bullets(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .map((line) => `- ${line}`)
    .join("\n");
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
