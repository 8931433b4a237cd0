import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  createLogin,
  createTicket,
  LOGIN_TTL_SECONDS,
  TICKET_TTL_SECONDS,
  verifyLogin,
  verifyTicket,
} from "../../../shared/auth/ticket.ts";

const now = 1_800_000_000_500;
const random = (length: number) => Uint8Array.from({ length }, (_, index) => 255 - index);
const nonce = Buffer.from(random(16)).toString("base64url");
const token = "correct horse battery staple";

describe("a login ticket", () => {
  it("is v1, expiry, nonce and the MAC that the protocol describes", async () => {
    const mac = createHmac("sha256", token).update(`login.v1.1800003600.${nonce}`).digest("base64url");
    expect(await createTicket(token, { now, random })).toBe(`v1.1800003600.${nonce}.${mac}`);
  });

  it("is good until its last millisecond and not after", async () => {
    const ticket = await createTicket(token, { now, random });
    const expires = Math.floor(now / 1000) + TICKET_TTL_SECONDS;
    expect(await verifyTicket(token, ticket, expires * 1000 - 1)).toEqual({ nonce, expires });
    expect(await verifyTicket(token, ticket, expires * 1000)).toBeNull();
  });

  it("lives as long as it was told to", async () => {
    const ticket = await createTicket(token, { now, random, ttlSeconds: 5 });
    expect(await verifyTicket(token, ticket, now + 4_000)).not.toBeNull();
    expect(await verifyTicket(token, ticket, now + 5_000)).toBeNull();
  });

  it("counts under the admin token that made it, and under no other", async () => {
    const ticket = await createTicket(token, { now, random });
    expect(await verifyTicket("another token", ticket, now)).toBeNull();
  });

  it("is refused when any character of it was changed", async () => {
    const ticket = await createTicket(token, { now, random });
    for (let at = 0; at < ticket.length; at += 1) {
      const other = ticket[at] === "7" ? "8" : "7";
      expect(
        await verifyTicket(token, ticket.slice(0, at) + other + ticket.slice(at + 1), now),
        `at ${at}`,
      ).toBeNull();
    }
  });

  it.each(["", "v1", "v1...", "v2.1800003600.a.b", "x".repeat(10_000)])("refuses %j", async (text) => {
    expect(await verifyTicket(token, text, now)).toBeNull();
  });

  it("cannot exist without an admin token", async () => {
    await expect(createTicket("", { now, random })).rejects.toThrow(RangeError);
    expect(await verifyTicket("", `v1.1800003600.${nonce}.${"A".repeat(43)}`, now)).toBeNull();
  });
});

describe("a session", () => {
  it("lasts 30 days", async () => {
    const session = await createLogin(token, { now, random });
    const expires = Math.floor(now / 1000) + LOGIN_TTL_SECONDS;
    expect(await verifyLogin(token, session, expires * 1000 - 1)).toEqual({ nonce, expires });
    expect(await verifyLogin(token, session, expires * 1000)).toBeNull();
  });

  it("is no ticket, and a ticket is no session", async () => {
    expect(await verifyTicket(token, await createLogin(token, { now, random }), now)).toBeNull();
    expect(await verifyLogin(token, await createTicket(token, { now, random }), now)).toBeNull();
  });
});
