/**
 * Every field of what Discord tells, removed, null, of another type or another form: readers take what they need. Payloads are as
 * discord-api-types has them.
 */
import { describe, expect, it } from "vitest";
import { queuedEvent } from "../../../gateway/event-queue.ts";
import {
  readChannel,
  readGone,
  readGuild,
  readReady,
  readThreadList,
} from "../../../shared/discord/read-directory.ts";
import { readDeletion, readEdit, readMember, readMessage } from "../../../shared/discord/read-message.ts";
import type { Reading } from "../../../shared/discord/reading.ts";
import { readGatewayInfo } from "../../../shared/gateway/lookup.ts";
import { readPayload, readSession } from "../../../shared/gateway/payload.ts";
import { trimEvent } from "../../../shared/gateway/trim.ts";
import { readInteraction } from "../../../shared/interaction/read-interaction.ts";
import { eventBatch } from "../../../workers/routes/bridge-requests.ts";
import { mutationsOf } from "./mutations.ts";

const user = {
  id: "900000000000000002",
  username: "mia",
  discriminator: "0",
  global_name: "Mia",
  avatar: "a1b2",
  bot: false,
  public_flags: 64,
  primary_guild: { identity_guild_id: "5", tag: "RIG" },
};
const member = {
  nick: "Captain",
  avatar: null,
  roles: ["500000000000000001", "500000000000000002"],
  joined_at: "2024-01-01T00:00:00.000000+00:00",
  premium_since: null,
  deaf: false,
  mute: false,
  flags: 0,
};
const file = {
  id: "14",
  filename: "notes.txt",
  content_type: "text/plain",
  size: 12,
  url: "https://cdn.example/14/notes.txt",
  proxy_url: "https://media.example/14/notes.txt",
};
const message = {
  id: "1577136771525771264",
  channel_id: "700000000000000001",
  guild_id: "600000000000000001",
  type: 0,
  content: "hello",
  author: user,
  member,
  mentions: [{ ...user, id: "900000000000000001", member }],
  mention_roles: ["500000000000000001"],
  mention_everyone: false,
  attachments: [file],
  embeds: [{ type: "rich", title: "a title", fields: [{ name: "a", value: "b" }] }],
  components: [{ type: 1, components: [{ type: 2, custom_id: "x", style: 1 }] }],
  timestamp: "2026-11-21T12:00:00.000000+00:00",
  edited_timestamp: null,
  tts: false,
  pinned: false,
  flags: 0,
  nonce: "1",
  reactions: [{ count: 1, me: false, emoji: { id: null, name: "👍" } }],
  message_reference: { type: 0, message_id: "1", channel_id: "2" },
};
const channel = {
  id: "700000000000000001",
  guild_id: "600000000000000001",
  type: 0,
  name: "general",
  position: 1,
  parent_id: "700000000000000009",
  last_message_id: "1577136771525771264",
  permission_overwrites: [{ id: "5", type: 0, allow: "0", deny: "1024" }],
  topic: null,
  nsfw: false,
  rate_limit_per_user: 0,
};
const thread = {
  ...channel,
  id: "700000000000000002",
  type: 11,
  owner_id: user.id,
  message_count: 3,
  thread_metadata: { archived: false, auto_archive_duration: 1440, locked: false },
};
const guild = {
  id: "600000000000000001",
  name: "Home",
  owner_id: user.id,
  unavailable: false,
  joined_at: "2024-01-01T00:00:00.000000+00:00",
  large: false,
  member_count: 3,
  roles: [{ id: "5", name: "all", permissions: "0" }],
  channels: [channel],
  threads: [thread],
};
const ready = {
  v: 10,
  user,
  guilds: [{ id: guild.id, unavailable: true }],
  session_id: "session-1",
  resume_gateway_url: "wss://resume.example",
  shard: [0, 1],
  application: { id: "800000000000000001", flags: 0 },
};
const interaction = (type: number, data: object) => ({
  id: "1577136771525771265",
  application_id: "800000000000000001",
  type,
  token: "token",
  version: 1,
  guild_id: guild.id,
  channel: { id: channel.id, type: 0, name: "general" },
  channel_id: channel.id,
  member: { ...member, user, permissions: "48", unusual_dm_activity_until: null },
  locale: "en-US",
  guild_locale: "en-US",
  context: 0,
  entitlements: [],
  app_permissions: "0",
  authorizing_integration_owners: { "0": guild.id },
  attachment_size_limit: 10_485_760,
  data,
});
const resolved = {
  users: { [user.id]: user },
  members: { [user.id]: member },
  roles: { "5": { id: "5", name: "Team" } },
  channels: { [channel.id]: { id: channel.id, name: "general", type: 0 } },
  attachments: { "14": file },
};
const option = { name: "prompt", type: 3, value: "why?" };
const command = { id: "1", name: "ask", type: 1, options: [option], resolved };
const press = { custom_id: "1:stop:x", component_type: 2, id: 3 };
const form = {
  custom_id: "1:ask:public",
  components: [{ type: 18, id: 1, component: { type: 4, id: 2, custom_id: "prompt", value: "why?" } }],
  resolved,
};

/** Needed is what no reader can do without, and what decides who is answered, where and with which rights; `.*`: all below. */
type Case = [name: string, read: (data: unknown) => Reading<unknown>, payload: object, needed: string[]];

const happening = ["id", "application_id", "type", "token", "guild_id", "data"];
const who = ["member", "member.user", "member.user.id"];
const cases: Case[] = [
  [
    "a message",
    readMessage,
    message,
    ["id", "channel_id", "guild_id", "type", "content", "author", "author.id", "author.bot"],
  ],
  ["an edit", readEdit, { ...message, edited_timestamp: "2026" }, ["id", "channel_id", "content"]],
  ["a deletion", readDeletion, { id: "1", channel_id: "2", guild_id: "3" }, ["id", "channel_id"]],
  ["deletions", readDeletion, { ids: ["1", "2"], channel_id: "2", guild_id: "3" }, ["ids", "channel_id"]],
  ["a member", readMember, { ...member, user }, []],
  ["a channel", readChannel, channel, ["id", "type", "guild_id"]],
  ["a thread", readChannel, thread, ["id", "type", "guild_id"]],
  ["a guild", readGuild, guild, ["id"]],
  ["a guild that is gone", readGone, { id: "1", unavailable: true }, ["id", "unavailable"]],
  [
    "a list of threads",
    readThreadList,
    { guild_id: "1", channel_ids: ["2"], threads: [thread], members: [] },
    ["guild_id"],
  ],
  ["READY", readReady, ready, ["user", "user.id"]],
  [
    "a command",
    readInteraction,
    interaction(2, command),
    [...happening, ...who, "data.name", "data.type", "data.options", "data.options.*"],
  ],
  [
    "a press",
    readInteraction,
    interaction(3, press),
    [...happening, ...who, "data.custom_id", "data.component_type"],
  ],
  [
    "a form",
    readInteraction,
    interaction(5, form),
    [...happening, ...who, "data.custom_id", "data.components", "data.components.*"],
  ],
];

describe("one field that is otherwise", () => {
  it.each(cases)("costs %s only where it is needed, and then it is named", (_, read, payload, needed) => {
    const honest = read(payload);
    expect(honest).toEqual({ value: expect.anything() });
    let refused = 0;
    for (const { path, change, payload: odd } of mutationsOf(payload)) {
      const where = `${path}: ${change}`;
      const reading = read(odd);
      if ("value" in reading) continue;
      refused += 1;
      const isNeeded = needed.some(
        (name) => path === name || (name.endsWith(".*") && path.startsWith(name.slice(0, -1))),
      );
      expect(isNeeded, where).toBe(true);
      expect(reading.problem, where).toMatch(/^[\w.]+: /);
    }
    if (needed.length > 0) expect(refused).toBeGreaterThan(0);
  });

  it.each(cases)("is told by its name where %s is read without it", (_, read, payload) => {
    for (const { path, change, payload: odd } of mutationsOf(payload)) {
      const reading = read(odd);
      if (!("value" in reading) || reading.unread === undefined) continue;
      // An item of a list that is something else altogether misses all that an item has.
      if (/\.\d+$/.test(path)) continue;
      const fields = reading.unread.map((told) => told.split(/[.:]/)[0]);
      expect(path.split("."), `${path}: ${change}`).toEqual(expect.arrayContaining(fields));
    }
  });

  it("costs no event on its way from Discord to the Worker: what the gateway takes, the Worker takes", () => {
    const events = [
      { op: 0, s: 0, t: "READY", d: ready },
      { op: 0, s: 5, t: "MESSAGE_CREATE", d: message },
      { op: 0, s: 6, t: "GUILD_CREATE", d: guild },
    ];
    for (const event of events)
      for (const { path, change, payload } of mutationsOf(event)) {
        const read = readPayload(payload);
        if (read.op !== "dispatch" || read.s === null) continue;
        const { s, t } = read;
        const told = t === "READY" ? readSession(read.d) : { id: "one", resumeUrl: null };
        if (told === null) continue;
        const session = { id: told.id, resumeUrl: told.resumeUrl ?? "wss://gateway.example", begunAt: 1.5 };
        const { json } = queuedEvent({ s, t, d: trimEvent(t, read.d) }, session, 0);
        const batch = { gateway: "g", epoch: 1, shard: [0, 1], session, events: [JSON.parse(json)] };
        expect(eventBatch.safeParse(batch).error, `${t} ${path}: ${change}`).toBeUndefined();
      }
  });

  it("costs no session where GET /gateway/bot still has an address", () => {
    const session_start_limit = { total: 1000, remaining: 9, reset_after: 1, max_concurrency: 1 };
    for (const { path, payload } of mutationsOf({ url: "wss://g.example", shards: 1, session_start_limit }))
      if (path !== "url") expect(readGatewayInfo(payload)).toMatchObject({ url: "wss://g.example" });
  });
});
