/**
 * Reads what was written while no gateway listened, channel by channel in turns: one page of each, so that a busy channel
 * starves none. A page is held before the channel's progress moves, so whatever dies, the next instance goes on from there.
 */
import { discordEventId, messageTrace } from "../../shared/discord/event-id.ts";
import { type DiscordMessage, readMember, readMessage } from "../../shared/discord/read-message.ts";
import { compareSnowflakes, newestSnowflake } from "../../shared/discord/snowflake.ts";
import type { Logger } from "../../shared/log.ts";
import { retentionMs } from "../../shared/time/retention.ts";
import type { Admission } from "./admission.ts";
import { type Directory, seenUpTo } from "./directory.ts";
import type { DiscordReads } from "./discord-reads.ts";
import type { MessageStore } from "./message-store.ts";
import type { ChannelRow } from "./schema.ts";
import type { UnreadFields } from "./unread-fields.ts";

/** Messages of one page: as many as Discord gives (Discord, "Get Channel Messages"). */
const PAGE = 100;
/** Pages that are read side by side. */
const READERS = 4;

export interface MissedMessageParts {
  admission: Admission;
  directory: Directory;
  messages: MessageStore;
  discord: DiscordReads;
  storage: DurableObjectStorage;
  unread: UnreadFields;
  log: Logger;
  /** Unix milliseconds. */
  now: () => number;
}

/**
 * Reads one page of every channel that may have missed messages.
 *
 * @param finished is called for each channel whose last page has been read.
 * @returns whether every page could be read; those that could not are to be tried again.
 */
export async function readNextPages(
  parts: MissedMessageParts,
  finished: (channelId: string) => Promise<void>,
): Promise<boolean> {
  const behind = parts.directory.catchingUp();
  let isComplete = true;
  const reader = async () => {
    for (let channel = behind.shift(); channel; channel = behind.shift()) {
      try {
        if (await readNextPage(channel, parts)) await finished(channel.id);
      } catch (error) {
        isComplete = false;
        parts.log.log("warn", "catch-up.failed", { channel: channel.id, cause: String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return isComplete;
}

/** @returns whether it was the channel's last. @throws what may pass. */
async function readNextPage(channel: ChannelRow, parts: MissedMessageParts): Promise<boolean> {
  const { admission, directory, messages, discord, log, now } = parts;
  const { maxAge, maxMessages } = admission.settings.catchUp;
  if (maxMessages === 0) return end(channel, parts);
  const age = retentionMs(maxAge);
  const after = seenUpTo(channel, age === null ? 0 : now() - age);
  const page = await discord.messagesAfter(channel.id, after, PAGE);
  if ("refused" in page) {
    // Said once, not at each start of the gateway.
    if (!channel.isUnreadable)
      log.log("error", "catch-up.refused", { channel: channel.id, cause: page.refused });
    return end(channel, parts, { isUnreadable: true });
  }
  // What is no list was not read, and nothing is known of what is missing.
  if (!Array.isArray(page.value)) throw new TypeError("the page of messages is no list");
  const listed: readonly unknown[] = page.value;
  const found = await completed(readAll(listed, channel, parts), channel, parts);
  parts.storage.transactionSync(() => {
    for (const message of found) {
      if (!admission.mayAdmit(message)) continue;
      messages.hold(message, "missed");
      log.log("debug", "message.held", { trace: discordEventId(message.id), channel: channel.id });
    }
    directory.seen(channel.id, newestSnowflake(after, ...found.map(({ id }) => id)));
    const left = messages.keepNewestMissed(channel.id, maxMessages);
    if (left > 0) log.log("warn", "catch-up.cut", { channel: channel.id, left, kept: maxMessages });
  });
  // A page of nothing but what cannot be read leads no further.
  const isLast = listed.length < PAGE || found.length === 0;
  return isLast && end(channel, parts);
}

/** The messages of a page, oldest first. */
function readAll(
  page: readonly unknown[],
  { id, guildId }: ChannelRow,
  { log, unread }: Pick<MissedMessageParts, "log" | "unread">,
): DiscordMessage[] {
  const found = page.flatMap((data) => {
    const reading = readMessage(data);
    const told = log.with({ trace: messageTrace(data) });
    if ("problem" in reading) {
      told.log("warn", "event.unreadable", { channel: id, problem: reading.problem });
      return [];
    }
    if (reading.unread) unread.tell(told, { type: "missed message", unread: reading.unread });
    // REST leaves out the guild, by which a DM is told from a channel.
    return { ...reading.value, guild_id: guildId };
  });
  return found.toSorted((a, b) => compareSnowflakes(a.id, b.id));
}

/** Messages with their authors' roles where roles decide: unlike the Gateway, REST leaves the member out. */
async function completed(
  found: readonly DiscordMessage[],
  { guildId }: ChannelRow,
  { admission, discord }: MissedMessageParts,
): Promise<readonly DiscordMessage[]> {
  if (guildId === null || admission.settings.allowedRoles.length === 0) return found;
  const members = new Map<string, DiscordMessage["member"]>();
  for (const { author, member } of found) {
    if (member || author.bot || members.has(author.id)) continue;
    const answer = await discord.member(guildId, author.id);
    const reading = "value" in answer ? readMember(answer.value) : undefined;
    members.set(author.id, reading && "value" in reading ? reading.value : null);
  }
  return found.map((message) => ({ ...message, member: message.member ?? members.get(message.author.id) }));
}

/** What came live in the meantime is held behind what was read, so all of it is dealt with or on its way. */
function end(
  { id }: ChannelRow,
  { directory, messages }: MissedMessageParts,
  how: { isUnreadable: boolean } = { isUnreadable: false },
): true {
  directory.endCatchUp(id, how);
  const newest = messages.newest(id);
  if (newest !== undefined) directory.seen(id, newest);
  return true;
}
