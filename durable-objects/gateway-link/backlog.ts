/** Works off what could not be done at once: missed messages that are to be read, and messages that are held. */
import type { Admission } from "./admission.ts";
import { type HeldMessageParts, sendHeld } from "./held-messages.ts";
import { type MissedMessageParts, readNextPages } from "./missed-messages.ts";

/** When somebody looks whether the instance that works has died, in milliseconds. */
const WATCHDOG_MS = 30_000;
/**
 * Between two tries, in milliseconds. A session that was busy may have room soon, and asking it costs little; the client of
 * the REST API waits longer each time by itself.
 */
const RETRY_MS = 1_000;

export interface BacklogParts
  extends Omit<MissedMessageParts, "admission">,
    Omit<HeldMessageParts, "admission"> {
  /** With the settings of the moment; `undefined` when the agent is gone. */
  admission: () => Admission | undefined;
}

/**
 * Works detached from the requests that wake it. An alarm stands while there is work: it finds an instance that died, and
 * tries again what failed.
 */
export class Backlog {
  readonly #parts: BacklogParts;
  #isWorking = false;
  /** Before this nothing is tried again, in Unix milliseconds. */
  #retryAt = 0;

  constructor(parts: BacklogParts) {
    this.#parts = parts;
  }

  /** Works, unless there is nothing to do, somebody does, or what failed is to be left alone for a moment. */
  wake(): void {
    if (this.#isWorking || this.#parts.now() < this.#retryAt || !this.#hasWork()) return;
    this.#isWorking = true;
    void this.#work().catch((error: unknown) => {
      this.#parts.log.log("error", "backlog.broke", { cause: String(error) });
    });
  }

  /** The alarm rings: work goes on, or is still under way and stays watched. */
  async ring(): Promise<void> {
    this.#retryAt = 0;
    if (this.#isWorking) await this.#parts.storage.setAlarm(this.#parts.now() + WATCHDOG_MS);
    else this.wake();
  }

  async #work(): Promise<void> {
    const { storage, now } = this.#parts;
    try {
      await storage.setAlarm(now() + WATCHDOG_MS);
      let isOver = false;
      while (!isOver) isOver = await this.#round();
    } finally {
      this.#isWorking = false;
      await this.#planNext();
    }
  }

  /** One page of each channel that is behind, and all that is held of the others. @returns whether to rest. */
  async #round(): Promise<boolean> {
    const { directory, messages } = this.#parts;
    const admission = this.#parts.admission();
    if (!admission) return true;
    const parts = { ...this.#parts, admission };
    let isComplete = true;
    const send = async (channelId: string) => {
      const isSent = await sendHeld(channelId, parts);
      isComplete &&= isSent;
    };
    const behind = new Set(directory.catchingUp().map(({ id }) => id));
    const waiting = messages.holdingChannels().filter((id) => !behind.has(id));
    const [isRead] = await Promise.all([readNextPages(parts, send), ...waiting.map(send)]);
    return !isRead || !isComplete || !this.#hasWork();
  }

  async #planNext(): Promise<void> {
    const { storage, now } = this.#parts;
    if (!this.#hasWork()) return storage.deleteAlarm();
    this.#retryAt = now() + RETRY_MS;
    return storage.setAlarm(this.#retryAt);
  }

  #hasWork(): boolean {
    const { admission, directory, messages } = this.#parts;
    return (messages.isHoldingAny() || directory.isCatchingUp()) && admission() !== undefined;
  }
}
