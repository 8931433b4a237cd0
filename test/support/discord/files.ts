/** Files that people send. */
import type { AttachmentState } from "./state.ts";
import type { Store } from "./store.ts";

/** A file that somebody sends; `text` or its bytes in base64. */
export interface UserFile {
  filename: string;
  contentType?: string;
  text?: string;
  base64?: string;
}

export function fileOf(store: Store, { filename, contentType, text, base64 }: UserFile): AttachmentState {
  const bytes =
    base64 === undefined
      ? new Uint8Array(new TextEncoder().encode(text ?? ""))
      : Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const type = contentType ?? "application/octet-stream";
  return { id: store.newId(), filename, contentType: type, description: null, bytes };
}
