import type { CallArguments } from "./arguments.ts";
import { ToolCallError } from "./call-error.ts";
import type { PathPart } from "./path-template.ts";

/** Longest value of a path parameter, in UTF-16 code units. Servers refuse lines of some 8,000 bytes. */
const maxParameterLength = 2_000;

/**
 * Reads a tool's configured URL, references already resolved.
 *
 * @throws ToolCallError `configuration` when it is not an http(s) URL or holds a user name or password, which `fetch`
 *   refuses. The message does not repeat the URL: it may hold a secret.
 */
export function parseBaseUrl(text: string): URL {
  const base = URL.parse(text.trim());
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new ToolCallError("configuration", "This tool is not configured: its url is not an http(s) URL.");
  }
  if (base.username !== "" || base.password !== "") {
    throw new ToolCallError(
      "configuration",
      "This tool is not configured: its url holds a user name or password; these belong in headers.Authorization.",
    );
  }
  return base;
}

/**
 * Puts the URL of one call together: base path, then the endpoint's path with its parameters encoded, then the query of
 * the base, of the path and of the call. What the configuration put into the query, a call cannot override.
 *
 * @throws ToolCallError `arguments` for a value that does not belong in a path; `configuration` when the endpoint's own
 *   path leaves the base.
 */
export function buildRequestUrl(base: URL, parts: readonly PathPart[], call: CallArguments): URL {
  const path = parts
    .map((part) =>
      part.kind === "literal" ? part.text : encodeParameter(part.name, call.parameters.get(part.name) ?? ""),
    )
    .join("");
  const url = URL.parse(`${base.origin}${trimSlashes(base.pathname)}${path}`);
  if (!url || !isUnderBase(base, url)) {
    throw new ToolCallError("configuration", "This tool is not configured: its path leaves its url.");
  }
  url.hash = "";
  for (const [name, value] of base.searchParams) url.searchParams.append(name, value);
  const configured = new Set(url.searchParams.keys());
  for (const [name, value] of call.query) {
    if (configured.has(name)) {
      throw new ToolCallError("arguments", `query.${name} is set by the tool's configuration; leave it out.`);
    }
    url.searchParams.append(name, value);
  }
  return url;
}

/**
 * Whether a URL is the base or lies below it: same scheme, host and port, the base path as whole segments, and no `..`
 * however often it is encoded, because some servers decode a path before they route it.
 */
export function isUnderBase(base: URL, url: URL): boolean {
  if (url.origin !== base.origin) return false;
  const root = trimSlashes(base.pathname);
  if (url.pathname !== root && !url.pathname.startsWith(`${root}/`)) return false;
  return !hasDotSegment(url.pathname.slice(root.length));
}

function encodeParameter(name: string, value: string): string {
  const problem = problemOf(value);
  if (problem !== undefined) throw new ToolCallError("arguments", `${name}: ${problem}.`);
  return encodeURIComponent(value);
}

function problemOf(value: string): string | undefined {
  if (value === "") return "must not be empty";
  if (value.length > maxParameterLength) return `must not be longer than ${maxParameterLength} characters`;
  if (!value.isWellFormed()) return "is not valid Unicode text";
  if (hasDotSegment(value)) return 'must not hold "." or ".." as a path segment';
  return undefined;
}

/** `.` or `..` between slashes or backslashes, each plain or percent-encoded any number of times. */
function hasDotSegment(path: string): boolean {
  // One pass over `%(25)*xx` undoes any depth of encoding in linear time; decoding in a loop would not be linear.
  const decoded = path.replaceAll(/%(?:25)*(2e|2f|5c)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded.split(/[/\\]/).some((segment) => segment === "." || segment === "..");
}

function trimSlashes(path: string): string {
  return path.replace(/\/+$/, "");
}
