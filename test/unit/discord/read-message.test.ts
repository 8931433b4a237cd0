import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inboundEvent, readWritten } from "../../../shared/discord/inbound-event.ts";
import {
  readChannel,
  readGone,
  readGuild,
  readReady,
  readThreadList,
} from "../../../shared/discord/read-directory.ts";
import { readDeletion, readEdit, readMember, readMessage } from "../../../shared/discord/read-message.ts";
import { attachments as sessionAttachments } from "../../../shared/session/attachment.ts";
import { ME, MIA, message } from "./messages.ts";

const SELF = { id: ME, name: "Dev-E" };
const rig = { id: ME, username: "rig" };
const target = { kind: "discord", channelId: "1", messageId: "2" } as const;

describe("a message of Discord's", () => {
  it("is read with what Discord adds to it passed over", () => {
    const { guild_id: _, member: __, ...bare } = message();
    const reading = readMessage({ ...bare, tts: false, flags: 0, embeds: [], poll: { question: "?" } });
    expect(reading).toEqual({ value: bare });
  });

  it.each([
    ["no id", { id: undefined }, /^id: /],
    ["an id that is a number", { id: 12 }, /^id: /],
    ["an id of letters", { id: "1e3" }, /^id: expected a snowflake/],
    ["no author", { author: undefined }, /^author: /],
    ["an author without an id", { author: { username: "mia" } }, /^author\.id: /],
    ["content that is none", { content: 7 }, /^content: /],
    ["an author who may be a bot", { author: { ...MIA, bot: "yes" } }, /^author\.bot: /],
    ["a guild that makes no sense", { guild_id: 7 }, /^guild_id: /],
  ])("with %s is a problem that names the field", (_, change, problem) => {
    expect(readMessage({ ...message(), ...change })).toEqual({ problem: expect.stringMatching(problem) });
  });

  it.each([
    ["files without an address", { attachments: [{ filename: "a", size: 1 }] }, { attachments: [] }],
    [
      "roles in another form",
      { member: { nick: "Captain", roles: { "1": "admin" } } },
      { member: { nick: "Captain", roles: [] } },
    ],
    ["one role of another form", { member: { roles: ["1", 2] } }, { member: { roles: ["1"] } }],
    [
      "an author without a name",
      { author: { id: "1", username: null } },
      { author: { id: "1", username: "" } },
    ],
    ["a mention of nobody", { mentions: [{ username: "x" }, MIA] }, { mentions: [MIA] }],
    ["a member that is none", { member: "mia" }, {}],
  ])("with %s is read without them, and says so", (_, change, read) => {
    const { member: ___, ...bare } = message();
    const reading = readMessage({ ...bare, ...change });
    expect(reading).toEqual({
      value: { ...bare, ...read },
      unread: [expect.stringMatching(new RegExp(`^${Object.keys(change)[0]}`))],
    });
  });

  it("may be anything at all, and no reader throws", () => {
    const readers = [
      readMessage,
      readEdit,
      readDeletion,
      readMember,
      readChannel,
      readGone,
      readReady,
      readGuild,
      readThreadList,
    ];
    const shaped = fc.record(
      {
        id: fc.anything(),
        channel_id: fc.anything(),
        content: fc.anything(),
        edited_timestamp: fc.anything(),
        channels: fc.anything(),
        ids: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.jsonValue(), shaped), (data) => {
        for (const read of readers) {
          const reading = read(data);
          expect("value" in reading || typeof reading.problem === "string").toBe(true);
        }
      }),
    );
  });
});

describe("an edit", () => {
  const edited = { id: "2", channel_id: "1", content: "better", edited_timestamp: "2026-11-21T12:00:00Z" };

  it("is what a user has changed", () => {
    const { edited_timestamp: _, ...read } = edited;
    expect(readEdit(edited)).toEqual({ value: { ...read, mentions: [], attachments: [] } });
  });

  it("is none when Discord has only added an embed", () => {
    expect(readEdit({ id: "2", channel_id: "1", embeds: [{}] })).toEqual({ value: null });
    expect(readEdit({ ...message(), edited_timestamp: null, embeds: [{}] })).toEqual({ value: null });
  });
});

describe("deletions", () => {
  it("are one or many", () => {
    expect(readDeletion({ id: "2", channel_id: "1" })).toEqual({ value: { ids: ["2"], channel_id: "1" } });
    expect(readDeletion({ ids: ["2", "3"], channel_id: "1" })).toEqual({
      value: { ids: ["2", "3"], channel_id: "1" },
    });
  });
});

describe("a guild", () => {
  it("keeps the channels that can be read when one cannot", () => {
    const reading = readGuild({
      id: "6",
      joined_at: "2026-11-21T12:00:00.000000+00:00",
      channels: [{ id: "7", type: 0, name: "help", last_message_id: null }, { id: "x" }],
      threads: [{ id: "8", type: 11, parent_id: "7", thread_metadata: { archived: false } }],
    });
    expect(reading).toMatchObject({
      value: {
        id: "6",
        joinedAt: Date.UTC(2026, 10, 21, 12),
        channels: [
          { id: "7", guild_id: "6" },
          { id: "8", guild_id: "6" },
        ],
      },
    });
    expect("value" in reading && reading.value.problems).toHaveLength(1);
  });
});

describe("the event that a session reads", () => {
  it("has the message's id, its author as others see them, and where the answer goes", () => {
    const event = inboundEvent(message({ member: { nick: "Captain", roles: [] } }), target, SELF);
    expect(event).toEqual({
      id: `discord:${message().id}`,
      author: { id: MIA.id, name: "Captain" },
      text: "hello",
      target,
    });
    expect(inboundEvent(message({ member: null }), target, SELF).author.name).toBe("Mia");
    const nobody = message({ member: null, author: { id: "1", username: "" } });
    expect(inboundEvent(nobody, target, SELF).author.name).toBe("1");
    const nameless = message({ member: null, author: { id: "1", username: "mia" } });
    expect(inboundEvent(nameless, target, SELF).author.name).toBe("mia");
  });

  it("shows mentions as names, the agent's own as the model knows it", () => {
    const said = message({ content: `<@${ME}> ask <@!${MIA.id}> or <@77>, <#5>`, mentions: [rig, MIA] });
    expect(readWritten(said, SELF).text).toBe("@Dev-E ask @Mia or <@77>, <#5>");
  });

  it("has files that a session takes, however Discord tells of them", () => {
    const file = (change: object) => ({
      filename: "a.txt",
      content_type: "text/plain",
      size: 3,
      url: "https://cdn.example/a",
      ...change,
    });
    const { attachments } = readWritten(
      message({
        attachments: [
          file({}),
          file({ content_type: null }),
          file({ content_type: "nonsense" }),
          file({ filename: "a\nb" }),
          file({ url: "ftp://x" }),
        ],
      }),
      SELF,
    );
    expect(sessionAttachments.parse(attachments)).toHaveLength(4);
    expect(attachments?.map(({ contentType }) => contentType)).toEqual([
      "text/plain",
      "application/octet-stream",
      "application/octet-stream",
      "text/plain",
    ]);
    expect(
      readWritten(message({ attachments: Array.from({ length: 12 }, () => file({})) }), SELF).attachments,
    ).toHaveLength(10);
  });
});
