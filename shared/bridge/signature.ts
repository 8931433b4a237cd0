/**
 * How a bridge request proves who sent it, and when: `X-Rig-Timestamp` is the time of sending in unix seconds,
 * `X-Rig-Signature` is `v1=` and the hex HMAC-SHA256 of `<timestamp>.<METHOD>.<path>.<body>` under the bridge secret.
 * Both ends use this module.
 *
 * A request is good for {@link SIGNATURE_WINDOW_SECONDS} and may be sent again in that time: what it carries has to be
 * harmless twice, which leases and events with identities are.
 */

export const TIMESTAMP_HEADER = "X-Rig-Timestamp";
export const SIGNATURE_HEADER = "X-Rig-Signature";

/** How far the clocks of both ends may differ, the way of the request included; in seconds, to either side. */
export const SIGNATURE_WINDOW_SECONDS = 300;

/** What is signed of a request. */
export interface SignedRequest {
  /** HTTP method, in upper case. */
  method: string;
  /** Path of the URL as it is sent, with its query if it has one. */
  path: string;
  /** The body's bytes; a text counts as UTF-8. */
  body: string | Uint8Array;
}

/** The headers that {@link signRequest} makes, for `fetch`. */
export type SignatureHeaders = Record<typeof TIMESTAMP_HEADER | typeof SIGNATURE_HEADER, string>;

/** Why a request is not believed; `message` is for who sent it and holds nothing secret. */
export interface SignatureRefusal {
  ok: false;
  /**
   * - `unconfigured`: no secret is set, so nothing is believed.
   * - `missing`, `malformed`: a header is absent, or is not of the form above.
   * - `stale`: too old, or from the future; a request that was recorded, or a clock that is wrong.
   * - `forged`: made under another secret, or changed since.
   */
  reason: "unconfigured" | "missing" | "malformed" | "stale" | "forged";
  message: string;
}

export type Verification = { ok: true } | SignatureRefusal;

/**
 * Signs a request.
 *
 * @param now Unix time in milliseconds.
 * @throws RangeError when `secret` is empty.
 */
export async function signRequest(
  request: SignedRequest,
  { secret, now }: { secret: string; now: number },
): Promise<SignatureHeaders> {
  if (secret === "") throw new RangeError("an empty secret signs nothing");
  const timestamp = String(Math.floor(now / 1000));
  const mac = await crypto.subtle.sign("HMAC", await importKey(secret, "sign"), content(timestamp, request));
  return { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: `v1=${toHex(new Uint8Array(mac))}` };
}

/**
 * Says whether a request is to be believed. The comparison takes the same time whatever the signature is.
 *
 * @param request as it was received; the headers' names are asked for without regard to case, as `Headers` does.
 * @param secrets those that count: two while one is replaced by another. Empty ones are passed over.
 * @param now Unix time in milliseconds.
 */
export async function verifyRequest(
  request: SignedRequest & { headers: { get(name: string): string | null } },
  { secrets, now }: { secrets: readonly string[]; now: number },
): Promise<Verification> {
  const configured = secrets.filter((secret) => secret !== "");
  if (configured.length === 0) return refusal("unconfigured", "No bridge secret is configured.");

  const timestamp = request.headers.get(TIMESTAMP_HEADER);
  const signature = request.headers.get(SIGNATURE_HEADER);
  if (timestamp === null) return refusal("missing", `The header ${TIMESTAMP_HEADER} is missing.`);
  if (signature === null) return refusal("missing", `The header ${SIGNATURE_HEADER} is missing.`);
  if (!/^\d{1,12}$/.test(timestamp))
    return refusal("malformed", `${TIMESTAMP_HEADER} is not a time in unix seconds.`);
  const mac = /^v1=([0-9a-f]{64})$/.exec(signature)?.[1];
  if (mac === undefined)
    return refusal("malformed", `${SIGNATURE_HEADER} is not "v1=" and 64 lower-case hex digits.`);
  if (Math.abs(Math.floor(now / 1000) - Number(timestamp)) > SIGNATURE_WINDOW_SECONDS)
    return refusal(
      "stale",
      `${TIMESTAMP_HEADER} is more than ${SIGNATURE_WINDOW_SECONDS} s from the Worker's clock.`,
    );

  const data = content(timestamp, request);
  const bytes = fromHex(mac);
  const checks = configured.map(async (secret) =>
    crypto.subtle.verify("HMAC", await importKey(secret, "verify"), bytes, data),
  );
  if ((await Promise.all(checks)).includes(true)) return { ok: true };
  return refusal("forged", `${SIGNATURE_HEADER} does not fit this request under the bridge secret.`);
}

function refusal(reason: SignatureRefusal["reason"], message: string): SignatureRefusal {
  return { ok: false, reason, message };
}

/** Keys that were made from secrets; a process has few of those. Never promises: one request must not wait for another's. */
const keys = new Map<string, CryptoKey>();

async function importKey(secret: string, use: "sign" | "verify"): Promise<CryptoKey> {
  const known = keys.get(`${use} ${secret}`);
  if (known) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, [use]);
  keys.set(`${use} ${secret}`, key);
  return key;
}

/** No path of the bridge has a dot in it, so path and body cannot be told apart in two ways. */
function content(timestamp: string, { method, path, body }: SignedRequest) {
  const encoder = new TextEncoder();
  const head = encoder.encode(`${timestamp}.${method}.${path}.`);
  const tail = typeof body === "string" ? encoder.encode(body) : body;
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(hex: string) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
}
