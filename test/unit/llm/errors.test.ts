import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainToUser, readRetryAfter, toProviderError } from "../../../shared/llm/errors.ts";
import { ProviderError, type ProviderErrorCode } from "../../../shared/llm/provider.ts";

const context = { provider: "anthropic", phase: "request", secrets: [], now: 0 } as const;

/** An error as an SDK throws it. */
function sdkError(fields: {
  message?: string;
  status?: number;
  type?: string;
  code?: string;
  errorCode?: string;
}): Error {
  return Object.assign(new Error(fields.message ?? "failed"), { headers: new Headers(), ...fields });
}

describe("toProviderError", () => {
  it.each<[ProviderErrorCode, Parameters<typeof sdkError>[0]]>([
    ["authentication", { status: 401 }],
    ["permission", { status: 403 }],
    ["permission", { status: 402 }],
    ["model_not_found", { status: 404 }],
    ["context_too_long", { status: 413 }],
    ["context_too_long", { status: 400, message: "prompt is too long: 210000 tokens > 200000 maximum" }],
    ["context_too_long", { status: 400, code: "context_length_exceeded" }],
    ["bad_request", { status: 400, message: "messages: at least one message is required" }],
    ["bad_request", { status: 422 }],
    ["rate_limited", { status: 429 }],
    ["overloaded", { status: 529 }],
    ["overloaded", { status: 503, message: "The engine is currently overloaded" }],
    ["unavailable", { status: 500 }],
    ["unavailable", { status: 503 }],
    ["unavailable", { status: 409 }],
    // Within a stream there is no status.
    ["overloaded", { type: "overloaded_error" }],
    ["rate_limited", { type: "rate_limit_error" }],
    ["unavailable", { type: "api_error" }],
    ["unavailable", { code: "server_error" }],
    // An empty account is no rush hour: waiting does not help.
    ["permission", { status: 429, code: "insufficient_quota" }],
    ["permission", { status: 429, type: "rate_limit_error", errorCode: "enforced_spend_limit_reached" }],
    ["permission", { status: 400, message: "Your credit balance is too low to access the Anthropic API." }],
    // No answer at all.
    ["unavailable", { message: "Connection error." }],
  ])("is %s for %o", (code, fields) => {
    expect(toProviderError(sdkError(fields), context).code).toBe(code);
  });

  it("knows a connection that broke in the middle of an answer", () => {
    expect(toProviderError(new TypeError("terminated"), { ...context, phase: "stream" }).code).toBe(
      "stream_cut",
    );
  });

  it("tells the operator what the API said, in its own sentence", () => {
    const body = { status: 400, type: "invalid_request_error", message: '400 {"type":"error"}' };
    const error = toProviderError(
      Object.assign(sdkError(body), { apiMessage: "max_tokens: too large" }),
      context,
    );
    expect(error.message).toBe("max_tokens: too large · invalid_request_error");
  });

  it("tells the operator what the connection failed with", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
    const error = new Error("Connection error.", {
      cause: new TypeError("fetch failed", { cause: refused }),
    });
    expect(toProviderError(error, context).message).toBe("Connection error. · ECONNREFUSED");
  });

  it("holds no secret in any form it can be printed in", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{8,40}$/), fc.string(), fc.string(), (secret, before, after) => {
        const error = toProviderError(sdkError({ status: 401, message: `${before}${secret}${after}` }), {
          ...context,
          secrets: [secret],
        });
        for (const text of [error.message, error.stack ?? "", String(error)]) {
          expect(text.replaceAll("[secret]", "")).not.toContain(secret);
        }
        expect(error.cause).toBeUndefined();
      }),
    );
  });

  it("recognises keys that it was not told about", () => {
    const error = toProviderError(sdkError({ status: 401, message: "bad key sk-proj-abc_DEF-123" }), context);
    expect(error.message).toBe("bad key [secret]");
  });

  it("reads whatever is thrown", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(toProviderError(thrown, context)).toBeInstanceOf(ProviderError);
      }),
    );
  });
});

describe("readRetryAfter", () => {
  const now = Date.UTC(2026, 10, 1, 12, 0, 0);

  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "Sun, 01 Nov 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Sun, 01 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": "7", "retry-after-ms": "1200" }, 1_200],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{}, undefined],
  ])("reads %o as %s ms", (headers, expected) => {
    expect(readRetryAfter(new Headers(Object.entries(headers)), now)).toBe(expected);
  });
});

describe("explainToUser", () => {
  const codes: ProviderErrorCode[] = [
    "not_configured",
    "needs_runner",
    "authentication",
    "permission",
    "model_not_found",
    "bad_request",
    "context_too_long",
    "rate_limited",
    "overloaded",
    "unavailable",
    "stream_cut",
    "timeout",
    "aborted",
  ];

  it.each(codes)("says %s in plain words and keeps the internals to itself", (code) => {
    const error = new ProviderError(code, "openai-api", "internal: status 418 req_1", {
      status: 418,
      requestId: "req_1",
    });
    const text = explainToUser(error, "Example-E");
    expect(text).toMatch(/^[A-Z].*\.$/);
    expect(text).not.toMatch(/internal|418|req_1|openai/);
    expect(text.length).toBeLessThan(200);
  });

  it("says when to come back", () => {
    const limited = (retryAfterMs: number) =>
      explainToUser(new ProviderError("rate_limited", "anthropic", "", { retryAfterMs }), "Example-E");
    expect(limited(20_000)).toContain("in a minute");
    expect(limited(600_000)).toContain("in about 10 minutes");
    expect(limited(4 * 3_600_000)).toContain("in about 4 hours");
  });
});
