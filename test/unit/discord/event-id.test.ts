import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatewayTrace, messageTrace } from "../../../shared/discord/event-id.ts";
import { inboundEvent } from "../../../shared/discord/inbound-event.ts";
import { message } from "./messages.ts";

const SESSION = "5f3a";

describe("the trace of an event of the Gateway", () => {
  it("is the id under which the session stores a message, and stays through its edit and its end", () => {
    const target = { kind: "discord", channelId: message().channel_id } as const;
    const { id } = inboundEvent(message(), target, { id: undefined, name: "Dev-E" });
    for (const t of ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"])
      expect(gatewayTrace({ t, s: 7, d: { id: message().id } }, SESSION)).toBe(id);
    expect(messageTrace(message())).toBe(id);
  });

  it("is the id under which the session stores an interaction", () => {
    const trace = gatewayTrace({ t: "INTERACTION_CREATE", s: 7, d: { id: "12", token: "secret" } }, SESSION);
    expect(trace).toBe("interaction:12");
  });

  it.each([
    ["READY", { session_id: "x" }],
    ["GUILD_CREATE", { id: "600000000000000001" }],
    ["MESSAGE_DELETE_BULK", { ids: ["1", "2"] }],
  ])("is its place in its Gateway session, for %s", (t, d) => {
    expect(gatewayTrace({ t, s: 7, d }, SESSION)).toBe("gateway:5f3a:7");
  });

  it("tells nothing of the data but a snowflake, whatever came", () => {
    const names = fc.constantFrom("MESSAGE_CREATE", "INTERACTION_CREATE", "NONSENSE");
    const data = fc.oneof(fc.anything(), fc.record({ id: fc.oneof(fc.string(), fc.bigInt().map(String)) }));
    fc.assert(
      fc.property(names, fc.option(fc.nat()), data, (t, s, d) => {
        const trace = gatewayTrace({ t, s, d }, SESSION);
        expect(trace).toMatch(/^(discord:\d{1,20}|interaction:\d{1,20}|gateway:5f3a:(\d+|-))$/);
        expect(messageTrace(d) ?? "discord:1").toMatch(/^discord:\d{1,20}$/);
      }),
    );
  });
});
