import { threadPayload } from "./payloads.ts";
import type { ThreadState } from "./state.ts";
import type { Store } from "./store.ts";

/** What can change in a thread. */
export type ThreadChange = Partial<Pick<ThreadState, "name" | "archived" | "locked" | "autoArchiveMinutes">>;

export function setThread(store: Store, thread: ThreadState, change: ThreadChange): void {
  if (change.archived !== undefined && change.archived !== thread.archived)
    thread.archiveChangedAt = store.now();
  Object.assign(thread, change);
  const d = threadPayload(store, thread);
  store.emit({ t: "THREAD_UPDATE", d, guildId: thread.guildId, channelId: thread.id });
}
