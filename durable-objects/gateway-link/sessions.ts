import type { Logger } from "../../shared/log.ts";
import type { InboundEvent } from "../../shared/session/event.ts";
import { callSession } from "../clients/calls.ts";
import type { Amendment, Receipt, SessionApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";
import { SharedLock } from "./shared-lock.ts";

/**
 * The conversations of an agent. Each method throws why a session could not be reached; asking again is harmless.
 *
 * @see ChannelSession, which says what they do.
 */
export class Sessions {
  readonly #env: Env;
  readonly #lock: SharedLock;
  readonly #agent: string;
  readonly #log: Logger;

  constructor(env: Env, agent: string, log: Logger) {
    this.#lock = new SharedLock(env, agent, log);
    this.#log = log;
    this.#env = env;
    this.#agent = agent;
  }

  /** `elsewhere`: another runtime answers the message. */
  async accept(
    conversation: string,
    messageId: string,
    event: InboundEvent,
  ): Promise<Receipt | { status: "elsewhere" }> {
    const log = this.#log.with({ trace: event.id });
    if (!(await this.#lock.take(messageId))) return { status: "elsewhere" };
    const receipt = await this.#call(
      conversation,
      log,
      async (session): Promise<Receipt> => session.accept(event),
    );
    const turn = receipt.status === "busy" ? undefined : receipt.turn;
    log.log("debug", "message.delivered", { conversation, status: receipt.status, turn });
    return receipt;
  }

  async amend(conversation: string, amendment: Amendment): Promise<boolean> {
    const log = this.#log.with({ trace: amendment.id });
    const isWaiting = await this.#call(conversation, log, async (session) => session.amend(amendment));
    log.log("debug", "message.amended", { conversation, isWaiting });
    return isWaiting;
  }

  async withdraw(conversation: string, eventId: string): Promise<boolean> {
    const log = this.#log.with({ trace: eventId });
    const wasWaiting = await this.#call(conversation, log, async (session) => session.withdraw(eventId));
    log.log("debug", "message.withdrawn", { conversation, wasWaiting });
    return wasWaiting;
  }

  #call<T>(conversation: string, log: Logger, call: (session: Stub<SessionApi>) => Promise<T>): Promise<T> {
    return callSession(this.#env, { agent: this.#agent, conversation }, call, { log });
  }
}
