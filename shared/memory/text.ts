/** How text is kept and compared in an agent's memory. */

/**
 * Text as it is kept: one line, single spaces, no control characters. What came from a user can then not pose as several
 * lines of a prompt.
 */
export function tidyText(text: string): string {
  return text
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

/** What texts that differ only in case and white space have in common. */
export function memoryKey(text: string): string {
  return tidyText(tidyText(text).toLowerCase());
}
