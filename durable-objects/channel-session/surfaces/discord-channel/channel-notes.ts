import type { DiscordError } from "../../../../shared/discord/errors.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordTarget, Inability } from "../../../../shared/session/event.ts";
import { callHub, callLink } from "../../../clients/calls.ts";
import type { Env } from "../../../env.ts";

/** How long a permission that is missing is remembered, in milliseconds, unless Discord tells of a change. */
const MISSING_MS = 600_000;

/** What is learnt of a channel while something is said in it: for the link, which routes what comes next, and for the operator. */
export class ChannelNotes {
  readonly #env: Env;
  readonly #agent: string;
  readonly #conversation: string;

  constructor(env: Env, agent: string, conversation: string) {
    this.#env = env;
    this.#agent = agent;
    this.#conversation = conversation;
  }

  /** The bot cannot do that in a channel: not for as long as a limit lasts, or until somebody grants it. */
  cannot({ channelId, shard }: DiscordTarget, what: Inability, error: DiscordError, log: Logger): void {
    const cause = error.message;
    log.log("warn", "discord.cannot", { channel: channelId, what, cause });
    const isMissing = error.code === "forbidden";
    const ms = error.waitMs ?? (isMissing ? MISSING_MS : 0);
    const link = { agent: this.#agent, shard: shard ?? 0 };
    if (ms > 0)
      this.#tell(log, () =>
        callLink(this.#env, link, (to) => to.noteCannot({ channel: channelId, what, ms })),
      );
    if (!isMissing) return;
    const note = { channel: channelId, what, cause };
    this.#tell(log, () => callHub(this.#env, this.#agent, (hub) => hub.noteCannot(note)));
  }

  /**
   * The conversation goes on in these threads, and in reply to these messages.
   *
   * @param instead the thread that is gone, in whose place a new one was started.
   */
  goesOn({ shard }: DiscordTarget, places: readonly string[], log: Logger, instead?: string): void {
    const note = { conversation: this.#conversation, places, ...(instead !== undefined && { instead }) };
    const link = { agent: this.#agent, shard: shard ?? 0 };
    this.#tell(log, () => callLink(this.#env, link, (to) => to.noteConversation(note)));
  }

  /** Nobody waits for a note, and none costs an answer. */
  #tell(log: Logger, tell: () => Promise<void>): void {
    void tell().catch((error: unknown) => log.log("warn", "discord.not_noted", { cause: String(error) }));
  }
}
