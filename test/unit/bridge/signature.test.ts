import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  SIGNATURE_HEADER,
  SIGNATURE_WINDOW_SECONDS,
  signRequest,
  TIMESTAMP_HEADER,
  verifyRequest,
} from "../../../shared/bridge/signature.ts";

const now = 1_800_000_000_900;
const secret = "a secret of the bridge";
const request = { method: "POST", path: "/agents/dev-e/gateway/events", body: '{"epoch":7}' };

const flip = (bytes: Uint8Array, at: number, bit: number) =>
  bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));

/** A request with the headers that it was signed with. */
async function signed(parts = request, options = { secret, now }) {
  return { ...parts, headers: new Headers(await signRequest(parts, options)) };
}

const reasonOf = async (...args: Parameters<typeof verifyRequest>) => {
  const result = await verifyRequest(...args);
  return result.ok ? "ok" : result.reason;
};

describe("a bridge request", () => {
  it("carries the time in seconds and the MAC that the protocol describes", async () => {
    const mac = createHmac("sha256", secret)
      .update('1800000000.POST./agents/dev-e/gateway/events.{"epoch":7}')
      .digest("hex");
    expect(await signRequest(request, { secret, now })).toEqual({
      "X-Rig-Timestamp": "1800000000",
      "X-Rig-Signature": `v1=${mac}`,
    });
  });

  it("has this signature, computed elsewhere", async () => {
    const headers = await signRequest(
      { method: "POST", path: "/agents/a/gateway/lease", body: "{}" },
      { secret: "key", now: 0 },
    );
    // printf 0.POST./agents/a/gateway/lease.{} | openssl dgst -sha256 -hmac key
    expect(headers[SIGNATURE_HEADER]).toBe(
      "v1=6d16d7c4f8b1162c1259a3b3f6dbebb8d5aab91b444f412734a1145312567d16",
    );
  });

  it("is believed when both ends have the secret, whatever it says", async () => {
    const text = fc.string({ unit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(text.filter(Boolean), text, text, async (key, path, body) => {
        const parts = { method: "POST", path: `/${path}`, body };
        const asText = await signed(parts, { secret: key, now });
        const asBytes = { ...asText, body: new TextEncoder().encode(body) };
        expect(await verifyRequest(asText, { secrets: [key], now })).toEqual({ ok: true });
        expect(await verifyRequest(asBytes, { secrets: [key], now })).toEqual({ ok: true });
      }),
    );
  });

  it("is refused when a single bit of its body was changed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.nat(7),
        async (body, position, bit) => {
          const parts = { ...request, body };
          const headers = new Headers(await signRequest(parts, { secret, now }));
          const changed = { ...parts, headers, body: flip(body, position % body.length, bit) };
          expect(await reasonOf(changed, { secrets: [secret], now })).toBe("forged");
        },
      ),
    );
  });

  it("is refused when any character of its signature was changed", async () => {
    const original = await signed();
    const signature = original.headers.get(SIGNATURE_HEADER) ?? "";
    expect(signature).toHaveLength(67);
    for (let at = 0; at < signature.length; at += 1) {
      const other = signature[at] === "7" ? "8" : "7";
      const headers = new Headers(original.headers);
      headers.set(SIGNATURE_HEADER, signature.slice(0, at) + other + signature.slice(at + 1));
      expect(await reasonOf({ ...original, headers }, { secrets: [secret], now }), `at ${at}`).toMatch(
        /^(forged|malformed)$/,
      );
    }
  });

  it("counts for its own method, path, body, time and secret only", async () => {
    const original = await signed();
    const options = { secrets: [secret], now };
    const later = new Headers(original.headers);
    later.set(TIMESTAMP_HEADER, "1800000001");
    expect(await reasonOf(original, options)).toBe("ok");
    expect(await reasonOf({ ...original, method: "PUT" }, options)).toBe("forged");
    expect(await reasonOf({ ...original, path: "/agents/dev-f/gateway/events" }, options)).toBe("forged");
    expect(await reasonOf({ ...original, body: '{"epoch":8}' }, options)).toBe("forged");
    expect(await reasonOf({ ...original, body: '{"epoch":7} ' }, options)).toBe("forged");
    expect(await reasonOf({ ...original, headers: later }, options)).toBe("forged");
    expect(await reasonOf(original, { ...options, secrets: ["another"] })).toBe("forged");
  });

  it("is good for five minutes to either side, to the second", async () => {
    const original = await signed();
    const sent = 1_800_000_000_000;
    const window = SIGNATURE_WINDOW_SECONDS * 1000;
    const at = (time: number) => reasonOf(original, { secrets: [secret], now: time });
    expect(await at(sent + window)).toBe("ok");
    expect(await at(sent + window + 1000)).toBe("stale");
    expect(await at(sent - window)).toBe("ok");
    expect(await at(sent - window - 1000)).toBe("stale");
  });

  it("is believed under either of two secrets while one is replaced", async () => {
    const secrets = ["new", "old"];
    for (const each of secrets)
      expect(await reasonOf(await signed(request, { secret: each, now }), { secrets, now })).toBe("ok");
    const older = await signed(request, { secret: "older", now });
    expect(await reasonOf(older, { secrets, now })).toBe("forged");
  });

  it.each([TIMESTAMP_HEADER, SIGNATURE_HEADER])("says that %s is missing", async (name) => {
    const original = await signed();
    original.headers.delete(name);
    expect(await verifyRequest(original, { secrets: [secret], now })).toEqual({
      ok: false,
      reason: "missing",
      message: `The header ${name} is missing.`,
    });
  });

  it.each([
    [TIMESTAMP_HEADER, ""],
    [TIMESTAMP_HEADER, "-1"],
    [TIMESTAMP_HEADER, "1800000000.5"],
    [TIMESTAMP_HEADER, "1e9"],
    [TIMESTAMP_HEADER, "9".repeat(13)],
    [SIGNATURE_HEADER, ""],
    [SIGNATURE_HEADER, "v1="],
    [SIGNATURE_HEADER, `v2=${"0".repeat(64)}`],
    [SIGNATURE_HEADER, `v1=${"A".repeat(64)}`],
    [SIGNATURE_HEADER, `v1=${"0".repeat(65)}`],
  ])("is malformed with %s: %j", async (name, value) => {
    const original = await signed();
    original.headers.set(name, value);
    const result = await verifyRequest(original, { secrets: [secret], now });
    expect(result).toMatchObject({ reason: "malformed", message: expect.stringContaining(name) });
  });

  it("is refused while no secret is configured, and cannot be made without one", async () => {
    expect(await reasonOf(await signed(), { secrets: [], now })).toBe("unconfigured");
    expect(await reasonOf(await signed(), { secrets: [""], now })).toBe("unconfigured");
    await expect(signRequest(request, { secret: "", now })).rejects.toThrow(RangeError);
  });
});
