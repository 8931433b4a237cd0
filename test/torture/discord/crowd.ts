/** The people of a torture run: they write what the plan says, in threads once there is one, and see what the bot shows. */
import { setTimeout as delay } from "node:timers/promises";
import type { APIMessage } from "discord-api-types/v10";
import type { FakeDiscord } from "../../support/discord/fake-discord.ts";
import type { World } from "../../support/discord/world.ts";
import { CHANNELS, DMS, type PlannedConversation } from "./plan.ts";
import type { ShownMessage } from "./verdict.ts";

/** Where a conversation took place, and when it began there. */
export interface Place {
  channelId: string;
}

export interface Crowd {
  /** Says everything in its time and order. Resolves when all is said. */
  talk(conversation: PlannedConversation, start: number): Promise<Place>;
}

/** How often a user looks whether the thread is there, in milliseconds. */
const LOOK_MS = 100;
/** How long a user waits for it, in milliseconds: longer than Discord lets a bot wait for one. Then all of it is lost. */
const THREAD_PATIENCE_MS = 300_000;

/** A guild with the agent's channels, and users who know the bot. */
export function openCrowd({ world }: FakeDiscord): Crowd {
  const guild = world.createGuild("Torture");
  const channels = Array.from({ length: CHANNELS }, (_, n) => world.createChannel(guild.id, `c${n}`).id);
  const users = Array.from({ length: DMS }, (_, n) => world.createUser({ username: `user${n}` }).id);
  for (const user of users) world.join(guild.id, user);
  const dms = users.map((user) => world.openDm(user).id);

  return {
    async talk({ place, messages }, start) {
      const user = at(users, place.index % users.length);
      const [first, ...later] = messages;
      if (!first) throw new Error("nothing to say");
      await untilTime(start + first.at);
      let channelId = place.kind === "dm" ? at(dms, place.index) : at(channels, place.index);
      const opening = world.say(channelId, user, first.text);
      if (place.kind === "channel") {
        channelId = opening.id;
        const patience = performance.now() + THREAD_PATIENCE_MS;
        while (!isThere(world, channelId)) {
          if (performance.now() > patience) return { channelId };
          await delay(LOOK_MS);
        }
      }
      for (const message of later) {
        await untilTime(start + message.at);
        world.say(channelId, user, message.text);
      }
      return { channelId };
    },
  };
}

/** Reads what the bot has written in each conversation. */
export function conversationsOf(
  conversations: readonly PlannedConversation[],
  places: readonly Place[],
  read: (place: Place) => Promise<ShownMessage[]>,
): () => Promise<(conversation: PlannedConversation) => readonly ShownMessage[]> {
  return async () => {
    const shown = new Map<PlannedConversation, readonly ShownMessage[]>();
    for (const [n, conversation] of conversations.entries())
      shown.set(conversation, await read(at(places, n)));
    return (conversation) => shown.get(conversation) ?? [];
  };
}

/** The bot's messages of one channel, oldest first, with what its files hold. */
export async function readShown({ world }: FakeDiscord, { channelId }: Place): Promise<ShownMessage[]> {
  const bot = world.bot().id;
  if (!isThere(world, channelId)) return [];
  const own = world.messages(channelId).filter(({ author }) => author.id === bot);
  return Promise.all(own.map(async (message) => ({ content: message.content, file: await fileOf(message) })));
}

/** Whether there is a channel, thread or DM. */
function isThere(world: World, channelId: string): boolean {
  const guilds = world.guilds().flatMap(({ id }) => world.channels(id));
  return [...guilds, ...world.dms()].some(({ id }) => id === channelId);
}

async function fileOf({ attachments: [file] }: APIMessage): Promise<string | null> {
  return file === undefined ? null : (await fetch(file.url)).text();
}

async function untilTime(time: number): Promise<void> {
  await delay(Math.max(0, time - performance.now()));
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`there is no item ${index}`);
  return item;
}
