/** Knocks at an interactions endpoint as a stranger, and has Discord knock. */
import { DiscordError } from "../../shared/discord/errors.ts";
import type { DiscordRest } from "../../shared/discord/rest.ts";
import { SIGNATURE_HEADER, TIMESTAMP_HEADER } from "../../shared/interaction/signature.ts";
import type { EndpointFacts, PingAnswer } from "./endpoint.ts";

/** How long an endpoint has: as long as Discord gives it, in milliseconds. */
const DEADLINE_MS = 3_000;

/** Bytes of an Ed25519 signature. */
const SIGNATURE_BYTES = 64;

/** What a stranger's PING is made of. */
export interface Stranger {
  applicationId: string;
  /** Unix milliseconds. */
  now: number;
  /** @returns that many random bytes. */
  randomBytes: (length: number) => Uint8Array;
}

/** Sends PINGs that an endpoint must not believe: one without a signature, and one with a signature of nobody's. */
export async function pingAsStranger(
  url: string,
  { applicationId, now, randomBytes }: Stranger,
): Promise<NonNullable<EndpointFacts["strangers"]>> {
  const body = JSON.stringify({ id: "1", application_id: applicationId, type: 1, token: "none", version: 1 });
  const signature = [...randomBytes(SIGNATURE_BYTES)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const forged = { [SIGNATURE_HEADER]: signature, [TIMESTAMP_HEADER]: String(Math.floor(now / 1000)) };
  return { unsigned: await ping(url, body, {}), forged: await ping(url, body, forged) };
}

async function ping(url: string, body: string, headers: Record<string, string>): Promise<PingAnswer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await response.body?.cancel();
    return { status: response.status };
  } catch (error) {
    return { unreachable: reasonOf(error) };
  }
}

/** What fetch says of a connection stands in its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/**
 * Sets the endpoint URL, be it the one that is set already: before Discord takes it, it sends a PING that it has signed
 * and one with a wrong signature. Nobody else can, for the key is Discord's.
 */
export async function haveDiscordVerify(
  rest: DiscordRest,
  url: string,
): Promise<NonNullable<EndpointFacts["verification"]>> {
  try {
    await rest.request({
      method: "PATCH",
      path: "/applications/@me",
      body: { interactions_endpoint_url: url },
    });
    return { verified: true };
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    return { refused: error.message };
  }
}
