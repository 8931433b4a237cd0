import type { Logger } from "../../../../shared/log.ts";
import { callHub } from "../../../clients/calls.ts";
import type { Env } from "../../../env.ts";
import type { ThreadRefusal } from "./channel-placement.ts";

/** Threads that the bot may not have: the answer goes to the channel, and the agent's hub tells the operator, once a day. */
export class ThreadRefusals {
  readonly #env: Env;
  readonly #agent: string;

  constructor(env: Env, agent: string) {
    this.#env = env;
    this.#agent = agent;
  }

  note({ channel, error: { code, message } }: ThreadRefusal, log: Logger): void {
    log.log("warn", "discord.no_thread", { cause: message });
    if (code !== "forbidden") return;
    const note = { channel, cause: message };
    void callHub(this.#env, this.#agent, (hub) => hub.noteThreadRefused(note)).catch(() => {
      log.log("error", "discord.thread_refused", { cause: message });
    });
  }
}
