import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiscordMessage } from "../../../shared/discord/read-message.ts";
import { type RoutingFacts, routeMessage } from "../../../shared/discord/route-message.ts";
import type { DiscordSettings } from "../../../shared/discord/settings.ts";
import type { Place } from "../../../shared/discord/who-is-answered.ts";
import { message } from "./messages.ts";

const CHANNEL = "700000000000000001";
const GUILD = "600000000000000001";
const CHANNEL_PLACE: Place = { kind: "channel", channelId: CHANNEL, guildId: GUILD, type: 0, name: "help" };
const file = { filename: "plan.pdf", size: 1, url: "https://cdn.example/plan.pdf" };

function route(
  threadMode: DiscordSettings["threadMode"],
  said: Partial<DiscordMessage> = {},
  place: Place = CHANNEL_PLACE,
  { userThread, ...facts }: Partial<RoutingFacts> = {},
) {
  const defaults = { continued: () => undefined, cannot: [], shard: 0 };
  return routeMessage(message(said), place, { threadMode, userThread, ...defaults, ...facts });
}

const here = { kind: "discord", channelId: CHANNEL, messageId: message().id, guildId: GUILD };

describe("a message in a channel", () => {
  it("belongs to the channel when there are to be no threads", () => {
    expect(route("none")).toEqual({ conversation: CHANNEL, target: here });
  });

  it("starts a thread with its own id, named after its author and the day", () => {
    expect(route("per-message")).toEqual({
      conversation: message().id,
      target: { ...here, thread: { from: "message", name: "Mia — 2026-11-21" } },
    });
  });

  it("starts its author's thread, and the next one belongs there", () => {
    const member = { nick: "Captain", roles: [] };
    expect(route("per-user", { member })).toEqual({
      conversation: message().id,
      target: { ...here, thread: { from: "message", name: "Captain" } },
    });
    expect(route("per-user", {}, CHANNEL_PLACE, { userThread: "42" })).toEqual({
      conversation: "42",
      target: { ...here, thread: { from: "earlier", id: "42", name: "Mia" } },
    });
  });

  it("starts a thread for its document, and none without one", () => {
    expect(route("per-document", { attachments: [file] }).target.thread).toEqual({
      from: "message",
      name: "plan.pdf",
    });
    expect(route("per-document")).toEqual({ conversation: CHANNEL, target: here });
  });

  it("in reply to an answer that had no thread goes on with its conversation, in the channel", () => {
    const continued = (id: string) => (id === "99" ? "55" : undefined);
    const reply = { message_reference: { message_id: "99" } };
    expect(route("per-message", reply, CHANNEL_PLACE, { continued })).toEqual({
      conversation: "55",
      target: here,
    });
    const other = { message_reference: { message_id: "98" } };
    expect(route("per-message", other, CHANNEL_PLACE, { continued }).conversation).toBe(message().id);
  });

  it("in a thread that took another's place belongs to the other's conversation", () => {
    const place: Place = {
      kind: "thread",
      channelId: "43",
      guildId: GUILD,
      parent: { id: CHANNEL, name: "help" },
    };
    const continued = (id: string) => (id === "43" ? "42" : undefined);
    expect(route("per-user", {}, place, { continued }).conversation).toBe("42");
    expect(route("per-user", {}, CHANNEL_PLACE, { continued, userThread: "43" }).conversation).toBe("42");
  });

  it("says what the bot cannot do there, and which shard has heard it", () => {
    const { target } = route("none", {}, CHANNEL_PLACE, { cannot: ["reply"], shard: 2 });
    expect(target).toEqual({ ...here, cannot: ["reply"], shard: 2 });
  });

  it("is answered in the channel where no thread can be started", () => {
    const voice: Place = { ...CHANNEL_PLACE, type: 2 };
    expect(route("per-message", {}, voice)).toEqual({ conversation: CHANNEL, target: here });
  });
});

describe("a message elsewhere", () => {
  const modes = ["none", "per-message", "per-user", "per-document"] as const;

  it.each(modes)("in a thread belongs to the thread (%s)", (mode) => {
    const place: Place = {
      kind: "thread",
      channelId: "7",
      guildId: GUILD,
      parent: { id: CHANNEL, name: "help" },
    };
    expect(route(mode, { attachments: [file] }, place, { userThread: "42" })).toEqual({
      conversation: "7",
      target: { ...here, channelId: "7" },
    });
  });

  it.each(modes)("in a DM belongs to the DM, and has no guild (%s)", (mode) => {
    const { conversation, target } = route(mode, { attachments: [file] }, { kind: "dm", channelId: "8" });
    expect({ conversation, target }).toEqual({
      conversation: "8",
      target: { kind: "discord", channelId: "8", messageId: message().id },
    });
  });
});

describe("the name of a thread", () => {
  it("is one that Discord takes, and keeps its date, whatever the author is called", () => {
    const characters = fc.constantFrom("a", "é", "日", "🎉", " ", "\n");
    const names = fc.array(characters, { maxLength: 150 }).map((all) => all.join(""));
    fc.assert(
      fc.property(names, (name) => {
        const said = { author: { id: "1", username: "x", global_name: name } };
        for (const mode of ["per-message", "per-user"] as const) {
          const { thread } = route(mode, said).target;
          if (thread?.from !== "message") return expect.unreachable("a thread is started");
          expect(thread.name.length).toBeLessThanOrEqual(100);
          expect(thread.name.trim()).not.toBe("");
          expect(thread.name.isWellFormed()).toBe(true);
          if (mode === "per-message") expect(thread.name).toContain("— 2026-11-21");
        }
      }),
    );
  });
});
