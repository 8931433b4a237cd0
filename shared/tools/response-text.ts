import type { Redactor } from "./redact.ts";
import type { ToolOutcome } from "./tool.ts";

/** Most bytes of a response that the model reads. */
export const maxResponseBytes = 65_536;

/**
 * Puts a response into the words the model reads: text as it is, cut at {@link maxResponseBytes} with a last line that
 * says so; a line about a body that is not text; the status where the body does not tell it.
 *
 * The stream is read to its end or cancelled.
 *
 * @throws what the stream fails with.
 */
export async function describeResponse(response: Response, redactor: Redactor): Promise<ToolOutcome> {
  const status = redactor.whole(`${response.status} ${response.statusText}`.trim());
  const content = await describeBody(response, redactor);
  if (content === "") return { content: `[${status}]`, isError: !response.ok };
  return response.ok ? { content, isError: false } : { content: `${status}\n${content}`, isError: true };
}

async function describeBody(response: Response, redactor: Redactor): Promise<string> {
  if (!response.body) return "";
  const contentType = response.headers.get("content-type");
  if (contentType !== null && !isText(contentType)) {
    await response.body.cancel();
    return describeBinary(redactor.whole(mediaType(contentType)), declaredBytes(response));
  }
  const { bytes, isComplete } = await readUpTo(response.body, maxResponseBytes);
  if (isComplete) {
    const text = decode(bytes, contentType);
    return text === undefined
      ? describeBinary("application/octet-stream", bytes.byteLength)
      : redactor.whole(text);
  }
  const end = characterBoundary(bytes, maxResponseBytes);
  const text = decode(bytes.subarray(0, end), contentType);
  const total = declaredBytes(response);
  if (text === undefined) return describeBinary("application/octet-stream", total);
  const of = total === undefined ? `more than ${count(maxResponseBytes)}` : count(total);
  return `${redactor.cut(text)}\n[truncated: ${count(end)} of ${of} bytes shown]`;
}

/** Reads until the end, or until one byte more than `limit` is there, and then cancels the rest. */
async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<{ bytes: Uint8Array; isComplete: boolean }> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isComplete = false;
  while (length <= limit && !isComplete) {
    const { done, value } = await reader.read();
    isComplete = done;
    if (value) {
      chunks.push(value);
      length += value.byteLength;
    }
  }
  if (!isComplete) await reader.cancel();
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return { bytes, isComplete };
}

/** The last place at or before `limit` where a UTF-8 character starts; `limit` itself where the bytes are not UTF-8. */
function characterBoundary(bytes: Uint8Array, limit: number): number {
  for (let end = limit; end > limit - 4; end -= 1) {
    if (((bytes[end] ?? 0) & 0b1100_0000) !== 0b1000_0000) return end;
  }
  return limit;
}

/** Without a content type, text is what is valid UTF-8 without NUL; `undefined` is anything else. */
function decode(bytes: Uint8Array, contentType: string | null): string | undefined {
  if (contentType !== null) return decoderFor(contentType).decode(bytes);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    // The decoder's way of saying that these bytes are not UTF-8.
    return undefined;
  }
}

function decoderFor(contentType: string): TextDecoder {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset);
  } catch {
    // A charset this platform does not know; most text survives as UTF-8.
    return new TextDecoder();
  }
}

function isText(contentType: string): boolean {
  const type = mediaType(contentType);
  if (type.startsWith("text/") || /\+(json|xml|yaml)$/.test(type)) return true;
  return /^application\/(json|xml|javascript|yaml|x-yaml|toml|graphql|sql|(x-)?ndjson|jsonl|x-www-form-urlencoded)$/.test(
    type,
  );
}

function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function describeBinary(type: string, bytes: number | undefined): string {
  const size = bytes === undefined ? "unknown size" : `${count(bytes)} bytes`;
  return `[binary response: ${type}, ${size}, not shown]`;
}

/** `Content-Length`, unless it counts compressed bytes. */
function declaredBytes(response: Response): number | undefined {
  const length = response.headers.get("content-length");
  if (length === null || response.headers.has("content-encoding")) return undefined;
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

function count(bytes: number): string {
  return bytes.toLocaleString("en-US");
}
