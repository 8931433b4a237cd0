/** Arguments of such names are nobody's business, whoever told them to the model. */
const SECRET_NAME = /pass(word|phrase)?|secret|token|credential|authorization|api[-_]?key|cookie/i;

/** A tool call's arguments as people are shown them: JSON, with the values of names that look like secrets masked. */
export function inputAsJson(input: unknown, indent?: number): string {
  return JSON.stringify(input, (key, value) => (SECRET_NAME.test(key) ? "•••" : value), indent) ?? "";
}
