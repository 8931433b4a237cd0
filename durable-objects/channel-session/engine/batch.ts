import type { Character } from "../../../shared/character/schema.ts";
import { dispatchSection, queueSection } from "../../../shared/character/sections/dispatch.ts";
import type { Author } from "../../../shared/session/event.ts";

/** What of a waiting message decides which turn answers it. */
export interface Waiting {
  author: Author;
  text: string;
  /** It is answered alone: a command needs no model, and an interaction waits for an answer of its own. */
  isAlone?: boolean;
}

/** How waiting messages become turns. */
export type Dispatch = Pick<Character, "dispatch" | "queue">;

/** For the last words of an agent that is gone. */
export const DEFAULT_DISPATCH: Dispatch = {
  dispatch: dispatchSection.parse(undefined),
  queue: queueSection.parse({}),
};

/** Rule of thumb of the model vendors for English text. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Chooses which of the waiting messages the next turn answers: always the oldest, and those that `dispatch` lets join it,
 * in their order, within the limits of `queue`.
 *
 * @param waiting oldest first.
 */
export function chooseBatch<T extends Waiting>(waiting: readonly T[], { dispatch, queue }: Dispatch): T[] {
  const [oldest] = waiting;
  if (oldest === undefined) return [];
  const batch: T[] = [];
  let tokens = 0;
  for (const message of waiting) {
    if (!mayJoin(message, oldest, dispatch)) continue;
    tokens += Math.ceil(message.text.length / CHARACTERS_PER_TOKEN);
    if (batch.length > 0 && (batch.length >= queue.maxBatchMessages || tokens > queue.maxBatchTokens)) break;
    batch.push(message);
  }
  return batch;
}

function mayJoin(message: Waiting, oldest: Waiting, dispatch: Dispatch["dispatch"]): boolean {
  if (message.isAlone || oldest.isAlone) return message === oldest;
  switch (dispatch) {
    case "per-message":
      return message === oldest;
    case "per-thread":
      return true;
    case "per-lane":
      return message.author.id === oldest.author.id;
    default:
      return dispatch satisfies never;
  }
}

/** A batch as the model reads it: paragraphs, with names where several people speak. */
export function batchText(batch: readonly Waiting[]): string {
  const speakers = new Set(batch.map(({ author }) => author.id));
  return batch.map(({ author, text }) => (speakers.size > 1 ? `${author.name}: ${text}` : text)).join("\n\n");
}
