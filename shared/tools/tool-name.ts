import { parsePathTemplate } from "./path-template.ts";

/** What tells one endpoint from every other. */
export interface EndpointIdentity {
  /** The tool's configured `url`, references unresolved. */
  url: string;
  method: string;
  path: string;
}

/** Longest tool name that both model APIs accept. */
const maxLength = 64;

/**
 * Names the tool of each endpoint: `<method>_<path with / as _>`, so `GET /quotes/:id` is `get_quotes_id`.
 *
 * Every name matches `^[a-zA-Z0-9_-]{1,64}$` and no two are equal. The first endpoint with a name keeps it, so that
 * adding an endpoint at the end renames none; a later one, and a name that is too long, ends in a hash of the endpoint.
 *
 * @returns one name per endpoint, in their order.
 */
export function nameTools(endpoints: readonly EndpointIdentity[]): string[] {
  const plain = endpoints.map(plainName);
  const taken = new Set(plain.filter((name) => name.length <= maxLength));
  return plain.map((name, index) => {
    if (name.length <= maxLength && plain.indexOf(name) === index) return name;
    const { url, method, path } = endpoints[index] ?? { url: "", method: "", path: "" };
    for (let attempt = 0; ; attempt += 1) {
      const suffix = `_${hash(`${method} ${url} ${path} ${attempt}`)}`;
      const candidate = name.slice(0, maxLength - suffix.length) + suffix;
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      return candidate;
    }
  });
}

function plainName({ method, path }: EndpointIdentity): string {
  const words = parsePathTemplate(path)
    .map((part) => (part.kind === "literal" ? part.text : part.name))
    .join("")
    .replace(/^\//, "");
  const name = words === "" ? method.toLowerCase() : `${method.toLowerCase()}_${words}`;
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
}

/** 32-bit FNV-1a as 8 hex digits: short, and the same in every version and on every platform. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193);
  return (state >>> 0).toString(16).padStart(8, "0");
}
