import { describe, expect, it } from "vitest";
import {
  conductorCondition,
  gatewayCondition,
  providerCondition,
  webhooksCondition,
} from "../../../shared/heartbeat/health.ts";

const NOW = Date.UTC(2031, 0, 1, 12);
const NOON = "2031-01-01T12:00:00.000Z";

describe("the condition of", () => {
  it("a provider is that of its last call", () => {
    const health = { lastAt: NOW, errorAt: NOW - 1, error: "overloaded" };
    expect(providerCondition("anthropic", undefined).status).toBe("unknown");
    expect(providerCondition("anthropic", { ...health, errorAt: null }).details).toBe(`last call ${NOON}`);
    expect(providerCondition("anthropic", health).status).toBe("healthy");
    expect(providerCondition("anthropic", { ...health, errorAt: NOW })).toEqual({
      ...{ name: "anthropic", status: "degraded" },
      details: `last call ${NOON}; last error overloaded at ${NOON}`,
    });
  });

  it("Discord is that of its worst shard", () => {
    const held = { holder: "pod-1", expiresAt: NOW + 1 };
    expect(gatewayCondition([held, { ...held, holder: "pod-2" }], NOW)).toMatchObject({
      ...{ status: "healthy", details: "2 shards connected by pod-1, pod-2" },
    });
    const never = { holder: null, expiresAt: 0 };
    expect(gatewayCondition([held, never, { ...held, expiresAt: NOW }], NOW)).toMatchObject({
      ...{ status: "degraded", details: `shard 1: no gateway yet; shard 2: no gateway since ${NOON}` },
    });
  });

  it("webhooks is bad when one is refused, and not when all are silent", () => {
    const silent = { name: "github", isLocked: true, health: undefined };
    const heard = { ...silent, health: { lastAt: NOW, errorAt: null, error: null } };
    expect(webhooksCondition([]).status).toBe("not_configured");
    expect(webhooksCondition([silent]).status).toBe("unknown");
    expect(webhooksCondition([heard, silent]).status).toBe("healthy");
    expect(webhooksCondition([heard, { ...silent, isLocked: false }])).toMatchObject({
      ...{
        status: "degraded",
        details: `github: last delivery ${NOON}; github: refused, its secret is not set`,
      },
    });
  });

  it("the conductor is that of the last heartbeat", () => {
    const failed = { at: NOW, cause: "away" };
    expect(conductorCondition("here", { sentAt: null, failed: null }).status).toBe("unknown");
    expect(conductorCondition("here", { sentAt: NOW, failed: null }).status).toBe("healthy");
    expect(conductorCondition("here", { sentAt: NOW - 1, failed })).toMatchObject({ status: "degraded" });
    expect(conductorCondition("here", { sentAt: NOW + 1, failed }).status).toBe("healthy");
  });
});
