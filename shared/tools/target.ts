import type { Character } from "../character/schema.ts";
import { envReferences, resolveEnvReferences, type SecretReader } from "../character/secrets.ts";
import { ToolCallError } from "./call-error.ts";
import { parseBaseUrl } from "./request-url.ts";

/** Where the calls of a tool go, with every `env:NAME` resolved. */
export interface Target {
  base: URL;
  headers: Headers;
  /** What an API must not echo to the model. */
  secrets: string[];
}

/** A header that is a secret even when it stands in the character file itself. */
const secretHeader = /auth|cookie|key|token|secret|password/i;

/**
 * Resolves a tool's `url` and `headers`.
 *
 * Secret are: each referenced value, except the URL of an `env:API_URL`, which is an address that answers link to; of
 * such an address the values in its query; and the values, whole and word by word, of headers that hold a reference or
 * whose name says so (`Authorization`, `X-Api-Key`).
 *
 * @throws ToolCallError `configuration`, naming what is not set or not valid, never its value.
 */
export function resolveTarget(tool: Character["tools"][number], secret: SecretReader): Target {
  const secrets: string[] = [];
  const missing = new Set<string>();
  const lookUp = (name: string) => {
    const value = secret(name);
    if (value !== undefined) secrets.push(...secretsOf(value));
    return value;
  };
  const resolve = (text: string): string => {
    const resolved = resolveEnvReferences(text, lookUp);
    if ("value" in resolved) return resolved.value;
    for (const name of resolved.missing) missing.add(name);
    return "";
  };

  const url = resolve(tool.url);
  const headers = new Headers();
  for (const [name, text] of Object.entries(tool.headers)) {
    const value = resolve(text);
    if (envReferences(text).length > 0 || secretHeader.test(name)) {
      secrets.push(value.trim(), ...value.split(/[\s,;]+/));
    }
    setHeader(headers, name, value);
  }
  if (missing.size > 0) {
    const names = [...missing].join(", ");
    throw new ToolCallError(
      "configuration",
      `This tool is not configured: ${names} ${missing.size === 1 ? "is" : "are"} not set.`,
    );
  }
  return { base: parseBaseUrl(url), headers, secrets };
}

function secretsOf(value: string): string[] {
  const trimmed = value.trim();
  if (!/^https?:\/\//i.test(trimmed)) return [trimmed];
  return [...(URL.parse(trimmed)?.searchParams.values() ?? [])];
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    // The platform's own error repeats the value.
    throw new ToolCallError(
      "configuration",
      `This tool is not configured: its header ${JSON.stringify(name)} has a name or value that HTTP does not allow.`,
    );
  }
}
