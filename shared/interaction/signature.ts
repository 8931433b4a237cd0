/**
 * How an interaction proves that Discord has sent it, and when: `X-Signature-Ed25519` is the Ed25519 signature in hex of
 * `X-Signature-Timestamp` and the body, one after the other (Discord, "Preparing for Interactions").
 *
 * A request is good for {@link SIGNATURE_WINDOW_SECONDS} and may be sent again in that time: what it carries has to be
 * harmless twice, which events with identities are.
 */
import { verifyKey } from "discord-interactions";

export const SIGNATURE_HEADER = "X-Signature-Ed25519";
export const TIMESTAMP_HEADER = "X-Signature-Timestamp";

/** How far Discord's clock and ours may differ, the way of the request included; in seconds, to either side. */
export const SIGNATURE_WINDOW_SECONDS = 300;

/** Why a request is not believed; `message` is for who sent it. */
export interface InteractionRefusal {
  ok: false;
  /**
   * - `missing`, `malformed`: a header is absent, or is not of the form above.
   * - `stale`: too old, or from the future.
   * - `forged`: made with another key, or changed since.
   */
  reason: "missing" | "malformed" | "stale" | "forged";
  message: string;
}

/** What is looked at of a request. The body is its bytes as they came. */
export interface SignedInteraction {
  headers: { get(name: string): string | null };
  body: Uint8Array;
}

/**
 * Reads the public keys of an application: two while one is replaced by another.
 *
 * @param text 64 hexadecimal digits each, separated by spaces or commas.
 * @returns `null` when something else is among them, or nothing.
 */
export function readPublicKeys(text: string): string[] | null {
  const keys = text.split(/[\s,]+/).filter((key) => key !== "");
  return keys.length > 0 && keys.every((key) => /^[\da-f]{64}$/i.test(key)) ? keys : null;
}

/**
 * Says whether a request is to be believed.
 *
 * @param publicKeys as {@link readPublicKeys} reads them; any of them counts.
 * @param now Unix time in milliseconds.
 */
export async function verifyInteraction(
  { headers, body }: SignedInteraction,
  { publicKeys, now }: { publicKeys: readonly string[]; now: number },
): Promise<{ ok: true } | InteractionRefusal> {
  const signature = headers.get(SIGNATURE_HEADER);
  const timestamp = headers.get(TIMESTAMP_HEADER);
  if (signature === null) return refusal("missing", `The header ${SIGNATURE_HEADER} is missing.`);
  if (timestamp === null) return refusal("missing", `The header ${TIMESTAMP_HEADER} is missing.`);
  if (!isSignature(signature))
    return refusal("malformed", `${SIGNATURE_HEADER} is not a signature of 128 hexadecimal digits.`);
  if (!/^\d{1,12}$/.test(timestamp))
    return refusal("malformed", `${TIMESTAMP_HEADER} is not a time in unix seconds.`);
  if (Math.abs(Math.floor(now / 1000) - Number(timestamp)) > SIGNATURE_WINDOW_SECONDS)
    return refusal(
      "stale",
      `${TIMESTAMP_HEADER} is more than ${SIGNATURE_WINDOW_SECONDS} s from the Worker's clock.`,
    );
  if (await isSignedByAny(publicKeys, { signature, timestamp, body })) return { ok: true };
  return refusal(
    "forged",
    `${SIGNATURE_HEADER} does not fit this request under the application's public key.`,
  );
}

/** Whether a signature was made from this timestamp and body with one of these keys. */
export async function isSignedByAny(
  publicKeys: readonly string[],
  { signature, timestamp, body }: { signature: string; timestamp: string; body: Uint8Array },
): Promise<boolean> {
  if (!isSignature(signature)) return false;
  for (const publicKey of publicKeys) {
    const key = await importKey(publicKey);
    if (key && (await verifyKey(body, signature, timestamp, key))) return true;
  }
  return false;
}

/** `verifyKey` itself takes digits for hexadecimal that are none. */
function isSignature(text: string): boolean {
  return /^[\da-f]{128}$/i.test(text);
}

function refusal(reason: InteractionRefusal["reason"], message: string): InteractionRefusal {
  return { ok: false, reason, message };
}

/** Keys by their digits; a Worker has few of those. Never promises: one request must not wait for another's. */
const keys = new Map<string, CryptoKey>();

/** @returns `null` for digits that are no key. */
async function importKey(publicKey: string): Promise<CryptoKey | null> {
  const known = keys.get(publicKey);
  if (known) return known;
  const bytes = Uint8Array.from(publicKey.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  try {
    const key = await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
    keys.set(publicKey, key);
    return key;
  } catch {
    return null;
  }
}
