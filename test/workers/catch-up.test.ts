import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Directory } from "../../durable-objects/gateway-link/directory.ts";
import { discord, Shard } from "./shard.ts";

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await discord.faults.clear();
});

/** A guild of the fake's with channels of these names, and somebody who writes in them. */
class Town {
  readonly guildId: string;
  readonly channels: string[];
  readonly mia: string;

  private constructor(guildId: string, channels: string[], mia: string) {
    this.guildId = guildId;
    this.channels = channels;
    this.mia = mia;
  }

  static async found(...names: string[]): Promise<Town> {
    const { id } = await discord.world.createGuild("Town");
    const mia = await discord.world.createUser({ username: "mia", globalName: "Mia" });
    await discord.world.join(id, mia.id);
    const channels: string[] = [];
    for (const name of names) channels.push((await discord.world.createChannel(id, name)).id);
    return new Town(id, channels, mia.id);
  }

  async say(channel: string, ...texts: string[]) {
    const said = [];
    for (const text of texts) said.push(await discord.world.say(channel, this.mia, text));
    return said;
  }

  /** GUILD_CREATE as the gateway forwards it. */
  async created() {
    const all = await discord.world.channels(this.guildId);
    const isThread = ({ type }: { type: number }) => type === 11;
    const [threads, channels] = [all.filter(isThread), all.filter((channel) => !isThread(channel))];
    return { id: this.guildId, joined_at: "2020-01-01T00:00:00Z", channels, threads };
  }

  live(shard: Shard, message: object) {
    return shard.event("MESSAGE_CREATE", { ...message, guild_id: this.guildId, member: { roles: [] } });
  }
}

/** A shard that has been installed, and has heard of everything in a town so far. */
async function installed(town: Town, agent?: string): Promise<Shard> {
  const shard = new Shard(agent);
  await shard.lease();
  await shard.beginCold(await town.created());
  await shard.untilIdle();
  return shard;
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`);
/** Pages of a channel that were asked for. */
async function pagesOf(channel: string): Promise<string[]> {
  const { requests } = await discord.report();
  return requests.flatMap(({ method, path }) =>
    method === "GET" && path.startsWith(`/channels/${channel}/messages`) ? path : [],
  );
}

describe("a cold start of the gateway", () => {
  it("brings what was missed in channels, threads that are new, and DMs, each once and in order", async () => {
    const town = await Town.found("help", "elsewhere");
    const [help = "", elsewhere = ""] = town.channels;
    const shard = await installed(town);
    const dm = await discord.world.openDm(town.mia);
    const [psst] = await town.say(dm.id, "psst");
    const [seen] = await town.say(help, "seen live");
    await shard.deliver(town.live(shard, seen ?? {}), shard.event("MESSAGE_CREATE", psst));
    await town.say(help, "missed 1", "missed 2");
    await town.say(elsewhere, "none of its business");
    const thread = await discord.world.startThread(help, town.mia, "A thread");
    await town.say(thread.id, "in a thread 1", "in a thread 2");
    await town.say(dm.id, "psst again");
    await shard.beginCold(await town.created());
    await shard.untilInbox(help, ["seen live", "missed 1", "missed 2"]);
    await shard.untilInbox(thread.id, ["in a thread 1", "in a thread 2"]);
    await shard.untilInbox(dm.id, ["psst", "psst again"]);
    await shard.untilIdle();
    await shard.beginCold(await town.created());
    await shard.untilIdle();
    expect(await shard.inbox(help)).toEqual(["seen live", "missed 1", "missed 2"]);
    expect(await pagesOf(elsewhere)).toEqual([]);
  });

  it("answers nothing that is older than the installation", async () => {
    const town = await Town.found("help");
    const [help = ""] = town.channels;
    await town.say(help, "before its time");
    const shard = await installed(town);
    expect(await shard.inbox(help)).toEqual([]);
    expect(await pagesOf(help)).toEqual([]);
    await town.say(help, "after");
    await shard.beginCold(await town.created());
    await shard.untilInbox(help, ["after"]);
  });

  it("keeps live messages behind those that were missed before them", async () => {
    const town = await Town.found("help");
    const [help = ""] = town.channels;
    const shard = await installed(town);
    await town.say(help, "missed 1", "missed 2");
    await discord.faults.restLatency(300);
    await shard.beginCold(await town.created());
    const [live] = await town.say(help, "live");
    await shard.deliver(town.live(shard, live ?? {}));
    expect(await shard.inbox(help)).toEqual([]);
    await shard.untilInbox(help, ["missed 1", "missed 2", "live"]);
    const [next] = await town.say(help, "next");
    await shard.untilIdle();
    await shard.deliver(town.live(shard, next ?? {}));
    await shard.untilInbox(help, ["missed 1", "missed 2", "live", "next"]);
  });

  it("keeps of a busy channel the newest that the character allows, each once and in order", async () => {
    const town = await Town.found("busy");
    const [busy = ""] = town.channels;
    const shard = await installed(town);
    const [hang] = await town.say(busy, "[[hang]]");
    await shard.deliver(town.live(shard, hang ?? {}));
    await town.say(busy, ...numbered(230));
    await shard.beginCold(await town.created());
    await shard.untilRead();
    // Its conversation hangs, and takes as many as may wait; the others are held.
    await shard.untilInbox(busy, ["[[hang]]", "m80", "m81"]);
    const held = await shard.rows(
      "select json_extract(message, '$.content') as text from held order by cast(message_id as integer)",
    );
    expect(held.map(({ text }) => text)).toEqual(numbered(230).slice(82));
  });

  it("reads channels in turns, a page of each, so that four busy ones do not starve a fifth", async () => {
    const town = await Town.found("busy", "busy", "busy", "busy", "help");
    const busy = town.channels.slice(0, 4);
    const help = town.channels[4] ?? "";
    const shard = await installed(town);
    for (const channel of busy) await town.say(channel, ...numbered(101));
    await town.say(help, "quiet");
    await discord.forget();
    await shard.beginCold(await town.created());
    await shard.untilInbox(help, ["quiet"]);
    await shard.untilRead();
    const { requests } = await discord.report();
    const order = requests.flatMap(({ method, path }) =>
      method === "GET" ? (/^\/channels\/(\d+)\/messages$/.exec(path)?.[1] ?? []) : [],
    );
    expect(order.slice(0, 5).toSorted()).toEqual(town.channels.toSorted());
    expect(order.slice(5).toSorted()).toEqual(busy.toSorted());
  });

  it("goes on where it was when the link dies in the middle", async () => {
    const town = await Town.found("help");
    const [help = ""] = town.channels;
    const shard = await installed(town);
    await town.say(help, ...numbered(120));
    const end = vi.spyOn(Directory.prototype, "endCatchUp").mockImplementation(() => {
      throw new Error("dies");
    });
    await shard.beginCold(await town.created());
    await vi.waitFor(() => expect(end).toHaveBeenCalled(), { timeout: 20_000 });
    await abortAllDurableObjects();
    vi.restoreAllMocks();
    await discord.forget();
    await runDurableObjectAlarm(shard.stub);
    await vi.waitFor(async () => expect(await shard.inbox(help)).not.toEqual([]), { timeout: 20_000 });
    expect((await shard.inbox(help)).slice(0, 3)).toEqual(
      ["m0", "m1", "m2"].slice(0, (await shard.inbox(help)).length),
    );
    expect(await pagesOf(help)).toHaveLength(1);
  });

  it("tries again while Discord is away, and tells once of a channel that it may not read", async () => {
    const town = await Town.found("help", "busy");
    const [help = "", busy = ""] = town.channels;
    const shard = await installed(town);
    await town.say(help, "missed");
    await town.say(busy, "out of reach");
    const guild = await town.created();
    await discord.world.deny(busy, "VIEW_CHANNEL");
    await discord.faults.rest({ kind: "status", status: 503, times: 1 });
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    for (let time = 0; time < 2; time++) {
      await shard.beginCold(guild);
      await shard.untilIdle();
    }
    await shard.untilInbox(help, ["missed"]);
    expect(await shard.inbox(busy)).toEqual([]);
    const told = error.mock.calls.flat().filter((line) => String(line).includes("catch-up.refused"));
    expect(told).toHaveLength(1);
  });

  it("leaves what is older than the character allows", async () => {
    const town = await Town.found("help");
    const [help = ""] = town.channels;
    const shard = await installed(town);
    await town.say(help, "yesterday");
    const guild = await town.created();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * 3_600_000 });
    await shard.lease();
    await shard.beginCold(guild);
    await shard.untilIdle();
    expect(await shard.inbox(help)).toEqual([]);
  });

  it("answers those whose role may, though REST tells no roles, and nobody else uses up what is kept", async () => {
    const town = await Town.found("help");
    const [help = ""] = town.channels;
    const stranger = await discord.world.createUser({ username: "stranger" });
    await discord.world.join(town.guildId, stranger.id);
    await discord.world.join(town.guildId, town.mia, { roles: ["700000000000000007"] });
    const shard = await installed(town, "guarded");
    await town.say(help, "one", "two");
    for (const text of ["me", "me too", "and me"]) await discord.world.say(help, stranger.id, text);
    await shard.beginCold(await town.created());
    await shard.untilIdle();
    expect(await shard.inbox(help)).toEqual(["one", "two"]);
  });
});
