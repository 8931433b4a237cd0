import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRestAnswer } from "../../../shared/discord/rest-answer.ts";

const PAGE = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>";

const read = (status: number, text: string, headers: Record<string, string> = {}) =>
  readRestAnswer({ status, headers: new Headers(headers), text });
const said = (code: number, message = "No.") => JSON.stringify({ code, message });

describe("whose answer it is", () => {
  it.each([
    ["what was asked for", 200, '{"id":"9"}', { kind: "done", body: { id: "9" } }],
    ["nothing, which is all there is to say", 204, "", { kind: "done", body: undefined }],
    ["a permission that is missing", 403, said(50_013), { kind: "refused", refusal: { code: 50_013 } }],
    ["a token that is no good", 401, said(0), { kind: "refused", refusal: { status: 401 } }],
    ["a route that is not there", 404, said(0), { kind: "refused", refusal: { status: 404 } }],
    ["a page in place of a refusal", 403, PAGE, { kind: "network", status: 403 }],
    ["a page in place of a token's refusal", 401, PAGE, { kind: "network", status: 401 }],
    ["a page in place of an absence", 404, PAGE, { kind: "network", status: 404 }],
    ["Cloudflare in JSON", 403, said(40_333, "internal network error"), { kind: "network", status: 403 }],
    ["a proxy that has waited too long", 408, said(0), { kind: "network", status: 408 }],
    ["a server that broke", 500, said(0), { kind: "network", status: 500 }],
    ["a proxy's own code", 403, said(403), { kind: "unknown", status: 403 }],
    ["JSON of somebody else", 403, '{"error":"forbidden"}', { kind: "unknown", status: 403 }],
    ["JSON that is no object", 404, '"gone"', { kind: "unknown", status: 404 }],
    ["a refusal without a word", 403, "", { kind: "unknown", status: 403 }],
    ["another place", 302, "", { kind: "unknown", status: 302 }],
    ["a page where something was made", 200, PAGE, { kind: "unknown", status: 200 }],
    ["a body that ends too early", 200, '{"id":"9","cont', { kind: "unknown", status: 200 }],
    ["a body that never came", 200, "", { kind: "unknown", status: 200 }],
  ])("%s", (_, status, text, expected) => {
    expect(read(status, text)).toMatchObject(expected);
  });

  it.each([
    ["the bot's, on a route", '{"retry_after":0.25,"global":false}', {}, ["user", 250]],
    ["the bot's, on everything", '{"retry_after":2,"global":true}', {}, ["global", 2_000]],
    [
      "everybody's, on a resource",
      '{"retry_after":260}',
      { "X-RateLimit-Scope": "shared" },
      ["shared", 260_000],
    ],
    [
      "the same, told by headers alone",
      "",
      { "X-RateLimit-Scope": "shared", "Retry-After": "3" },
      ["shared", 3_000],
    ],
    ["the address's", "error code: 1015", { "Retry-After": "60" }, ["address", 60_000]],
    ["the address's, for nobody knows how long", PAGE, {}, ["address", 60_000]],
    ["of which Discord gives no figure", said(0, "slow down"), {}, ["user", 5_000]],
    [
      "whose figure is none",
      '{"retry_after":"soon","global":"yes"}',
      { "Retry-After": "2" },
      ["user", 2_000],
    ],
  ] as const)("a limit: %s", (_, text, headers, [scope, retryAfterMs]) => {
    expect(read(429, text, headers)).toEqual({ kind: "limited", scope, retryAfterMs });
  });

  it("is Discord's only where Discord's words are there: no other refusal ends anything", () => {
    const anything = fc.oneof(fc.string(), fc.json(), fc.constant(PAGE));
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), anything, (status, text) => {
        const answer = read(status, text);
        if (answer.kind === "done") expect.fail("nothing was done");
        if (answer.kind === "refused") expect(JSON.parse(text)).toMatchObject({ code: answer.refusal.code });
        if (answer.kind === "limited") expect(answer.retryAfterMs).toBeGreaterThan(0);
      }),
    );
  });
});
