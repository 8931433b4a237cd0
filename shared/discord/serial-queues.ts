/** Queues by name: within each, one at a time and in order. */
export class SerialQueues {
  /** Resolves when the last in the queue has left. */
  readonly #tails = new Map<string, Promise<void>>();

  /** Whether somebody is in a queue, so that whoever enters it has to wait. */
  isBusy(name: string): boolean {
    return this.#tails.has(name);
  }

  /**
   * Waits for those who came before.
   *
   * @returns lets the next one in; must be called.
   * @throws the signal's reason when it fires first; the place in the queue is then given up.
   */
  async enter(name: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const before = this.#tails.get(name);
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const tail = (before ?? Promise.resolve())
      .then(() => left)
      .then(() => {
        if (this.#tails.get(name) === tail) this.#tails.delete(name);
      });
    this.#tails.set(name, tail);
    if (before === undefined) return leave;
    const { promise: fired, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      await Promise.race([before, fired]);
      return leave;
    } catch (error) {
      leave();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
