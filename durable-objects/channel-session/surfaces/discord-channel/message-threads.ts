import type { RESTPostAPIChannelMessagesThreadsJSONBody } from "discord-api-types/v10";
import * as z from "zod";
import { DISCORD_CODE, DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import { waysAround } from "../../../../shared/discord/other-ways.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Effort } from "../discord/venue.ts";
import type { ThreadStore } from "./thread-store.ts";

/** After so many minutes without a message Discord puts a thread away. */
const AUTO_ARCHIVE_MINUTES = 1_440;
/** How long the limit of the threads of a channel is waited for, in milliseconds: it may last for minutes. */
const NOW_MS = 3_000;
/** A name that no rule of a server objects to. */
const PLAIN_NAME = "Thread";

const channel = z.object({ id: z.string() });

/** A thread that is to be started from a message. */
export interface WantedThread {
  channelId: string;
  messageId: string;
  name: string;
}

/** The threads of messages, each asked for once: what nobody knows the outcome of is looked for before it is asked for again. */
export class MessageThreads {
  readonly #rest: DiscordRest;
  readonly #threads: ThreadStore;

  constructor(rest: DiscordRest, threads: ThreadStore) {
    this.#rest = rest;
    this.#threads = threads;
  }

  /**
   * Has the thread of a message.
   *
   * @returns `made`, or why there is none now; `none` where that was found before.
   * @throws DiscordError when it may be tried again, or the token is no good.
   */
  async have(
    { channelId, messageId, name }: WantedThread,
    effort: Effort,
  ): Promise<"made" | "none" | DiscordError> {
    const known = this.#threads.stateOf(messageId);
    if (known === "made" || known === "none") return known;
    if (known === "asked" && (await this.#isThere(messageId, effort))) return this.#is("made", messageId);
    this.#threads.set(messageId, "asked");
    const path = `/channels/${channelId}/messages/${messageId}/threads`;
    const start = (called: string) => {
      const body: RESTPostAPIChannelMessagesThreadsJSONBody = {
        name: called,
        auto_archive_duration: AUTO_ARCHIVE_MINUTES,
      };
      return this.#rest.request({
        method: "POST",
        path,
        body,
        limitMs: NOW_MS,
        answer: "optional",
        ...effort,
      });
    };
    try {
      await start(name).catch((error: unknown) => {
        if (!(error instanceof DiscordError) || !waysAround("thread", error).includes("plain-name"))
          throw error;
        return start(PLAIN_NAME);
      });
      return this.#is("made", messageId);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      if (error.discordCode === DISCORD_CODE.threadExists) return this.#is("made", messageId);
      const isLimited = error.waitMs !== undefined;
      if (!isLimited && !waysAround("thread", error).includes("in-channel")) throw error;
      this.#is("none", messageId);
      return error;
    }
  }

  /** The thread is gone, or of no use. */
  lose(messageId: string): void {
    this.#is("none", messageId);
  }

  #is<State extends "made" | "none">(state: State, messageId: string): State {
    this.#threads.set(messageId, state);
    return state;
  }

  async #isThere(messageId: string, effort: Effort): Promise<boolean> {
    try {
      await this.#rest.read(channel, { method: "GET", path: `/channels/${messageId}`, ...effort });
      return true;
    } catch (error) {
      if (error instanceof DiscordError && isFinal(error) && error.code !== "unauthorized") return false;
      throw error;
    }
  }
}
