/** A Gateway client without any sense of its own: it sends what a test says, and keeps what comes. */
import { onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";

export interface ReceivedFrame {
  op: number;
  d: unknown;
  s: number | null;
  t: string | null;
}

export class RawGateway {
  readonly frames: ReceivedFrame[] = [];
  readonly #socket: WebSocket;
  readonly #closed: Promise<number>;

  constructor(url: string) {
    this.#socket = new WebSocket(`${url}?v=10&encoding=json`);
    this.#socket.on("message", (data) => this.frames.push(JSON.parse(data.toString()) as ReceivedFrame));
    this.#socket.on("error", () => {});
    this.#closed = new Promise((resolve) => this.#socket.once("close", resolve));
    onTestFinished(() => this.#socket.terminate());
  }

  /** The code with which the connection ended. */
  get closed(): Promise<number> {
    return this.#closed;
  }

  send(op: number, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d }));
  }

  identify(token: string, { intents = 0xffff & ~0x102, shard = [0, 1] } = {}): void {
    this.send(2, { token, intents, shard, properties: { os: "linux", browser: "raw", device: "raw" } });
  }

  terminate(): void {
    this.#socket.terminate();
  }

  end(code: number): void {
    this.#socket.close(code);
  }

  /** The first frame that a test waits for; what it is, says `matches`. */
  async frame(matches: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame> {
    return vi.waitFor(
      () => {
        const found = this.frames.find(matches);
        if (found === undefined) throw new Error(`not among ${JSON.stringify(this.names())}`);
        return found;
      },
      { interval: 2, timeout: 3000 },
    );
  }

  op(op: number): Promise<ReceivedFrame> {
    return this.frame((frame) => frame.op === op);
  }

  dispatch<T = Record<string, unknown>>(name: string): Promise<T> {
    return this.frame(({ t }) => t === name).then(({ d }) => d as T);
  }

  /** Names of the dispatches so far, in order. */
  names(): string[] {
    return this.frames.flatMap(({ t }) => t ?? []);
  }

  /** MESSAGE_CREATEs so far, in order. */
  messages(): { content: string }[] {
    return this.frames.flatMap(({ t, d }) => (t === "MESSAGE_CREATE" ? (d as { content: string }) : []));
  }

  /** Texts of the messages so far, in order. */
  texts(): string[] {
    return this.messages().map(({ content }) => content);
  }

  get seq(): number {
    return Math.max(0, ...this.frames.map(({ s }) => s ?? 0));
  }
}
