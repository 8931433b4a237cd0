/** Reading text that came over HTTP, up to a limit. */

/** Bytes of a body; `isComplete` is false when there were more. */
export interface LimitedBody {
  bytes: Uint8Array;
  isComplete: boolean;
}

/**
 * Reads until the end, or until one byte more than `limit` is there, and then cancels the rest.
 *
 * @throws what the stream fails with.
 */
export async function readUpTo(stream: ReadableStream<Uint8Array>, limit: number): Promise<LimitedBody> {
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
export function characterBoundary(bytes: Uint8Array, limit: number): number {
  for (let end = limit; end > limit - 4; end -= 1) {
    if (((bytes[end] ?? 0) & 0b1100_0000) !== 0b1000_0000) return end;
  }
  return limit;
}

/** Decodes text. Without a content type, text is what is valid UTF-8 without NUL; `undefined` is anything else. */
export function decodeText(bytes: Uint8Array, contentType: string | null): string | undefined {
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

/** Whether a body of this content type is text. */
export function isTextType(contentType: string): boolean {
  const type = mediaType(contentType);
  if (type.startsWith("text/") || /\+(json|xml|yaml)$/.test(type)) return true;
  return /^application\/(json|xml|javascript|yaml|x-yaml|toml|graphql|sql|(x-)?ndjson|jsonl|x-www-form-urlencoded)$/.test(
    type,
  );
}

/** A content type without its parameters, in lower case. */
export function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
