import { ToolCallError } from "./call-error.ts";
import { isUnderBase } from "./request-url.ts";

/** One request of a tool, as it is first sent. */
export interface ToolRequest {
  url: URL;
  method: string;
  headers: Headers;
  body: string | undefined;
}

const maxRedirects = 3;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows redirects by hand, so that neither its headers nor its body ever reach a place outside
 * `base`. Method and body change as the Fetch standard's "HTTP-redirect fetch" says: 303, and 301 or 302 after a POST, go
 * on as GET.
 *
 * @throws ToolCallError `redirect` for a redirect out of `base`, one that is no URL, or a fourth one in a row.
 */
export async function exchange(
  request: ToolRequest,
  base: URL,
  { fetch, signal }: { fetch: typeof globalThis.fetch; signal: AbortSignal },
): Promise<Response> {
  let { url, method, body } = request;
  const headers = new Headers(request.headers);
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetch(url.href, {
      method,
      headers,
      body: body ?? null,
      redirect: "manual",
      signal,
    });
    const location = redirectStatuses.has(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    await response.body?.cancel();
    if (redirects === maxRedirects) {
      throw new ToolCallError("redirect", `The API redirected more than ${maxRedirects} times.`);
    }
    url = resolveRedirect(location, url, base);
    if (becomesGet(response.status, method)) {
      method = "GET";
      body = undefined;
      headers.delete("content-type");
    }
  }
}

function resolveRedirect(location: string, from: URL, base: URL): URL {
  const url = URL.parse(location, from.href);
  if (!url) throw new ToolCallError("redirect", "The API redirected to something that is not a URL.");
  if (isUnderBase(base, url)) return url;
  const where = url.origin === base.origin ? `another path of ${url.host}` : `${url.protocol}//${url.host}`;
  throw new ToolCallError(
    "redirect",
    `The API redirected to ${where}, which is outside the tool's configured url, so it was not followed.`,
  );
}

function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}
