import fc from "fast-check";
import { expect, it } from "vitest";
import { equalInConstantTime } from "../../../shared/auth/constant-time.ts";

it("agrees with === on every pair of strings", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), async (a, b) => {
      expect(await equalInConstantTime(a, b)).toBe(a === b);
      expect(await equalInConstantTime(a, a)).toBe(true);
    }),
  );
});

it("tells strings apart that differ in one character only, wherever it is", async () => {
  const secret = "a".repeat(64);
  for (let at = 0; at < secret.length; at += 1) {
    expect(await equalInConstantTime(secret, `${secret.slice(0, at)}b${secret.slice(at + 1)}`)).toBe(false);
  }
  expect(await equalInConstantTime(secret, `${secret}a`)).toBe(false);
});
