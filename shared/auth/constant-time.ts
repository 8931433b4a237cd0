/**
 * Compares two strings without telling, by the time it takes, how much of them agrees or how long the secret one is:
 * both are hashed to 32 bytes, and all 32 are looked at.
 *
 * @param a one string, UTF-8 in the hash.
 * @param b the other; the order does not matter.
 */
export async function equalInConstantTime(a: string, b: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [left, right] = await Promise.all([
    crypto.subtle.digest("SHA-256", encoder.encode(a)),
    crypto.subtle.digest("SHA-256", encoder.encode(b)),
  ]);
  const leftBytes = new Uint8Array(left);
  const rightBytes = new Uint8Array(right);
  let difference = 0;
  for (const [index, byte] of leftBytes.entries()) difference |= byte ^ (rightBytes[index] ?? 0);
  return difference === 0;
}
