import { DiscordError } from "../../../../shared/discord/errors.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import { type AnswerStatus, DEBOUNCE_MS, nextReaction } from "../../../../shared/discord/status-reaction.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { Sleep } from "../../../../shared/time/sleep.ts";

/** Where it is shown, and by what. */
export interface StatusReactionOptions {
  rest: DiscordRest;
  channelId: string;
  messageId: string;
  /** Reactions of ours that may be there already. */
  shown: Iterable<string>;
  log: Logger;
  sleep: Sleep;
}

/** The status of an answer as a reaction to its message. Nobody waits for it, and a failure ends it: it is decoration. */
export class StatusReaction {
  readonly #options: StatusReactionOptions;
  readonly #shown: Set<string>;
  readonly #settled = new AbortController();
  #status: AnswerStatus | null = null;
  #isWorking = false;
  #hasFailed = false;

  constructor(options: StatusReactionOptions) {
    this.#options = options;
    this.#shown = new Set(options.shown);
  }

  /** Shows a status once it has lasted. */
  show(status: AnswerStatus): void {
    if (this.#settled.signal.aborted || status === this.#status) return;
    this.#status = status;
    this.#work();
  }

  /** Shows the last status, at once. `null`: no reaction stays. */
  settle(status: "done" | "error" | null): void {
    this.#status = status;
    this.#settled.abort();
    this.#work();
  }

  #work(): void {
    if (this.#isWorking || this.#hasFailed) return;
    this.#isWorking = true;
    void this.#follow()
      .catch((error: unknown) => {
        this.#hasFailed = true;
        const cause = error instanceof DiscordError ? error.message : String(error);
        this.#options.log.log("warn", "discord.no_reaction", { cause });
      })
      .finally(() => {
        this.#isWorking = false;
      });
  }

  async #follow(): Promise<void> {
    const { rest, channelId, messageId, sleep } = this.#options;
    for (;;) {
      const status = this.#status;
      await sleep(DEBOUNCE_MS, this.#settled.signal);
      if (status !== this.#status) continue;
      const action = nextReaction(status, this.#shown);
      if (action.do === "nothing") return;
      const reaction = encodeURIComponent(action.emoji);
      const path = `/channels/${channelId}/messages/${messageId}/reactions/${reaction}/@me`;
      // Noted first: what fails half-way may have taken effect.
      this.#shown.add(action.emoji);
      if (action.do === "add") await rest.request({ method: "PUT", path });
      else {
        await rest.request({ method: "DELETE", path }).catch(unlessGone);
        this.#shown.delete(action.emoji);
      }
    }
  }
}

/** What was only maybe there need not be there to be removed. */
function unlessGone(error: unknown): void {
  if (!(error instanceof DiscordError) || error.code !== "not_found") throw error;
}
