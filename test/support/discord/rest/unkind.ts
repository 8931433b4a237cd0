/** What stands between a client and the routes: a slow network, faults, headers that are left out. */
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { MiddlewareHandler } from "hono";
import type { RestContext, RestEnv } from "./context.ts";
import { nameOf, type RestFault } from "./fault.ts";
import type { RestFaults } from "./faults.ts";
import { EFFECTS, type Profile } from "./profiles/profile.ts";
import { answerOf } from "./refusals.ts";
import { countAnswer, countEffect, type RestTally } from "./tally.ts";

export interface UnkindOptions {
  faults: RestFaults;
  tally: RestTally;
  sleep: (ms: number) => Promise<unknown>;
  /** Uniform in [0, 1). */
  random: () => number;
}

export function unkind(options: UnkindOptions): MiddlewareHandler<RestEnv> {
  const { faults, tally, sleep } = options;
  return async (c, next) => {
    const { record } = c.var;
    tally.requests += 1;
    const body = faults.looksIntoBodies ? { body: await c.req.raw.clone().text() } : {};
    const met = faults.meet({ method: record.method, path: record.path, ...body });
    record.fault = met?.fault.kind ?? null;
    if (faults.latencyMs > 0) {
      countEffect(tally, EFFECTS.latency);
      await sleep(faults.latencyMs);
    }
    const instead = met && answerOf(met);
    if (instead) c.res = instead;
    else if (met?.fault.kind !== "cut") await next();
    const hadEffect = met !== null && (instead !== null || (await spoil(c, met.fault)));
    if (hadEffect) countEffect(tally, nameOf(met.fault));
    else {
      record.fault = null;
      met?.release();
    }
    if (isSent(c.res)) return;
    record.status = c.res.status;
    countAnswer(tally, c.res, instead !== null);
    const { untold } = faults.profile;
    if (untold) leaveOut(c, untold, options);
  };
}

/** What becomes of an answer on its way. @returns whether there was anything to spoil */
async function spoil(c: RestContext, fault: RestFault): Promise<boolean> {
  switch (fault.kind) {
    case "cut":
    case "lose-response":
      c.env.incoming.socket.resetAndDestroy();
      replace(c, RESPONSE_ALREADY_SENT);
      return true;
    case "truncate": {
      const whole = c.res.ok ? new Uint8Array(await c.res.clone().arrayBuffer()) : new Uint8Array();
      if (whole.byteLength === 0) return false;
      const part = whole.slice(0, Math.floor(whole.byteLength * fault.keep));
      if (fault.isCut) await sendPart(c, part, whole.byteLength);
      else replace(c, new Response(part, { status: c.res.status, headers: withoutLength(c.res.headers) }));
      return true;
    }
    default:
      return false;
  }
}

/** Announces the whole, and resets the connection after a part of it. */
async function sendPart(c: RestContext, part: Uint8Array, length: number): Promise<void> {
  const { outgoing } = c.env;
  const headers = { ...Object.fromEntries(c.res.headers), "content-length": length };
  outgoing.writeHead(c.res.status, headers);
  await new Promise((resolve) => outgoing.write(part, resolve));
  c.env.incoming.socket.resetAndDestroy();
  replace(c, RESPONSE_ALREADY_SENT);
}

/** No rate limit header goes out, and of some 429s no `retry_after`. */
function leaveOut(
  c: RestContext,
  { bodyShare }: NonNullable<Profile["untold"]>,
  { tally, random }: UnkindOptions,
): void {
  const { status } = c.res;
  const headers = new Headers(c.res.headers);
  // What the network in between says is none of Discord's doing.
  if (!headers.has("via")) return;
  for (const name of [...headers.keys()])
    if (name === "retry-after" || name.startsWith("x-ratelimit-")) headers.delete(name);
  if (status === 429) countEffect(tally, EFFECTS.untoldHeaders);
  if (status !== 429 || random() >= bodyShare) {
    replace(c, new Response(c.res.body, { status, headers }));
    return;
  }
  countEffect(tally, EFFECTS.untoldBody);
  replace(c, Response.json(BLOCKED, { status, headers }));
}

/** Discord's body to somebody who has been far too fast. */
const BLOCKED = {
  message:
    "You are being blocked from accessing our API temporarily due to exceeding global rate limits. " +
    "Refer to https://discord.com/developers/docs/topics/rate-limits for more information.",
  code: 0,
};

/** Puts an answer in another's place; Hono would keep the headers of the first. */
function replace(c: RestContext, response: Response): void {
  c.res = undefined;
  c.res = response;
}

function isSent(response: Response): boolean {
  return response === RESPONSE_ALREADY_SENT;
}

function withoutLength(headers: Headers): Headers {
  const kept = new Headers(headers);
  kept.delete("content-length");
  return kept;
}
