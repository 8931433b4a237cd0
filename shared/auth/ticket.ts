/**
 * Proofs of having been let in, made from the admin token without showing it: the ticket of a login URL and the login
 * cookie that it is exchanged for. Both are `v1.<expires>.<nonce>.<mac>`, where the MAC is HMAC-SHA256 of
 * `<purpose>.v1.<expires>.<nonce>` under the admin token, so that a ticket is no login and a login no ticket (whose purpose is written as `session`).
 *
 * Nothing here remembers anything: that a ticket counts once is its reader's business, who burns the nonce.
 * Changing the admin token voids every ticket and every login.
 */
import { toBase64Url } from "./base64url.ts";
import { equalInConstantTime } from "./constant-time.ts";

/** How long a login URL is good for: one hour, in seconds. */
export const TICKET_TTL_SECONDS = 60 * 60;
/** How long a browser stays signed in: 30 days, in seconds. */
export const LOGIN_TTL_SECONDS = 30 * 24 * 60 * 60;

const NONCE_BYTES = 16;

/** What a new proof is made from. */
export interface ProofOptions {
  /** Unix time in milliseconds. */
  now: number;
  /** Source of unpredictable bytes; returns exactly `length` of them. */
  random: (length: number) => Uint8Array;
  /** Seconds until it expires. */
  ttlSeconds?: number;
}

/** What a valid proof says. */
export interface Proof {
  /** 16 random bytes in base64url: the identity to burn. */
  nonce: string;
  /** Unix time in seconds from which it no longer counts. */
  expires: number;
}

/**
 * Makes the ticket of a login URL, `…/login?ticket=<ticket>`; by default it is good for {@link TICKET_TTL_SECONDS}.
 *
 * @throws RangeError when `adminToken` is empty.
 */
export function createTicket(adminToken: string, options: ProofOptions): Promise<string> {
  return createProof("login", adminToken, { ttlSeconds: TICKET_TTL_SECONDS, ...options });
}

/**
 * Reads a ticket.
 *
 * @param now Unix time in milliseconds.
 * @returns `null` when it is malformed, forged, expired, or when there is no admin token.
 */
export function verifyTicket(adminToken: string, ticket: string, now: number): Promise<Proof | null> {
  return verifyProof("login", adminToken, ticket, now);
}

/**
 * Makes the value of the login's cookie; by default it is good for {@link LOGIN_TTL_SECONDS}.
 *
 * @throws RangeError when `adminToken` is empty.
 */
export function createLogin(adminToken: string, options: ProofOptions): Promise<string> {
  return createProof("session", adminToken, { ttlSeconds: LOGIN_TTL_SECONDS, ...options });
}

/**
 * Reads the value of a login's cookie.
 *
 * @param now Unix time in milliseconds.
 * @returns `null` when it is malformed, forged, expired, or when there is no admin token.
 */
export function verifyLogin(adminToken: string, login: string, now: number): Promise<Proof | null> {
  return verifyProof("session", adminToken, login, now);
}

type Purpose = "login" | "session";

async function createProof(
  purpose: Purpose,
  adminToken: string,
  { now, random, ttlSeconds }: Required<ProofOptions>,
): Promise<string> {
  if (adminToken === "") throw new RangeError("an empty admin token signs nothing");
  const expires = String(Math.floor(now / 1000) + ttlSeconds);
  const nonce = toBase64Url(random(NONCE_BYTES));
  return `v1.${expires}.${nonce}.${await sign(purpose, adminToken, expires, nonce)}`;
}

async function verifyProof(
  purpose: Purpose,
  adminToken: string,
  proof: string,
  now: number,
): Promise<Proof | null> {
  if (adminToken === "") return null;
  const { expires, nonce, mac } =
    /^v1\.(?<expires>\d{1,12})\.(?<nonce>[\w-]{22})\.(?<mac>[\w-]{43})$/.exec(proof)?.groups ?? {};
  if (expires === undefined || nonce === undefined || mac === undefined) return null;
  if (!(await equalInConstantTime(mac, await sign(purpose, adminToken, expires, nonce)))) return null;
  return Number(expires) * 1000 > now ? { nonce, expires: Number(expires) } : null;
}

async function sign(purpose: Purpose, adminToken: string, expires: string, nonce: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(adminToken), algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode(`${purpose}.v1.${expires}.${nonce}`));
  return toBase64Url(new Uint8Array(mac));
}
