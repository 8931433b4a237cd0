import * as schemas from "discord-api-spec/zod";
import { expect, it } from "vitest";
import * as z from "zod";
import { botHeaders, startSetting } from "./setting.ts";

type Answer = { id: string; content: string; code: number };

it("answers as Discord's specification says", async () => {
  const { discord, world, guild, channel, mia, call, messagesPath } = await startSetting();
  const asked = world.say(channel.id, mia.id, `Look, <@${world.bot().id}>`, {
    attachments: [{ filename: "a.txt", contentType: "text/plain", text: "a" }],
  });
  world.react(channel.id, asked.id, mia.id, "🎉");
  const dm = world.openDm(mia.id);
  const reply = {
    content: "Done",
    embeds: [{ title: "Table" }],
    components: [{ type: 1, components: [{ type: 2, style: 1, label: "Go", custom_id: "go" }] }],
    message_reference: { message_id: asked.id },
  };
  const answers: [z.core.$ZodType, Awaited<ReturnType<typeof call>>][] = [
    [schemas.ThreadResponseSchema, await call("POST", `${messagesPath}/${asked.id}/threads`, { name: "T" })],
    [schemas.MessageResponseSchema, await call("POST", messagesPath, reply)],
    [schemas.MessageResponseSchema, await call("GET", `${messagesPath}/${asked.id}`)],
    [z.array(schemas.MessageResponseSchema), await call("GET", messagesPath)],
    [z.array(schemas.MessageResponseSchema), await call("GET", `/channels/${asked.id}/messages`)],
    [schemas.ThreadResponseSchema, await call("GET", `/channels/${asked.id}`)],
    [schemas.ThreadResponseSchema, await call("PATCH", `/channels/${asked.id}`, { name: "U" })],
    [schemas.ThreadsResponseSchema, await call("GET", `/guilds/${guild.id}/threads/active`)],
    [schemas.GuildChannelResponseSchema, await call("GET", `/channels/${channel.id}`)],
    [z.array(schemas.MyGuildResponseSchema), await call("GET", "/users/@me/guilds")],
    [schemas.GuildResponseSchema, await call("GET", `/guilds/${guild.id}`)],
    [z.array(schemas.GuildChannelResponseSchema), await call("GET", `/guilds/${guild.id}/channels`)],
    [schemas.PrivateChannelResponseSchema, await call("GET", `/channels/${dm.id}`)],
    [
      schemas.PrivateChannelResponseSchema,
      await call("POST", "/users/@me/channels", { recipient_id: mia.id }),
    ],
    [schemas.GuildMemberResponseSchema, await call("GET", `/guilds/${guild.id}/members/${mia.id}`)],
    [schemas.UserPIIResponseSchema, await call("GET", "/users/@me")],
    [schemas.PrivateApplicationResponseSchema, await call("GET", "/applications/@me")],
    [schemas.GatewayBotResponseSchema, await call("GET", "/gateway/bot")],
  ];
  for (const [schema, { status, body }] of answers) {
    expect(status).toBeLessThan(300);
    // zod's date-time wants `Z`; RFC 3339 and Discord's answers allow an offset.
    const { error } = z.safeParse(schema, JSON.parse(JSON.stringify(body).replaceAll("+00:00", "Z")));
    expect(error && z.prettifyError(error)).toBeUndefined();
  }
  expect(discord.violations).toEqual([]);
  expect(discord.requests).toHaveLength(answers.length);
});

it.each([
  ["no token", {}],
  ["another token", { authorization: "Bot other" }],
  ["a token of another kind", { authorization: "Bearer other" }],
])("lets nobody in with %s", async (_, headers) => {
  const { discord } = await startSetting();
  const response = await fetch(`${discord.restUrl}/users/@me`, { headers });
  expect([response.status, await response.json()]).toEqual([401, { message: "401: Unauthorized", code: 0 }]);
  expect(discord.tally.rest.unauthorized).toBe(1);
});

it("writes down what the specification does not know, and refuses what it forbids", async () => {
  const { discord, call, messagesPath } = await startSetting();
  await call("POST", messagesPath, {
    content: "x",
    colour: "red",
    allowed_mentions: { parse: [], all: true },
  });
  const refused = await call<Answer>("POST", messagesPath, { content: 5, nonce: "n".repeat(26) });
  await fetch(`${discord.restUrl}/users/@me`, {
    headers: { ...botHeaders(discord.token), "user-agent": "node" },
  });
  expect(refused).toMatchObject({ status: 400, body: { code: 50035, errors: { content: {}, nonce: {} } } });
  expect((await call("GET", `${messagesPath}?limit=101`)).status).toBe(400);
  expect((await call("GET", "/voice/regions")).status).toBe(404);
  const seen = discord.violations.map(({ message }) => message.replace(/:.*/, ""));
  expect(seen).toEqual([
    "body.colour",
    "body.allowed_mentions.all",
    "body.content",
    "body.nonce",
    "User-Agent is not DiscordBot (url, version)",
    "query.limit",
    "path",
  ]);
});

it("takes 2,000 characters and no more, trims them, and takes nothing for no message", async () => {
  const { world, channel, call, messagesPath } = await startSetting({ rateLimits: false });
  expect((await call("POST", messagesPath, { content: "a".repeat(2000) })).status).toBe(200);
  expect(await call("POST", messagesPath, { content: "a".repeat(2001) })).toMatchObject({
    status: 400,
    body: {
      code: 50035,
      message: "Invalid Form Body",
      errors: {
        content: {
          _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }],
        },
      },
    },
  });
  for (const content of [" \n ", "\u200b", "\ufeff \u2060\u200d"]) {
    expect(await call("POST", messagesPath, { content })).toMatchObject({
      status: 400,
      body: { code: 50006 },
    });
  }
  const { body } = await call<Answer>("POST", messagesPath, { content: "  padded\n" });
  expect(body.content).toBe("padded");
  expect(world.messages(channel.id)).toHaveLength(2);
});

it("returns the message of an enforced nonce for some minutes, and makes another one after that", async () => {
  let now = Date.now();
  const { world, channel, call, messagesPath } = await startSetting({
    now: () => now,
    nonceMemoryMs: 180_000,
  });
  const post = (content: string, enforce_nonce: boolean) =>
    call<Answer>("POST", messagesPath, { content, nonce: "turn-1-0", enforce_nonce });
  const first = await post("first", true);
  now += 179_999;
  expect((await post("again", true)).body).toMatchObject({ id: first.body.id, content: "first" });
  now += 1;
  expect((await post("later", true)).body.content).toBe("later");
  expect((await post("not enforced", false)).body.content).toBe("not enforced");
  expect(world.messages(channel.id).map(({ content }) => content)).toEqual([
    "first",
    "later",
    "not enforced",
  ]);
});

it("pages through messages as Discord does: newest first, and after reads on from the oldest", async () => {
  const { world, channel, mia, call, messagesPath } = await startSetting();
  const ids = Array.from({ length: 7 }, (_, index) => world.say(channel.id, mia.id, String(index)).id);
  const texts = async (query: string) =>
    (await call<Answer[]>("GET", messagesPath + query)).body.map(({ content }) => content).join("");
  expect(await texts("")).toBe("6543210");
  expect(await texts("?limit=2")).toBe("65");
  expect(await texts(`?limit=2&before=${ids[3]}`)).toBe("21");
  expect(await texts(`?limit=2&after=${ids[3]}`)).toBe("54");
  expect(await texts("?limit=2&after=0")).toBe("10");
  expect(await texts(`?limit=3&around=${ids[3]}`)).toBe("432");
});

it("pings whom the text names only as far as allowed_mentions goes", async () => {
  const { world, guild, channel, mia, call, messagesPath } = await startSetting();
  const role = world.createRole(guild.id, "staff");
  const asked = world.say(channel.id, mia.id, "?");
  const content = `@everyone <@${mia.id}> <@&${role.id}>`;
  const pinged = async (allowed_mentions: object | undefined) => {
    const { body } = await call<{
      mentions: { id: string }[];
      mention_roles: string[];
      mention_everyone: boolean;
    }>("POST", messagesPath, { content, allowed_mentions, message_reference: { message_id: asked.id } });
    return [body.mentions.map(({ id }) => id), body.mention_roles, body.mention_everyone];
  };
  expect(await pinged(undefined)).toEqual([[mia.id], [role.id], true]);
  expect(await pinged({ parse: [] })).toEqual([[], [], false]);
  expect(await pinged({ parse: [], replied_user: true })).toEqual([[mia.id], [], false]);
  expect(await pinged({ parse: ["everyone"], roles: [role.id] })).toEqual([[], [role.id], true]);
});

it("knows what a reply answers, and whether it must be there", async () => {
  const { world, channel, mia, call, messagesPath } = await startSetting();
  const { id } = world.say(channel.id, mia.id, "?");
  const reply = (fail_if_not_exists?: boolean) =>
    call("POST", messagesPath, { content: "!", message_reference: { message_id: id, fail_if_not_exists } });
  expect((await reply()).body).toMatchObject({ type: 19, referenced_message: { id } });
  world.delete(channel.id, id);
  expect(await reply()).toMatchObject({ status: 400, body: { code: 50035 } });
  expect((await reply(false)).body).toMatchObject({ type: 0 });
  world.deny(channel.id, "READ_MESSAGE_HISTORY");
  expect(await reply(false)).toMatchObject({ status: 403, body: { code: 160002 } });
  expect((await call("POST", messagesPath, { content: "!" })).status).toBe(200);
});

it("takes files, keeps those that an edit names, and serves them", async () => {
  const { call, messagesPath } = await startSetting();
  const form = (payload: object, name: string) => {
    const data = new FormData();
    data.set("payload_json", JSON.stringify(payload));
    data.set("files[0]", new File([`content of ${name}`], name, { type: "text/plain" }));
    return data;
  };
  type WithFiles = {
    id: string;
    attachments: { id: string; filename: string; url: string; description?: string }[];
  };
  const attachments = [{ id: "0", filename: "a.txt", description: "The first" }];
  const posted = await call<WithFiles>("POST", messagesPath, form({ content: "x", attachments }, "a.txt"));
  const [first] = posted.body.attachments;
  expect(first).toMatchObject({ filename: "a.txt", description: "The first" });
  expect(await (await fetch(first?.url ?? "")).text()).toBe("content of a.txt");
  const path = `${messagesPath}/${posted.body.id}`;
  const both = await call<WithFiles>("PATCH", path, form({ content: "y" }, "b.txt"));
  expect(both.body.attachments.map(({ filename }) => filename)).toEqual(["a.txt", "b.txt"]);
  const one = await call<WithFiles>("PATCH", path, { attachments: [{ id: both.body.attachments[1]?.id }] });
  expect(one.body.attachments.map(({ filename }) => filename)).toEqual(["b.txt"]);
  expect((await call("PATCH", path, { attachments: [{ id: "7" }] })).status).toBe(400);
});

it("starts one thread from a message, with its id", async () => {
  const { world, channel, mia, call, messagesPath } = await startSetting();
  const { id } = world.say(channel.id, mia.id, "Topic");
  const start = () => call<Answer>("POST", `${messagesPath}/${id}/threads`, { name: "T" });
  expect(await start()).toMatchObject({ status: 201, body: { id, parent_id: channel.id } });
  expect(await start()).toMatchObject({ status: 400, body: { code: 160004 } });
  expect(world.messages(id)).toMatchObject([{ type: 21, message_reference: { message_id: id } }]);
  const { body } = await call<Answer>("POST", `/channels/${channel.id}/threads`, { name: "Free", type: 11 });
  expect(world.threads(channel.id).map(({ name }) => name)).toEqual(["T", "Free"]);
  expect(body.id).not.toBe(id);
});

it("opens an archived thread for a new message, and for nothing else", async () => {
  const { world, channel, mia, call, messagesPath } = await startSetting();
  const { id } = world.say(channel.id, mia.id, "Topic");
  await call("POST", `${messagesPath}/${id}/threads`, { name: "T" });
  const inThread = `/channels/${id}/messages`;
  const { body: mine } = await call<Answer>("POST", inThread, { content: "mine" });
  world.setThread(id, { archived: true });
  const archived = { status: 400, body: { code: 50083 } };
  expect(await call("PATCH", `${inThread}/${mine.id}`, { content: "edited" })).toMatchObject(archived);
  expect(await call("PUT", `${inThread}/${mine.id}/reactions/%F0%9F%91%80/@me`)).toMatchObject(archived);
  expect((await call("POST", inThread, { content: "again" })).status).toBe(200);
  expect(world.channel(id)).toMatchObject({ thread_metadata: { archived: false } });
  world.setThread(id, { archived: true });
  expect((await call("PATCH", `/channels/${id}`, { archived: false })).status).toBe(200);
  world.setThread(id, { archived: true, locked: true });
  expect(await call("POST", inThread, { content: "locked" })).toMatchObject(archived);
  expect((await call("PATCH", `/channels/${id}`, { archived: false })).status).toBe(403);
});

it.each([
  ["VIEW_CHANNEL", "GET", "", 50001],
  ["SEND_MESSAGES", "POST", "", 50013],
  ["ADD_REACTIONS", "PUT", "/:id/reactions/%F0%9F%91%80/@me", 50013],
  ["CREATE_PUBLIC_THREADS", "POST", "/:id/threads", 50013],
] as const)(
  "refuses what needs %s where the bot does not have it",
  async (permission, method, path, code) => {
    const { discord, world, channel, mia, call, messagesPath } = await startSetting({ rateLimits: false });
    const { id } = world.say(channel.id, mia.id, "?");
    const body = method === "POST" ? (path === "" ? { content: "x" } : { name: "x" }) : undefined;
    const attempt = () => call<Answer>(method, messagesPath + path.replace(":id", id), body);
    world.deny(channel.id, permission);
    expect(await attempt()).toMatchObject({ status: 403, body: { code } });
    expect(discord.tally.rest.forbidden).toBe(1);
    world.allow(channel.id, permission);
    expect((await attempt()).status).toBeLessThan(300);
  },
);

it("says which thing it does not know", async () => {
  const { channel, world, mia, call, messagesPath } = await startSetting();
  const theirs = world.say(channel.id, mia.id, "mine");
  const codes = await Promise.all([
    call<Answer>("GET", "/channels/1"),
    call<Answer>("GET", `${messagesPath}/1`),
    call<Answer>("GET", "/guilds/1/members/1"),
    call<Answer>("PUT", `${messagesPath}/${theirs.id}/reactions/nothing/@me`),
    call<Answer>("PATCH", `${messagesPath}/${theirs.id}`, { content: "yours" }),
  ]);
  expect(codes.map(({ body }) => body.code)).toEqual([10003, 10008, 10004, 10014, 50005]);
});

it("limits each channel's messages to 5 in 5 seconds, and says so before and after", async () => {
  let now = 1_800_000_000_000;
  const { discord, guild, world, call, messagesPath } = await startSetting({ now: () => now });
  const post = (path = messagesPath) => call("POST", path, { content: "x" });
  const first = await post();
  expect(Object.fromEntries(first.headers)).toMatchObject({
    "x-ratelimit-limit": "5",
    "x-ratelimit-remaining": "4",
    "x-ratelimit-reset": "1800000005.000",
    "x-ratelimit-reset-after": "5.000",
    "x-ratelimit-bucket": expect.any(String),
  });
  for (let more = 0; more < 4; more += 1) await post();
  now += 1500;
  const sixth = await post();
  expect(sixth).toMatchObject({ status: 429, body: { retry_after: 3.5, global: false } });
  expect(sixth.headers.get("retry-after")).toBe("4");
  expect(sixth.headers.get("x-ratelimit-scope")).toBe("user");
  const elsewhere = world.createChannel(guild.id, "elsewhere");
  expect((await post(`/channels/${elsewhere.id}/messages`)).status).toBe(200);
  now += 3500;
  expect((await post()).status).toBe(200);
  expect(discord.tally.rest.rateLimited).toEqual({ earned: 1, injected: 0, shared: 0 });
});

it("limits the bot to 50 requests a second", async () => {
  let now = 1_800_000_000_000;
  const { call } = await startSetting({ now: () => now });
  const statuses = await Promise.all(Array.from({ length: 51 }, () => call("GET", "/users/@me")));
  const refused = statuses.filter(({ status }) => status === 429);
  expect(refused).toMatchObject([{ body: { global: true } }]);
  expect(refused[0]?.headers.get("x-ratelimit-global")).toBe("true");
  now += 1000;
  expect((await call("GET", "/users/@me")).status).toBe(200);
});

it("keeps what everybody did, with times", async () => {
  let now = 1_800_000_000_000;
  const { world, channel, call, messagesPath } = await startSetting({ now: () => now });
  const { body } = await call<Answer>("POST", messagesPath, { content: "one" });
  await call("POST", `/channels/${channel.id}/typing`);
  now += 1200;
  await call("PATCH", `${messagesPath}/${body.id}`, { content: "two" });
  now += 1000;
  await call("DELETE", `${messagesPath}/${body.id}`);
  expect(world.history(channel.id)).toMatchObject([
    {
      versions: [
        { content: "one", at: 1_800_000_000_000 },
        { content: "two", at: 1_800_000_001_200 },
      ],
      deletedAt: 1_800_000_002_200,
    },
  ]);
  expect(world.messages(channel.id)).toEqual([]);
  expect(world.typings(channel.id)).toEqual([
    { channelId: channel.id, userId: world.bot().id, at: 1_800_000_000_000 },
  ]);
});
