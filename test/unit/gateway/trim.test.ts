import { describe, expect, it } from "vitest";
import { outlineEvent, trimEvent } from "../../../shared/gateway/trim.ts";
import { connectUrl, isSameGateway } from "../../../shared/gateway/url.ts";

describe("an event on its way to the Worker", () => {
  it("is a guild with its channels and threads, and nobody in it", () => {
    const channel = { id: "7", type: 0, name: "general", parent_id: null, last_message_id: "70" };
    const thread = { ...channel, id: "8", owner_id: "1", thread_metadata: { archived: false } };
    const guild = {
      id: "5",
      name: "guild",
      joined_at: "2026-01-01T00:00:00+00:00",
      channels: [{ ...channel, topic: "t", permission_overwrites: [] }],
      threads: [{ ...thread, member_count: 3 }],
      members: [{ user: { id: "1" } }],
      presences: [{}],
      emojis: [{}],
    };
    const { id, name, joined_at } = guild;
    expect(trimEvent("GUILD_CREATE", guild)).toEqual({
      id,
      name,
      joined_at,
      channels: [channel],
      threads: [thread],
    });
  });

  it("is a READY with ids and the session", () => {
    const session = { session_id: "s", resume_gateway_url: "wss://gateway.discord.gg" };
    const trimmed = trimEvent("READY", {
      v: 10,
      ...session,
      user: { id: "1", username: "rig", email: "a@example.org", mfa_enabled: true },
      guilds: [{ id: "5", unavailable: true, more: 1 }],
      application: { id: "2", flags: 3, more: 1 },
      _trace: [],
    });
    expect(trimmed).toEqual({
      v: 10,
      ...session,
      user: { id: "1", username: "rig" },
      guilds: [{ id: "5", unavailable: true }],
      application: { id: "2", flags: 3 },
    });
  });

  it("is any other event as it is", () => {
    const message = { id: "1", content: "hello", embeds: [{}] };
    expect(trimEvent("MESSAGE_CREATE", message)).toBe(message);
  });

  it.each([null, undefined, 7, [], { channels: 7, guilds: null }])("never throws: %j", (d) => {
    expect(() => [trimEvent("GUILD_CREATE", d), trimEvent("READY", d), outlineEvent(d)]).not.toThrow();
  });

  it("is an outline where it fits into no request: who, where, and the beginning of what", () => {
    const message = {
      id: "1",
      channel_id: "7",
      content: "x".repeat(5_000),
      author: { id: "9", bot: false, avatar: { deep: 1 } },
      embeds: [{ description: "large" }],
    };
    expect(outlineEvent(message)).toEqual({
      id: "1",
      channel_id: "7",
      content: "x".repeat(4_000),
      author: { id: "9", bot: false },
    });
  });
});

describe("the Gateway's address", () => {
  it("names version 10 and JSON", () => {
    expect(connectUrl("wss://gateway.discord.gg")).toBe("wss://gateway.discord.gg/?v=10&encoding=json");
    expect(connectUrl("wss://gateway.discord.gg/?v=9")).toBe("wss://gateway.discord.gg/?v=10&encoding=json");
  });

  it.each([
    ["wss://gateway-us-east1-b.discord.gg", "wss://gateway.discord.gg", true],
    ["ws://127.0.0.1:8001/x", "ws://127.0.0.1:8000", true],
    ["wss://gateway.discord.gg.example.org", "wss://gateway.discord.gg", false],
    ["wss://discord.gg@example.org", "wss://gateway.discord.gg", false],
    ["ws://gateway.discord.gg", "wss://gateway.discord.gg", false],
    ["ws://10.0.0.1", "ws://127.0.0.1", false],
    ["", "wss://gateway.discord.gg", false],
  ])("%s is trusted with the bot token beside %s: %s", (resumeUrl, gateway, isTrusted) => {
    expect(isSameGateway(resumeUrl, gateway)).toBe(isTrusted);
  });
});
