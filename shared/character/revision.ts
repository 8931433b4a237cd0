import type { Character } from "./schema.ts";

/**
 * Names what a character says at one time: the same text for the same settings, in every Worker and at every start. For log
 * lines and for whoever has to notice a change; no protection against forgery.
 *
 * Two rounds of 32-bit FNV-1a, because a digest of the platform's would have to be waited for.
 */
export function revisionOf(character: Character): string {
  const text = JSON.stringify(character);
  return [0x811c9dc5, 0x9e3779b9].map((seed) => fnv1a(text, seed)).join("");
}

function fnv1a(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
