/** Plain data with maps, sets, bytes and shared objects as JSON, and back: `JSON.stringify` knows none of these. */

/** What stands for something that JSON has no form for. */
type Tagged =
  | { $map: [unknown, unknown][]; $id?: number }
  | { $set: unknown[]; $id?: number }
  | { $bytes: string }
  /** The object with this `$id`, which comes before. */
  | { $same: number };

/** @returns plain JSON, in which an object that is found in several places stands once. */
export function encodeGraph(value: unknown): unknown {
  const met = new Map<object, number>();
  countObjects(value, met);
  const ids = new Map<object, number>();
  const encode = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (part instanceof Uint8Array) return { $bytes: Buffer.from(part).toString("base64") } satisfies Tagged;
    const known = ids.get(part);
    if (known !== undefined) return { $same: known } satisfies Tagged;
    const isShared = (met.get(part) ?? 0) > 1 && !Array.isArray(part);
    if (isShared) ids.set(part, ids.size + 1);
    const id = isShared ? { $id: ids.get(part) } : {};
    if (Array.isArray(part)) return part.map(encode);
    if (part instanceof Map)
      return { ...id, $map: [...part].map(([key, held]) => [encode(key), encode(held)]) };
    if (part instanceof Set) return { ...id, $set: [...part].map(encode) };
    return { ...id, ...Object.fromEntries(Object.entries(part).map(([key, held]) => [key, encode(held)])) };
  };
  return encode(value);
}

/** How often each object is found. */
function countObjects(value: unknown, met: Map<object, number>): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  const times = met.get(value) ?? 0;
  met.set(value, times + 1);
  if (times > 0) return;
  const parts =
    value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  for (const part of parts) countObjects(part, met);
}

/** Reads what {@link encodeGraph} has made. What it is, is for the caller to know. */
export function decodeGraph(encoded: unknown): unknown {
  const shared = new Map<number, object>();
  const decode = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(decode);
    const { $id, $same, $map, $set, $bytes, ...fields } = part as Record<string, unknown>;
    if ($bytes !== undefined) return Uint8Array.from(Buffer.from(String($bytes), "base64"));
    if (typeof $same === "number") {
      const known = shared.get($same);
      if (!known) throw new Error(`there is no object ${$same}`);
      return known;
    }
    const made: object = $map ? new Map() : $set ? new Set() : {};
    if (typeof $id === "number") shared.set($id, made);
    if (made instanceof Map)
      for (const [key, held] of $map as unknown[][]) made.set(decode(key), decode(held));
    else if (made instanceof Set) for (const held of $set as unknown[]) made.add(decode(held));
    else for (const [key, held] of Object.entries(fields)) Object.assign(made, { [key]: decode(held) });
    return made;
  };
  return decode(encoded);
}
