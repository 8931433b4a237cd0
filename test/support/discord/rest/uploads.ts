/** Files of a message ("Uploading Files" in the API reference). */
import { invalidField, tooLarge } from "../problem.ts";
import type { AttachmentState } from "../state.ts";
import type { Store } from "../store.ts";
import type { ReadBody } from "./request.ts";

/** Largest file, in bytes: the limit of a guild without boosts. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 10;

/** An entry of `attachments` in a body. */
export interface AttachmentRequest {
  id: string | number;
  filename?: string | null;
  description?: string | null;
}

/**
 * The attachments of a message after a request. `attachments` of the body names the ones that stay, by their ids, and
 * describes `files[n]` by `n`; without it all stay.
 *
 * @throws DiscordProblem 40005 for a file that is too large, 50035 for a reference to none
 */
export function keptAndSentFiles(
  store: Store,
  attachments: readonly AttachmentRequest[] | null | undefined,
  files: ReadBody["files"],
  present: readonly AttachmentState[],
): AttachmentState[] {
  const kept = attachments
    ? present.filter(({ id }) => attachments.some((each) => String(each.id) === id))
    : present;
  const described = new Map((attachments ?? []).map((each) => [String(each.id), each]));
  for (const [index, { id }] of (attachments ?? []).entries()) {
    const isKnown = files.has(`files[${id}]`) || present.some((file) => file.id === String(id));
    if (!isKnown) {
      throw invalidField(
        ["attachments", index, "id"],
        "ATTACHMENT_NOT_FOUND",
        "Referenced attachment not found",
      );
    }
  }
  const sent = [...files].map(([field, { name, type, bytes }]): AttachmentState => {
    if (bytes.byteLength > MAX_FILE_BYTES) throw tooLarge();
    const request = described.get(/^files\[(\d+)\]$/.exec(field)?.[1] ?? "");
    return {
      id: store.newId(),
      filename: request?.filename ?? name,
      contentType: type || "application/octet-stream",
      description: request?.description ?? null,
      bytes,
    };
  });
  if (kept.length + sent.length > MAX_FILES) {
    throw invalidField(["attachments"], "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_FILES} or fewer in length.`);
  }
  return [...kept, ...sent];
}
