import type { InboundEvent } from "../../shared/session/event.ts";
import { callSession } from "../clients/session-client.ts";
import type { Amendment, Receipt, SessionApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";
import type { SharedLock } from "./shared-lock.ts";

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

  #call<T>(conversation: string, call: (session: Stub<SessionApi>) => Promise<T>): Promise<T> {
    return callSession(this.#env, { agent: this.#agent, conversation }, call);
  }
}
