/** While an old cluster and this Worker serve one bot: of the two, whoever takes a message's lock answers it. */
import { secretReader } from "../../shared/character/secrets.ts";
import { discordEventId } from "../../shared/discord/event-id.ts";
import { discordSettings } from "../../shared/discord/settings.ts";
import type { Logger } from "../../shared/log.ts";
import { findAgentIfAny } from "../agent/find-agent.ts";
import { connectRedis } from "../clients/redis.ts";
import type { Env } from "../env.ts";

/** How long a lock holds, in seconds: the original's. */
const HOLD_SECONDS = 300;

export class SharedLock {
  readonly #env: Env;
  readonly #agent: string;
  readonly #log: Logger;
  /** Since when Redis fails is told once. */
  #isFailing = false;

  constructor(env: Env, agent: string, log: Logger) {
    this.#env = env;
    this.#agent = agent;
    this.#log = log;
  }

  /**
   * Takes the lock of a message, where the character asks for one. Taking it again is no change: a batch may come twice.
   *
   * Where Redis does not answer, the message is answered: two answers are better than none, and a cluster whose Redis is
   * away has no workers that could answer.
   *
   * @returns whether the message is ours.
   */
  async take(messageId: string): Promise<boolean> {
    const agent = findAgentIfAny(this.#agent);
    const template = agent && discordSettings(agent.character).sharedLock;
    if (!template) return true;
    const key = template.replaceAll("{messageId}", messageId);
    const owner = `rig-edge:${this.#agent}`;
    const log = this.#log.with({ trace: discordEventId(messageId) });
    try {
      const redis = await connectRedis(this.#agent, secretReader({ ...this.#env }, this.#agent));
      const taken = await redis.set(key, owner, { nx: true, ex: HOLD_SECONDS });
      const isOurs = taken === "OK" || (await redis.get(key)) === owner;
      this.#isFailing = false;
      if (!isOurs) log.log("info", "message.elsewhere");
      return isOurs;
    } catch (error) {
      if (!this.#isFailing) log.log("error", "lock.unreachable", { key, cause: String(error) });
      this.#isFailing = true;
      return true;
    }
  }
}
