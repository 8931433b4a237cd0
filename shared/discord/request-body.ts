/** A file that goes with a message. */
export interface UploadedFile {
  name: string;
  /** Media type, e.g. `text/markdown`. */
  type: string;
  content: string;
}

/**
 * Encodes a request's body: JSON, or with files a form whose `payload_json` is the body.
 *
 * @param headers gets the content type that belongs to it.
 * @see https://docs.discord.com/developers/reference#uploading-files
 */
export function encodeBody(
  body: object | undefined,
  files: readonly UploadedFile[] | undefined,
  headers: Headers,
): string | FormData | null {
  if (files === undefined || files.length === 0) {
    if (body === undefined) return null;
    headers.set("Content-Type", "application/json");
    return JSON.stringify(body);
  }
  // `fetch` sets the content type of a form itself, with its boundary.
  const form = new FormData();
  form.set("payload_json", JSON.stringify(body ?? {}));
  for (const [index, { name, type, content }] of files.entries())
    form.set(`files[${index}]`, new Blob([content], { type }), name);
  return form;
}
