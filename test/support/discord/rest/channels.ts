/** Channels, threads and typing over REST. */
import type { RESTPatchAPIChannelJSONBody, RESTPostAPIChannelThreadsJSONBody } from "discord-api-types/v10";
import { Hono } from "hono";
import { startTyping } from "../messages.ts";
import { channelPayload, threadPayload } from "../payloads.ts";
import { missingPermissions, threadArchived, wrongChannelType } from "../problem.ts";
import type { ThreadState } from "../state.ts";
import type { Store } from "../store.ts";
import { setThread, type ThreadChange } from "../thread-change.ts";
import { startThread, startThreadFromMessage } from "../threads.ts";
import { bodyOf, type RestEnv, type RestState } from "./context.ts";

export function channelRoutes({ store }: RestState): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get("/channels/:channel", (c) => {
      const channel = store.channel(c.req.param("channel"));
      store.demand(channel);
      return c.json(channelPayload(store, channel));
    })
    .patch("/channels/:channel", (c) => {
      const channel = store.channel(c.req.param("channel"));
      store.demand(channel);
      if (channel.kind === "dm") throw wrongChannelType();
      // The bot has no MANAGE_CHANNELS.
      if (channel.kind === "text") throw missingPermissions();
      changeThread(store, channel, bodyOf<RESTPatchAPIChannelJSONBody>(c));
      return c.json(threadPayload(store, channel));
    })
    .post("/channels/:channel/typing", (c) => {
      const channel = store.channel(c.req.param("channel"));
      store.demand(channel, channel.kind === "thread" ? "SEND_MESSAGES_IN_THREADS" : "SEND_MESSAGES");
      startTyping(store, channel, store.bot.id);
      return c.body(null, 204);
    })
    .post("/channels/:channel/messages/:message/threads", (c) => {
      const channel = store.channel(c.req.param("channel"));
      store.demand(channel, "CREATE_PUBLIC_THREADS", "READ_MESSAGE_HISTORY");
      const message = store.message(channel.id, c.req.param("message"));
      const thread = startThreadFromMessage(store, message, newThread(store, bodyOf(c)));
      return c.json(threadPayload(store, thread), 201);
    })
    .post("/channels/:channel/threads", (c) => {
      const channel = store.channel(c.req.param("channel"));
      store.demand(channel, "CREATE_PUBLIC_THREADS");
      return c.json(threadPayload(store, startThread(store, channel, newThread(store, bodyOf(c)))), 201);
    })
    .put("/channels/:channel/thread-members/@me", (c) => {
      const thread = store.channel(c.req.param("channel"));
      store.demand(thread);
      if (thread.kind !== "thread") throw wrongChannelType();
      if (thread.archived) throw threadArchived();
      thread.memberIds.add(store.bot.id);
      return c.body(null, 204);
    });
}

function newThread(store: Store, { name, auto_archive_duration }: RESTPostAPIChannelThreadsJSONBody) {
  return {
    name,
    ownerId: store.bot.id,
    ...(auto_archive_duration ? { autoArchiveMinutes: auto_archive_duration } : {}),
  };
}

/**
 * Whoever may write in a thread may open it, unless it is locked. All other changes are for its owner or a moderator, and
 * none is possible while it stays archived ("Threads" in Discord's topics).
 */
function changeThread(store: Store, thread: ThreadState, body: RESTPatchAPIChannelJSONBody): void {
  const { name, archived, locked, auto_archive_duration } = body;
  const isModerator = store.may(thread, "MANAGE_THREADS");
  const opens = archived === false;
  if (thread.archived && !opens) throw threadArchived();
  if ((thread.locked || locked !== undefined) && !isModerator) throw missingPermissions();
  if (opens) store.demand(thread, "SEND_MESSAGES_IN_THREADS");
  else if (thread.ownerId !== store.bot.id && !isModerator) throw missingPermissions();
  const change: ThreadChange = {
    ...(typeof name === "string" ? { name } : {}),
    ...(archived === undefined ? {} : { archived }),
    ...(locked === undefined ? {} : { locked }),
    ...(auto_archive_duration ? { autoArchiveMinutes: auto_archive_duration } : {}),
  };
  setThread(store, thread, change);
}
