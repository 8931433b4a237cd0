/** Small pieces that several sections of `character.json` share. */
import * as z from "zod";

/** Text that must say something. */
export const someText = z.string().min(1);

/**
 * A Discord id. It needs quotes in JSON: ids are larger than the integers a number holds exactly, so one written as a
 * number is already another id when it is read.
 */
export const discordId = z.string({ error: idExpectation }).regex(/^\d{15,21}$/, {
  error: 'a Discord id: 15 to 21 digits in quotes, such as "1088510058284990888"',
});

/** What to say where an id stands without quotes; anything else gets the usual words. */
export function idExpectation(issue: { input?: unknown }): string | undefined {
  return typeof issue.input === "number"
    ? 'an id in quotes, such as "1088510058284990888" (as a number its last digits are lost; copy it again)'
    : undefined;
}

/** A value that may name a secret instead of holding it: `env:NAME`, also inside (`Bearer env:NAME`). */
export const textWithReferences = z.string();
