import { expect, it, vi } from "vitest";
import { RawGateway } from "./gateway-client.ts";
import { startSetting } from "./setting.ts";

type Setting = Awaited<ReturnType<typeof startSetting>>;
type Identify = { intents?: number; shard?: number[] };
type Ready = { session_id: string; resume_gateway_url: string };

async function connect({ discord }: Setting, options: Identify = {}) {
  const gateway = new RawGateway(discord.gatewayUrl);
  await gateway.op(10);
  gateway.identify(discord.token, options);
  const ready = await gateway.dispatch<Ready>("READY");
  return { gateway, ready };
}

async function resume({ discord }: Setting, ready: Ready, seq: number) {
  const gateway = new RawGateway(ready.resume_gateway_url);
  await gateway.op(10);
  gateway.send(6, { token: discord.token, session_id: ready.session_id, seq });
  return gateway;
}

it("says hello, then who the bot is, then what each guild holds", async () => {
  const setting = await startSetting();
  const { gateway } = await connect(setting);
  const guild = await gateway.dispatch<{ id: string; channels: { id: string }[] }>("GUILD_CREATE");
  expect(guild.id).toBe(setting.guild.id);
  expect(guild.channels.map(({ id }) => id)).toEqual([setting.channel.id]);
  expect(gateway.names()).toEqual(["READY", "GUILD_CREATE"]);
});

it("replays to a resumed session what it missed, in order, and then says RESUMED", async () => {
  const setting = await startSetting();
  const { world, channel, mia, discord } = setting;
  const { gateway, ready } = await connect(setting);
  await gateway.dispatch("GUILD_CREATE");
  const { seq } = gateway;
  gateway.terminate();
  for (const text of ["one", "two", "three"]) world.say(channel.id, mia.id, text);
  const resumed = await resume(setting, ready, seq);
  await resumed.dispatch("RESUMED");
  expect(resumed.texts()).toEqual(["one", "two", "three"]);
  expect(resumed.names().at(-1)).toBe("RESUMED");
  expect(discord.tally.gateway.paths).toEqual(["/gateway", "/resume"]);
});

it("replays again what a client has received and not confirmed by its sequence", async () => {
  const setting = await startSetting();
  const { gateway, ready } = await connect(setting);
  await gateway.dispatch("GUILD_CREATE");
  const { seq } = gateway;
  setting.world.say(setting.channel.id, setting.mia.id, "one");
  await gateway.dispatch("MESSAGE_CREATE");
  gateway.terminate();
  const resumed = await resume(setting, ready, seq);
  await resumed.dispatch("RESUMED");
  expect(resumed.texts()).toEqual(["one"]);
});

it.each([
  ["is kept no longer", (setting: Setting) => setting.discord.faults.expireSessions()],
  ["was ended by the client with 1000", null],
])("refuses to resume a session that %s", async (_, fault) => {
  const setting = await startSetting();
  const { gateway, ready } = await connect(setting);
  if (fault === null) {
    gateway.end(1000);
    await vi.waitFor(() => expect(setting.discord.sessions()).toEqual([]));
  } else fault(setting);
  const resumed = await resume(setting, ready, 1);
  expect((await resumed.op(9)).d).toBe(false);
});

it("forgets a session that nobody resumes in time, by its clock", async () => {
  let now = Date.now();
  const setting = await startSetting({ now: () => now, sessionKeptMs: 60_000 });
  const { gateway, ready } = await connect(setting);
  gateway.terminate();
  await vi.waitFor(() => expect(setting.discord.sessions()).toMatchObject([{ isConnected: false }]));
  now += 60_001;
  const resumed = await resume(setting, ready, 1);
  expect((await resumed.op(9)).d).toBe(false);
});

it("cannot replay what fell out of its buffer", async () => {
  const setting = await startSetting({ replayLimit: 2 });
  const { gateway, ready } = await connect(setting);
  gateway.terminate();
  for (const text of ["one", "two", "three"]) setting.world.say(setting.channel.id, setting.mia.id, text);
  const resumed = await resume(setting, ready, 2);
  expect((await resumed.op(9)).d).toBe(false);
});

it.each([
  ["a wrong token", 4004, { token: "wrong" }, {}],
  ["an intent that is not enabled", 4014, {}, { disallowedIntents: 1 << 15 }],
  ["an intent that does not exist", 4013, { intents: 1 << 30 }, {}],
  ["a shard beyond their number", 4010, { shard: [2, 2] }, {}],
  ["too few shards", 4011, {}, { minimumShards: 2 }],
])("ends the connection for %s", async (_, code, identify: Identify & { token?: string }, options) => {
  const { discord } = await startSetting(options);
  const gateway = new RawGateway(discord.gatewayUrl);
  await gateway.op(10);
  gateway.identify(identify.token ?? discord.token, identify);
  expect(await gateway.closed).toBe(code);
});

it("ends the connection for a sequence that was never sent", async () => {
  const setting = await startSetting();
  const { gateway, ready } = await connect(setting);
  gateway.terminate();
  expect(await (await resume(setting, ready, 999)).closed).toBe(4007);
});

it("answers an IDENTIFY too soon after another with op 9, and counts it", async () => {
  let now = Date.now();
  const setting = await startSetting({ now: () => now });
  const { discord } = setting;
  await connect(setting);
  const second = new RawGateway(discord.gatewayUrl);
  await second.op(10);
  second.identify(discord.token);
  expect((await second.op(9)).d).toBe(false);
  expect(discord.tally.gateway).toMatchObject({ identifies: 1, earlyIdentifies: 1 });
  now += 5000;
  second.identify(discord.token);
  await second.dispatch("READY");
  expect(discord.tally.gateway).toMatchObject({ identifies: 2, rivals: 1 });
});

it("hides what people write without MESSAGE_CONTENT, except where the bot is meant", async () => {
  const setting = await startSetting();
  const { world, channel, mia, call, messagesPath } = setting;
  const { gateway } = await connect(setting, { intents: (1 << 9) | (1 << 12) });
  const file = { filename: "secret.txt", contentType: "text/plain", text: "secret" };
  const secret = world.say(channel.id, mia.id, "secret", { attachments: [file] });
  const mention = `<@${world.bot().id}> open`;
  world.say(channel.id, mia.id, mention, { reply: secret.id });
  world.say(world.openDm(mia.id).id, mia.id, "private", { attachments: [file] });
  await call("POST", messagesPath, { content: "mine", embeds: [{ title: "mine too" }] });
  await vi.waitFor(() => expect(gateway.texts()).toEqual(["", mention, "private", "mine"]));
  expect(gateway.messages()).toMatchObject([
    { id: secret.id, author: { id: mia.id }, embeds: [], attachments: [], components: [] },
    { referenced_message: { id: secret.id, content: "", attachments: [] } },
    { attachments: [{ filename: "secret.txt" }] },
    { embeds: [{ title: "mine too" }] },
  ]);
});

it("sends a guild's events to its shard, and DMs to shard 0", async () => {
  const setting = await startSetting({ maxConcurrency: 2 });
  const { world, mia } = setting;
  const odd = world.createGuild("Odd", (3n << 22n).toString());
  const there = world.createChannel(odd.id, "there");
  const even = world.createGuild("Even", (4n << 22n).toString());
  const here = world.createChannel(even.id, "here");
  const { gateway: zero } = await connect(setting, { shard: [0, 2] });
  const { gateway: one } = await connect(setting, { shard: [1, 2] });
  world.say(there.id, mia.id, "odd");
  world.say(here.id, mia.id, "even");
  world.say(world.openDm(mia.id).id, mia.id, "dm");
  await vi.waitFor(() => expect([zero.texts(), one.texts()]).toEqual([["even", "dm"], ["odd"]]));
});

it("leaves heartbeats unanswered on command, and reads none for too long as death", async () => {
  const setting = await startSetting({ heartbeatIntervalMs: 60 });
  const { gateway } = await connect(setting);
  gateway.send(1, gateway.seq);
  await gateway.op(11);
  setting.discord.faults.stopAcknowledging();
  gateway.send(1, gateway.seq);
  expect(await gateway.closed).toBe(4009);
  expect(gateway.frames.filter(({ op }) => op === 11)).toHaveLength(1);
  expect(setting.discord.tally.gateway.heartbeats).toBe(2);
});

it("counts heartbeats of a sequence that the client cannot have", async () => {
  const setting = await startSetting();
  const { gateway, ready } = await connect(setting);
  await gateway.dispatch("GUILD_CREATE");
  const { seq } = gateway;
  /** Sends one, and sees what has been counted when it is answered. */
  const beat = async (client: RawGateway, d: number | null) => {
    const answered = client.frames.filter(({ op }) => op === 11).length;
    client.send(1, d);
    await vi.waitFor(() => expect(client.frames.filter(({ op }) => op === 11)).toHaveLength(answered + 1));
    return setting.discord.tally.gateway.strangeHeartbeats;
  };
  // Before READY has come, a client has none.
  expect([await beat(gateway, null), await beat(gateway, 1), await beat(gateway, seq)]).toEqual([0, 0, 0]);
  expect(await beat(gateway, seq + 1)).toBe(1);
  gateway.terminate();
  const resumed = await resume(setting, ready, seq);
  expect(await beat(resumed, seq)).toBe(1);
  expect(await beat(resumed, null)).toBe(2);
});

it("asks to reconnect, invalidates, duplicates and refuses on command", async () => {
  let now = Date.now();
  const setting = await startSetting({ now: () => now });
  const { faults, gatewayUrl } = setting.discord;
  const { gateway } = await connect(setting);
  faults.requestReconnect();
  await gateway.op(7);
  faults.duplicateDispatches(1);
  for (const text of ["one", "two"]) setting.world.say(setting.channel.id, setting.mia.id, text);
  await vi.waitFor(() => expect(gateway.texts()).toEqual(["one", "one", "two"]));
  faults.invalidateSessions({ resumable: true });
  expect((await gateway.op(9)).d).toBe(true);
  expect(setting.discord.sessions()).toHaveLength(1);
  faults.refuseConnections(1000);
  const refused = new RawGateway(gatewayUrl);
  expect(await refused.closed).toBe(1006);
  now += 1000;
  await new RawGateway(gatewayUrl).op(10);
  faults.dropSockets(4000);
  expect(await gateway.closed).toBe(4000);
});

it("keeps channels to itself that the bot may not see", async () => {
  const setting = await startSetting();
  const { world, channel, mia } = setting;
  const { gateway } = await connect(setting);
  world.deny(channel.id, "VIEW_CHANNEL");
  world.say(channel.id, mia.id, "behind its back");
  world.allow(channel.id, "VIEW_CHANNEL");
  world.say(channel.id, mia.id, "in the open");
  await gateway.dispatch("MESSAGE_CREATE");
  expect(gateway.texts()).toEqual(["in the open"]);
  expect(gateway.names()).toEqual([
    "READY",
    "GUILD_CREATE",
    "CHANNEL_DELETE",
    "CHANNEL_CREATE",
    "MESSAGE_CREATE",
  ]);
});
