/** How threads begin. */
import { emitMessageUpdate, postMessage } from "./messages.ts";
import { threadPayload } from "./payloads.ts";
import { threadExists, wrongChannelType } from "./problem.ts";
import {
  type ChannelState,
  MESSAGE_FLAGS,
  MESSAGE_TYPES,
  type MessageState,
  type ThreadState,
} from "./state.ts";
import type { Store } from "./store.ts";

export interface NewThread {
  name: string;
  ownerId: string;
  autoArchiveMinutes?: ThreadState["autoArchiveMinutes"];
}

/**
 * Starts a thread from a message and with its id. The first thing in it is a message of type 21 that stands for the one
 * it was started from.
 *
 * @throws DiscordProblem 160004 when it has one already, 50024 where threads cannot be
 */
export function startThreadFromMessage(store: Store, message: MessageState, thread: NewThread): ThreadState {
  const parent = store.channel(message.channelId);
  if (store.threadOf(message) !== undefined) throw threadExists();
  const made = addThread(store, parent, message.id, thread);
  message.flags |= MESSAGE_FLAGS.hasThread;
  emitMessageUpdate(store, message);
  postMessage(store, {
    channelId: made.id,
    authorId: message.authorId,
    content: "",
    type: MESSAGE_TYPES.threadStarter,
    reference: { channelId: parent.id, messageId: message.id },
  });
  return made;
}

/** Starts a thread that belongs to no message; its channel says so with a message of type 18. */
export function startThread(store: Store, parent: ChannelState, thread: NewThread): ThreadState {
  const made = addThread(store, parent, store.newId(), thread);
  postMessage(store, {
    channelId: parent.id,
    authorId: thread.ownerId,
    content: thread.name,
    type: MESSAGE_TYPES.threadCreated,
    reference: { channelId: made.id, messageId: null },
  });
  return made;
}

function addThread(store: Store, parent: ChannelState, id: string, thread: NewThread): ThreadState {
  if (parent.kind !== "text") throw wrongChannelType();
  const now = store.now();
  const made = store.addChannel<ThreadState>({
    kind: "thread",
    id,
    guildId: parent.guildId,
    parentId: parent.id,
    name: thread.name,
    ownerId: thread.ownerId,
    memberIds: new Set([thread.ownerId]),
    archived: false,
    locked: false,
    archiveChangedAt: now,
    autoArchiveMinutes: thread.autoArchiveMinutes ?? 1440,
    createdAt: now,
    messages: [],
    messagesSent: 0,
    lastMessageId: null,
  });
  const d = { ...threadPayload(store, made), newly_created: true };
  store.emit({ t: "THREAD_CREATE", d, guildId: made.guildId, channelId: made.id });
  return made;
}
