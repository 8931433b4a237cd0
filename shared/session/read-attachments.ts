/**
 * Reads the files of a message for a model: images for models that see, text as text, everything else by name only.
 * A file that cannot be read costs the file, never the turn.
 */
import { characterBoundary, decodeText, isTextType, mediaType, readUpTo } from "../http/text-body.ts";
import { IMAGE_TYPES, type ModelImage } from "../llm/provider.ts";
import { type Attachment, tellAttachment } from "./attachment.ts";

/** Most bytes of a text file that the model reads. */
export const MAX_TEXT_BYTES = 65_536;
/** Largest image, in bytes: Anthropic's limit of 5 MB for an image holds for its base64. */
export const MAX_IMAGE_BYTES = 3_750_000;
/** Most images sent as bytes; together they stay under what a request may be large and an object can hold. */
const MAX_SENT_IMAGES = 4;
/** Longest a file may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Text by its name, where its type does not say so: Discord calls a `.ts` file a video. */
const TEXT_NAME =
  /\.(txt|md|csv|tsv|log|json|jsonl|ya?ml|toml|ini|xml|html?|css|[cm]?[jt]sx?|py|rb|go|rs|java|kt|swift|c|h|cc|cpp|hpp|cs|php|pl|lua|sh|bash|zsh|ps1|sql|diff|patch|tf|gradle|properties|conf|dockerfile|makefile)$/i;

/** What a model is given of a message's files. */
export interface ReadFiles {
  /** One entry per file, in order: its line, and its text where it is text. */
  told: string[];
  images: ModelImage[];
}

/** What reading files takes. */
export interface FileReading {
  /** Whether the model takes images. */
  seesImages: boolean;
  /** Fired: reading ends, and rejects with the signal's reason. */
  signal: AbortSignal;
  /** Defaults to the platform's. */
  fetch?: typeof globalThis.fetch;
}

/**
 * Reads files side by side, each within {@link TIMEOUT_MS}. An image behind https is left to the provider's API to
 * fetch; any other goes along as bytes. Redirects are not followed: they could lead anywhere.
 */
export async function readAttachments(
  files: readonly Attachment[],
  { seesImages, signal, fetch = globalThis.fetch }: FileReading,
): Promise<ReadFiles> {
  const budget = { images: MAX_SENT_IMAGES };
  const read = await Promise.all(
    files.map((file) => readFile(file, planFor(file, seesImages, budget), { signal, fetch })),
  );
  return { told: read.map(({ told }) => told), images: read.flatMap(({ image }) => image ?? []) };
}

type FileHost = Required<Pick<FileReading, "signal" | "fetch">>;

/** What becomes of a file. */
type Plan =
  | { as: "name"; remark?: string }
  | { as: "text" }
  | { as: "image-url" }
  | { as: "image-bytes"; mediaType: (typeof IMAGE_TYPES)[number] };

function planFor(file: Attachment, seesImages: boolean, budget: { images: number }): Plan {
  const type = mediaType(file.contentType);
  const imageType = IMAGE_TYPES.find((known) => known === type);
  if (imageType !== undefined) {
    if (!seesImages) return { as: "name" };
    if (file.size > MAX_IMAGE_BYTES) return { as: "name", remark: "(Too large to be shown.)" };
    if (file.url.startsWith("https:")) return { as: "image-url" };
    if (budget.images === 0) return { as: "name", remark: "(One image too many to be shown.)" };
    budget.images--;
    return { as: "image-bytes", mediaType: imageType };
  }
  return isTextType(type) || TEXT_NAME.test(file.name) ? { as: "text" } : { as: "name" };
}

async function readFile(
  file: Attachment,
  plan: Plan,
  host: FileHost,
): Promise<{ told: string; image?: ModelImage }> {
  try {
    switch (plan.as) {
      case "name":
        return { told: tellAttachment(file, plan.remark) };
      case "image-url":
        return { told: tellAttachment(file), image: { kind: "url", url: file.url } };
      case "image-bytes": {
        const base64 = toBase64(await fetchImage(file, host));
        const image: ModelImage = { kind: "bytes", mediaType: plan.mediaType, base64 };
        return { told: tellAttachment(file), image };
      }
      case "text":
        return { told: tellAttachment(file, await fetchText(file, host)) };
      default:
        return plan satisfies never;
    }
  } catch (error) {
    host.signal.throwIfAborted();
    const reason = error instanceof UnreadableError ? error.message : "no complete answer from its server";
    return { told: tellAttachment(file, `(Could not be read: ${reason}.)`) };
  }
}

/** Why a file cannot be read, in words for the model. */
class UnreadableError extends Error {
  override readonly name = "UnreadableError";
  readonly code = "unreadable";
}

async function fetchText(file: Attachment, host: FileHost): Promise<string> {
  const { bytes, isComplete } = await fetchFile(file.url, MAX_TEXT_BYTES, host);
  const shown = isComplete ? bytes : bytes.subarray(0, characterBoundary(bytes, MAX_TEXT_BYTES));
  const text = decodeText(shown, isTextType(file.contentType) ? file.contentType : null);
  if (text === undefined) throw new UnreadableError("it is not text");
  const rest = isComplete ? "" : `\n[cut: the first ${shown.byteLength.toLocaleString("en-US")} bytes shown]`;
  return `--- ${file.name} ---\n${text}${rest}\n--- end of ${file.name} ---`;
}

async function fetchImage(file: Attachment, host: FileHost): Promise<Uint8Array> {
  const { bytes, isComplete } = await fetchFile(file.url, MAX_IMAGE_BYTES, host);
  if (!isComplete) throw new UnreadableError("it is larger than it says");
  return bytes;
}

async function fetchFile(
  url: string,
  limit: number,
  { signal, fetch }: FileHost,
): Promise<{ bytes: Uint8Array; isComplete: boolean }> {
  const timeout = new AbortController();
  // Not AbortSignal.timeout: what it leaves running would keep a Durable Object from sleeping.
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { "user-agent": "rig-edge" },
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new UnreadableError(`its server answered ${response.status}`);
    }
    if (!response.body) return { bytes: new Uint8Array(), isComplete: true };
    return await readUpTo(response.body, limit);
  } finally {
    clearTimeout(timer);
  }
}

function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  // A call takes only so many arguments.
  for (let start = 0; start < bytes.length; start += 8_192) {
    pieces.push(String.fromCharCode(...bytes.subarray(start, start + 8_192)));
  }
  return btoa(pieces.join(""));
}
