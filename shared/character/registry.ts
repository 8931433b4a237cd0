/** The agents of one deployment, by id. */
import { type Problem, readCharacter } from "./problems.ts";
import { revisionOf } from "./revision.ts";
import type { Character } from "./schema.ts";

/** An agent: its id (its folder's name) and its configuration at one revision. */
export interface Agent<Id extends string = string> {
  id: Id;
  character: Character;
  /** Changes with the character. @see revisionOf */
  revision: string;
}

/** Finds agents by id. */
export interface AgentRegistry<Id extends string = string> {
  /** In the order they were defined. */
  readonly ids: readonly Id[];
  /**
   * The agent, or `undefined` when no agent has this id.
   *
   * @throws CharacterError when its `character.json` cannot be read.
   */
  get(id: string): Agent<Id> | undefined;
}

/** An agent that cannot be loaded. The message names file, path, what was found and what is expected. */
export class CharacterError extends Error {
  override readonly name = "CharacterError";
  readonly code: "invalid_character" | "invalid_agent_id";
  readonly agent: string;
  readonly problems: readonly Problem[];

  constructor(code: CharacterError["code"], agent: string, problems: readonly Problem[]) {
    const file = `agents/${agent}/character.json`;
    const lines = problems.map(
      ({ path, found, expected }) => `${file}: ${path}: found ${found}, expected ${expected}`,
    );
    super(lines.join("\n"));
    this.code = code;
    this.agent = agent;
    this.problems = problems;
  }
}

/** Lower-case letters, digits and single dashes, a letter first: it names a folder, a URL segment and a prefix of secrets. */
export function isAgentId(text: string): boolean {
  return text.length <= 64 && /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text);
}

/** What {@link isAgentId} asks for, in words. */
export const agentIdExpectation =
  'a kebab-case id of at most 64 characters: lower-case letters, digits and single dashes, such as "dev-e"';

/**
 * Makes a registry of parsed `character.json` files. A file is read when its agent is first asked for, and only once:
 * one broken character does not take the others down, and a cold start does not pay for all of them.
 *
 * @throws CharacterError when an id is not kebab-case.
 */
export function defineAgents<Id extends string>(files: Readonly<Record<Id, unknown>>): AgentRegistry<Id> {
  const ids = Object.keys(files) as Id[];
  for (const id of ids) {
    if (!isAgentId(id)) throw new CharacterError("invalid_agent_id", id, [idProblem(id)]);
  }
  const loaded = new Map<Id, Agent<Id>>();
  const isDefined = (id: string): id is Id => Object.hasOwn(files, id);
  return {
    ids,
    get(id) {
      if (!isDefined(id)) return undefined;
      const known = loaded.get(id);
      if (known) return known;
      const character = loadCharacter(id, files[id]);
      const agent = { id, character, revision: revisionOf(character) };
      loaded.set(id, agent);
      return agent;
    },
  };
}

function loadCharacter(agent: string, json: unknown): Character {
  const reading = readCharacter(json);
  if ("problems" in reading) throw new CharacterError("invalid_character", agent, reading.problems);
  return reading.character;
}

function idProblem(id: string): Problem {
  return { path: "(id)", segments: [], found: JSON.stringify(id), expected: agentIdExpectation };
}
