/** A Gateway session: what it wants, and what it has been sent, also while nobody listens ("Resuming"). */
import type { Dispatch } from "./frames.ts";
import type { Shard } from "./intents.ts";

/** Who holds a session's socket. */
export interface Listener {
  dispatch(dispatch: Dispatch): void;
  close(code: number, reason: string): void;
}

export class GatewaySession {
  readonly id: string;
  readonly shard: Shard;
  readonly intents: number;
  /** Times that it was resumed. */
  resumes = 0;
  /** When its socket was lost; `null` while it has one. */
  detachedAt: number | null = null;
  readonly #replayLimit: number;
  #seq = 0;
  #buffer: Dispatch[] = [];
  #listener: Listener | null = null;

  constructor(options: { id: string; shard: Shard; intents: number; replayLimit: number }) {
    this.id = options.id;
    this.shard = options.shard;
    this.intents = options.intents;
    this.#replayLimit = options.replayLimit;
  }

  get seq(): number {
    return this.#seq;
  }

  get isConnected(): boolean {
    return this.#listener !== null;
  }

  get listener(): Listener | null {
    return this.#listener;
  }

  /** Sends a dispatch, or keeps it for a resume. */
  dispatch(t: string, d: object): void {
    this.#seq += 1;
    const dispatch = { s: this.#seq, t, d };
    this.#buffer.push(dispatch);
    if (this.#buffer.length > this.#replayLimit) this.#buffer.shift();
    this.#listener?.dispatch(dispatch);
  }

  attach(listener: Listener): void {
    this.#listener = listener;
    this.detachedAt = null;
  }

  /** Forgets a socket, unless another has taken its place. */
  detach(listener: Listener, now: number): void {
    if (this.#listener !== listener) return;
    this.#listener = null;
    this.detachedAt = now;
  }

  /** Everything after `seq`, or `null` when it is not there any more. */
  after(seq: number): Dispatch[] | null {
    const first = this.#buffer[0]?.s ?? this.#seq + 1;
    return seq + 1 < first ? null : this.#buffer.filter(({ s }) => s > seq);
  }
}
