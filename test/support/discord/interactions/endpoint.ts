/** Interactions over HTTP: requests to the endpoint that an application has named ("Receiving an Interaction"). */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Application } from "./application.ts";
import type { InteractionFault } from "./faults.ts";
import type { EndpointAnswer, SignedRequest } from "./state.ts";

/** An answer that has arrived, still unread. */
export interface Arrival {
  answer: EndpointAnswer;
  contentType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const NO_ANSWER = { status: null, body: "" } as const;

/** @param at when it is signed, in milliseconds since 1970 */
export function signedRequest(
  application: Application,
  body: string,
  { url, at, forged = false }: { url: string | null; at: number; forged?: boolean },
): SignedRequest {
  const timestamp = String(Math.floor(at / 1000));
  const signature = forged ? application.forge(timestamp, body) : application.sign(timestamp, body);
  return {
    url,
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "Discord-Interactions/1.0", ...signature },
    body,
  };
}

/** Sends a request as it is. One that is not answered in time, or not at all, has no status. */
export async function send(
  { url, method, headers, body }: SignedRequest & { url: string },
  deadlineMs: number,
): Promise<Arrival> {
  const start = performance.now();
  const took = () => Math.round(performance.now() - start);
  try {
    const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(deadlineMs) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {
      answer: { status: response.status, body: new TextDecoder().decode(bytes), ms: took() },
      contentType: response.headers.get("content-type") ?? "",
      bytes,
    };
  } catch {
    return { answer: { ...NO_ANSWER, ms: took() }, contentType: "", bytes: new Uint8Array() };
  }
}

/** Sends a request under a fault; of two copies the answer to the first counts. `null`: Discord hears nothing. */
export async function sendUnderFault(
  request: SignedRequest & { url: string },
  fault: InteractionFault | null,
  deadlineMs: number,
): Promise<{ arrivals: Arrival[]; counts: Arrival | null }> {
  const copies = fault?.kind === "duplicate" ? 2 : 1;
  const start = performance.now();
  const arrivals = await Promise.all(Array.from({ length: copies }, () => send(request, deadlineMs)));
  if (fault?.kind === "late") await delay(Math.min(fault.byMs, deadlineMs));
  const isLost = fault?.kind === "lose-response" || performance.now() - start >= deadlineMs;
  if (isLost) await delay(Math.max(0, deadlineMs - (performance.now() - start)));
  return { arrivals, counts: isLost ? null : (arrivals[0] ?? null) };
}

/**
 * What Discord does before it accepts an endpoint: a signed PING must be answered with a PONG, a forged one refused with
 * 401 ("Setting Up an Endpoint").
 */
export async function provesItself(
  application: Application,
  url: string,
  { applicationId, newId, now, deadlineMs }: EndpointCheck,
): Promise<boolean> {
  const ping = () =>
    JSON.stringify({
      id: newId(),
      application_id: applicationId,
      type: 1,
      token: randomBytes(16).toString("hex"),
      version: 1,
      entitlements: [],
      authorizing_integration_owners: {},
    });
  const attempt = async (forged: boolean) => {
    const request = signedRequest(application, ping(), { url, at: now(), forged });
    const { answer } = await send({ ...request, url }, deadlineMs);
    return answer;
  };
  const [good, forged] = await Promise.all([attempt(false), attempt(true)]);
  return good.status === 200 && typeOf(good.body) === 1 && forged.status === 401;
}

interface EndpointCheck {
  applicationId: string;
  newId: () => string;
  now: () => number;
  deadlineMs: number;
}

function typeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}
