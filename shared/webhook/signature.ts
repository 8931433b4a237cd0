/** How a webhook proves who sent it: HMAC-SHA256 of the raw body (GitHub, "Validating webhook deliveries"). */

/**
 * Whether a signature was made from this body under this secret. The comparison takes the same time whatever the
 * signature is.
 *
 * @param signature the header's value: `prefix`, then 64 hexadecimal digits.
 */
export async function isSignedBy(
  body: ArrayBuffer,
  signature: string,
  { secret, prefix }: { secret: string; prefix: string },
): Promise<boolean> {
  if (secret === "" || !signature.startsWith(prefix)) return false;
  const hex = signature.slice(prefix.length);
  if (!/^[0-9a-f]{64}$/i.test(hex)) return false;
  const mac = Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), algorithm, false, [
    "verify",
  ]);
  return crypto.subtle.verify("HMAC", key, mac, body);
}

/** SHA-256 of bytes, in hexadecimal. */
export async function digestOf(body: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
