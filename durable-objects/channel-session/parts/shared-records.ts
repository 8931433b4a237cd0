import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { forgetChat, recordChat } from "../../../d1/chats.ts";
import { describeD1Failure } from "../../../d1/failure.ts";
import { purgeMemory } from "../../../d1/memory/purge.ts";
import type { Character } from "../../../shared/character/schema.ts";
import type { Logger } from "../../../shared/log.ts";
import type { OpenTurn } from "../engine/open-turn.ts";
import type { InboxRow } from "../engine/schema.ts";
import type { Part } from "./part.ts";

/** What a conversation writes in D1 beside its turns. Nobody waits for it: a failure is logged, and that is all. */
export class SharedRecords implements Part {
  readonly #ctx: DurableObjectState;
  readonly #d1: D1Database;
  readonly #agent: string;
  readonly #chat: string | undefined;
  readonly #log: Logger;

  /** `chat`: its id, if the conversation is one that the chat list shows. */
  constructor(
    ctx: DurableObjectState,
    d1: D1Database,
    { agent, chat }: { agent: string; chat: string | undefined },
    log: Logger,
  ) {
    this.#ctx = ctx;
    this.#d1 = d1;
    this.#agent = agent;
    this.#chat = chat;
    this.#log = log;
  }

  /** Puts the conversation on top of the chat list. `now`: Unix milliseconds. */
  listChat({ event }: InboxRow, now: number): void {
    this.#inChatList((db, id) => recordChat(db, this.#agent, { id, title: event.text, updatedAt: now }));
  }

  afterTurn({ message }: OpenTurn): void {
    this.listChat(message, Date.now());
  }

  /** Takes the conversation off the chat list. */
  unlistChat(): void {
    this.#inChatList((db, chat) => forgetChat(db, this.#agent, chat));
  }

  /** Forgets facts and patterns of the agent whose time has come. `now`: Unix milliseconds. */
  purgeMemory(memory: Character["memory"], now: number): void {
    this.#change("memory.purge_failed", (db) => purgeMemory(db, this.#agent, memory, now));
  }

  #inChatList(change: (db: DrizzleD1Database, chat: string) => Promise<void>): void {
    const chat = this.#chat;
    if (chat !== undefined) this.#change("chats.unavailable", (db) => change(db, chat));
  }

  #change(failure: string, change: (db: DrizzleD1Database) => Promise<void>): void {
    const changed = change(drizzle(this.#d1)).catch((error: unknown) => {
      this.#log.log("warn", failure, { cause: describeD1Failure(error) });
    });
    this.#ctx.waitUntil(changed);
  }
}
