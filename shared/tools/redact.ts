/** Replaces secrets in text that a model is about to read. */
export interface Redactor {
  /** For a complete text. */
  whole(text: string): string;
  /** For a text that was cut: a secret of which only the beginning is left goes too. */
  cut(text: string): string;
}

const mark = "[redacted]";
/** Shorter values are words rather than secrets, and redacting them would garble every answer. */
const minLength = 8;
/** A shorter beginning of a secret gives nothing away. */
const minCutLength = 4;

/**
 * Makes a redactor for secrets as an API may echo them: as they are, escaped in JSON (with and without `\/`), or
 * percent-encoded. Letter case does not matter. Values under 8 characters are left alone.
 */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const forms = [...new Set([...secrets].flatMap(echoes))].filter((form) => form.length >= minLength);
  if (forms.length === 0) return { whole: (text) => text, cut: (text) => text };
  // Longest first, so that a header value goes as a whole before the token inside it is looked for.
  forms.sort((a, b) => b.length - a.length);
  const pattern = new RegExp(forms.map(escapeRegExp).join("|"), "gi");
  const whole = (text: string) => text.replaceAll(pattern, mark);
  const cut = (text: string) => {
    const left = Math.max(...forms.map((form) => beginningAtEnd(text, form)));
    if (left < minCutLength) return whole(text);
    let start = text.length - left;
    // A complete secret may end with what looks like the beginning of the next.
    for (const { 0: found, index } of text.matchAll(pattern)) {
      if (index < start && index + found.length > start) start = index;
    }
    return whole(text.slice(0, start)) + mark;
  };
  return { whole, cut };
}

function echoes(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [secret, json, json.replaceAll("/", "\\/"), encoded, encoded.replaceAll("%20", "+")];
}

/** How many characters at the end of `text` are the beginning of `secret`, or all of it. */
function beginningAtEnd(text: string, secret: string): number {
  const tail = text.slice(-secret.length).toLowerCase();
  const start = secret.toLowerCase();
  for (let length = tail.length; length > 0; length -= 1) {
    if (tail.endsWith(start.slice(0, length))) return length;
  }
  return 0;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
