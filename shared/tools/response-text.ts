import { characterBoundary, decodeText, isTextType, mediaType, readUpTo } from "../http/text-body.ts";
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
  if (contentType !== null && !isTextType(contentType)) {
    await response.body.cancel();
    return describeBinary(redactor.whole(mediaType(contentType)), declaredBytes(response));
  }
  const { bytes, isComplete } = await readUpTo(response.body, maxResponseBytes);
  if (isComplete) {
    const text = decodeText(bytes, contentType);
    return text === undefined
      ? describeBinary("application/octet-stream", bytes.byteLength)
      : redactor.whole(text);
  }
  const end = characterBoundary(bytes, maxResponseBytes);
  const text = decodeText(bytes.subarray(0, end), contentType);
  const total = declaredBytes(response);
  if (text === undefined) return describeBinary("application/octet-stream", total);
  const of = total === undefined ? `more than ${count(maxResponseBytes)}` : count(total);
  return `${redactor.cut(text)}\n[truncated: ${count(end)} of ${of} bytes shown]`;
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
