import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../durable-objects/channel-session/database.ts";
import { ChannelVenue } from "../../durable-objects/channel-session/surfaces/discord/channel-venue.ts";
import { PostStore, toPost } from "../../durable-objects/channel-session/surfaces/discord/post-store.ts";
import { Poster } from "../../durable-objects/channel-session/surfaces/discord/poster.ts";
import { DiscordRest } from "../../shared/discord/rest.ts";

import { DiscordRoom, discord } from "./discord-room.ts";
import { Chat } from "./support.ts";

/** Longer than Discord knows a nonce, in milliseconds. */
const LATER = 10 * 60_000;

/** The network between a session and Discord, and a Discord that has forgotten its nonces. */
interface Network {
  /** What becomes of a request that changes something: its answer is lost, or it never arrives. */
  loses: "nothing" | "answers" | "requests";
  nonces: "known" | "forgotten";
}

/** Posts of one turn in one channel, over the real storage of a session and the real protocol. */
interface Posting {
  turnId: string;
  poster: Poster;
  posts: PostStore;
  venue: ChannelVenue;
  network: Network;
  /** Lets this long pass for whoever posts, in milliseconds. */
  pass(ms: number): void;
  /** An effort of a second from now. */
  briefly(): { deadline: number };
}

/** Lets somebody post in a new channel. @returns what stands there in the end, oldest first, without what people have said */
async function post(act: (posting: Posting, room: DiscordRoom) => Promise<void>): Promise<string[]> {
  const room = await DiscordRoom.open();
  await runInDurableObject(new Chat().stub, async (_, { storage }) => {
    const turnId = crypto.randomUUID();
    let now = Date.now();
    const network: Network = { loses: "nothing", nonces: "known" };
    const rest = new DiscordRest({
      ...{ baseUrl: env.DISCORD_API_BASE_URL, token: env.TALKER__DISCORD_BOT_TOKEN, random: Math.random },
      now: () => now,
      // Nobody has the patience to try again.
      sleep: async (ms) => {
        now += ms;
      },
      fetch: (url, init) => request(url, init, network),
    });
    const posts = new PostStore(openDatabase(storage));
    const poster = new Poster({ posts, turnId, now: () => now });
    const { channelId } = room;
    const venue = new ChannelVenue({ rest, posts, channelId, place: "channel", reply: null });
    const pass = (ms: number) => {
      now += ms;
    };
    const briefly = () => ({ deadline: now + 1_000 });
    await act({ turnId, poster, posts, venue, network, pass, briefly }, room);
  });
  const all = await discord.world.messages(room.channelId);
  return all.filter(({ author }) => author.id === room.botId).map(({ content }) => content);
}

async function request(url: string, init: RequestInit, { loses, nonces }: Network): Promise<Response> {
  const isChange = init.method !== "GET";
  if (isChange && loses === "requests") throw new TypeError("the connection was refused");
  const isForgetful = nonces === "forgotten" && typeof init.body === "string";
  const body = isForgetful ? { body: String(init.body).replace('"enforce_nonce":true', '"tts":false') } : {};
  const response = await fetch(url, { ...init, ...body });
  if (isChange && loses === "answers") {
    await response.body?.cancel();
    throw new TypeError("the connection was reset");
  }
  if (isChange || nonces === "known" || !response.ok) return response;
  return new Response((await response.text()).replace(/"nonce":/g, '"formerly":'), response);
}

const message = (part: number, content: string) => ({ part, content, controls: [] });
const soon = { deadline: Number.MAX_SAFE_INTEGER };

describe("a post of which nobody knows what became", () => {
  it("is not made twice, also when Discord no longer knows its nonce", async () => {
    const shown = await post(async ({ poster, venue, network, pass, briefly }) => {
      network.loses = "answers";
      const lost = poster.do({ do: "create", ...message(0, "once") }, venue, briefly());
      await expect(lost).rejects.toMatchObject({ name: "DiscordError" });
      Object.assign(network, { loses: "nothing", nonces: "forgotten" });
      pass(LATER);
      await poster.do({ do: "create", ...message(0, "once") }, venue, soon);
    });
    expect(shown).toEqual(["once"]);
  });

  it("is made when it never arrived, although another part says the same", async () => {
    const shown = await post(async ({ poster, venue, network, pass, briefly }) => {
      await poster.do({ do: "create", ...message(0, "the same") }, venue, soon);
      network.loses = "requests";
      const lost = poster.do({ do: "create", ...message(1, "the same") }, venue, briefly());
      await expect(lost).rejects.toMatchObject({ name: "DiscordError" });
      Object.assign(network, { loses: "nothing", nonces: "forgotten" });
      pass(LATER);
      await poster.do({ do: "create", ...message(1, "the same") }, venue, soon);
    });
    expect(shown).toEqual(["the same", "the same"]);
  });

  it("is made when it never arrived, although somebody else has said the same", async () => {
    const shown = await post(async ({ poster, venue, network, pass, briefly }, { channelId, userId }) => {
      network.loses = "requests";
      const lost = poster.do({ do: "create", ...message(0, "Hello!") }, venue, briefly());
      await expect(lost).rejects.toMatchObject({ name: "DiscordError" });
      await discord.world.say(channelId, userId, "Hello!");
      Object.assign(network, { loses: "nothing", nonces: "forgotten" });
      pass(LATER);
      await poster.do({ do: "create", ...message(0, "Hello!") }, venue, soon);
    });
    expect(shown).toEqual(["Hello!"]);
  });
});

describe("an edit of which nobody knows what became", () => {
  it("leaves the message for one that may say anything, so it is made again", async () => {
    await post(async ({ turnId, poster, posts, venue, network, briefly }) => {
      await poster.do({ do: "create", ...message(0, "before") }, venue, soon);
      const [made] = posts.ofTurn(turnId);
      const messageId = made?.messageId ?? "";
      network.loses = "answers";
      const lost = poster.do({ do: "edit", messageId, ...message(0, "after") }, venue, briefly());
      await expect(lost).rejects.toMatchObject({ name: "DiscordError" });
      expect(posts.ofTurn(turnId).map(toPost)).toMatchObject([{ messageId, content: null }]);
    });
  });
});
