/**
 * The network in between: what Cloudflare and load balancers answer in Discord's place, and what becomes of answers on their way.
 * Far more often than networks fail: a run of minutes has to meet each of them.
 */
import type { RestFault } from "../fault.ts";
import type { Profile } from "./profile.ts";

/** Of each kind, the share of the requests that it meets. */
const share = 0.01;

/** A page for people, as those in between make them. */
function page(status: number, title: string): RestFault & { name: string } {
  return {
    name: `edge: ${status} page`,
    kind: "answer",
    status,
    headers: { "content-type": "text/html; charset=UTF-8", server: "cloudflare" },
    body: `<!DOCTYPE html>\n<html lang="en-US"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
    share,
  };
}

export const edge: Profile = {
  name: "edge",
  faults: [
    // Each request from here is refused; it has Retry-After.
    { name: "edge: 1015", kind: "ban", forMs: [3_000, 6_000], share: 0.003 },
    page(403, "Attention Required! | Cloudflare"),
    // "Cloudflare is blocking your request" ("JSON Error Codes"), in the words of discord-api-docs#6473.
    {
      name: "edge: 40333",
      kind: "answer",
      status: 403,
      headers: { "content-type": "application/json", server: "cloudflare" },
      body: JSON.stringify({ message: "internal network error", code: 40333 }),
      share,
    },
    { name: "edge: 403 without a body", kind: "answer", status: 403, share },
    page(408, "408 Request Time-out"),
    { name: "edge: 500", kind: "status", status: 500, message: "500: Internal Server Error", share },
    page(502, "502 Bad Gateway"),
    {
      name: "edge: 503 text",
      kind: "answer",
      status: 503,
      headers: { "content-type": "text/plain" },
      body: "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
      share,
    },
    page(520, "discord.com | 520: Web server is returning an unknown error"),
    page(524, "discord.com | 524: A timeout occurred"),
    { name: "edge: reset before", kind: "cut", share },
    { name: "edge: reset after", kind: "lose-response", share },
    { name: "edge: 2xx without a body", kind: "truncate", keep: 0, share },
    { name: "edge: 2xx in part", kind: "truncate", keep: 0.5, share },
    { name: "edge: 2xx reset in the middle", kind: "truncate", keep: 0.5, isCut: true, share },
  ],
};
