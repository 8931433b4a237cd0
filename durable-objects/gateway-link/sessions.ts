import type { InboundEvent } from "../../shared/session/event.ts";
import { sessionName } from "../../shared/session/name.ts";
import { withDeadline } from "../../shared/time/deadline.ts";
import type { ChannelSession, Receipt } from "../channel-session/channel-session.ts";
import type { Amendment } from "../channel-session/store.ts";
import type { Env } from "../env.ts";
import type { SharedLock } from "./shared-lock.ts";

/** How long one try may take, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** A session that restarts, as it does with each deploy, fails the calls that it was busy with: the second try finds it new. */
const TRIES = 2;

/**
 * The conversations of an agent. Each method throws why a session could not be reached; asking again is harmless.
 *
 * @see ChannelSession, which says what they do.
 */
export class Sessions {
  readonly #env: Env;
  readonly #lock: SharedLock;
  readonly #agent: string;

  constructor(env: Env, agent: string, lock: SharedLock) {
    this.#lock = lock;
    this.#env = env;
    this.#agent = agent;
  }

  /** `elsewhere`: another runtime answers the message. */
  async accept(
    conversation: string,
    messageId: string,
    event: InboundEvent,
  ): Promise<Receipt | { status: "elsewhere" }> {
    if (!(await this.#lock.take(messageId))) return { status: "elsewhere" };
    return this.#call(conversation, async (session) => session.accept(event));
  }

  amend(conversation: string, amendment: Amendment): Promise<boolean> {
    return this.#call(conversation, async (session) => session.amend(amendment));
  }

  withdraw(conversation: string, eventId: string): Promise<boolean> {
    return this.#call(conversation, async (session) => session.withdraw(eventId));
  }

  async #call<T>(
    conversation: string,
    call: (session: DurableObjectStub<ChannelSession>) => Promise<T>,
  ): Promise<T> {
    for (let tryNumber = 1; ; tryNumber++) {
      try {
        // A stub that has thrown stays broken, so each try has its own.
        const name = sessionName({ agent: this.#agent, conversation });
        return await withDeadline(call(this.#env.CHANNEL_SESSION.getByName(name)), TIMEOUT_MS);
      } catch (error) {
        if (tryNumber === TRIES) throw error;
      }
    }
  }
}
