/** One socket of the Gateway: HELLO, then IDENTIFY or RESUME, then dispatches and heartbeats ("Gateway"). */
import type { WebSocket } from "ws";
import * as z from "zod";
import { CLOSE, type Dispatch, type Frame, IGNORED_OPS, OP, type Refusal } from "./frames.ts";
import { KNOWN_INTENTS } from "./intents.ts";
import type { GatewayRoom } from "./room.ts";
import type { GatewaySession, Listener } from "./session.ts";

/** Largest payload that a client may send, in bytes. */
const MAX_PAYLOAD = 4096;
/** Payloads of a client in a minute. */
const MAX_PAYLOADS_PER_MINUTE = 120;

const frameSchema = z.object({ op: z.int(), d: z.unknown() });
const identifySchema = z.object({
  token: z.string(),
  properties: z.object({ os: z.string(), browser: z.string(), device: z.string() }),
  intents: z.int(),
  shard: z.tuple([z.int(), z.int()]).default([0, 1]),
});
const resumeSchema = z.object({ token: z.string(), session_id: z.string(), seq: z.int() });
const heartbeatSchema = z.int().nullable();

export class GatewayConnection implements Listener {
  readonly #socket: WebSocket;
  readonly #room: GatewayRoom;
  #session: GatewaySession | null = null;
  #isResumed = false;
  #payloads: number[] = [];
  #timeout: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: WebSocket, room: GatewayRoom) {
    this.#socket = socket;
    this.#room = room;
    socket.on("message", (data, isBinary) => this.#receive(isBinary ? null : data.toString()));
    socket.on("error", () => {});
    socket.on("close", (code) => {
      clearTimeout(this.#timeout);
      if (this.#session) room.lost(this.#session, this, code);
    });
    this.send({
      op: OP.hello,
      d: { heartbeat_interval: room.options.heartbeatIntervalMs, _trace: [] },
      s: null,
      t: null,
    });
    this.#expectHeartbeat();
  }

  get session(): GatewaySession | null {
    return this.#session;
  }

  dispatch({ s, t, d }: Dispatch): void {
    this.send({ op: OP.dispatch, s, t, d });
  }

  send(frame: Frame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  close(code: number, reason: string): void {
    this.#room.tally.closes.push(code);
    this.#socket.close(code, reason);
  }

  /** Ends the connection without a word, as a broken network does. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(text: string | null): void {
    const refusal = text === null ? "decodeError" : this.#refusalOf(text);
    if (refusal !== null) this.close(CLOSE[refusal].code, CLOSE[refusal].reason);
  }

  /** Acts on a payload, or says why the connection ends. */
  #refusalOf(text: string): Refusal | null {
    if (Buffer.byteLength(text) > MAX_PAYLOAD) return "decodeError";
    if (this.#isTooFast()) return "rateLimited";
    const frame = frameSchema.safeParse(parsed(text));
    if (!frame.success) return "decodeError";
    const { op, d } = frame.data;
    switch (op) {
      case OP.heartbeat:
        return this.#heartbeat(d);
      case OP.identify:
        return this.#session === null ? this.#identify(d) : "alreadyAuthenticated";
      case OP.resume:
        return this.#session === null ? this.#resume(d) : "alreadyAuthenticated";
      default:
        if (!IGNORED_OPS.has(op)) return "unknownOpcode";
        return this.#session === null ? "notAuthenticated" : null;
    }
  }

  #heartbeat(d: unknown): Refusal | null {
    const seq = heartbeatSchema.safeParse(d);
    if (!seq.success) return "decodeError";
    this.#expectHeartbeat();
    this.#room.tally.heartbeats += 1;
    if (this.#session !== null && (seq.data === null ? this.#isResumed : seq.data > this.#session.seq))
      this.#room.tally.strangeHeartbeats += 1;
    if (!this.#room.faults.isSilent) this.send({ op: OP.heartbeatAck });
    return null;
  }

  #identify(d: unknown): Refusal | null {
    const request = identifySchema.safeParse(d);
    if (!request.success) return "decodeError";
    const { token, intents, shard } = request.data;
    const { options } = this.#room;
    if (token !== options.token) return "authenticationFailed";
    if (shard[0] < 0 || shard[0] >= shard[1]) return "invalidShard";
    if (shard[1] < options.minimumShards) return "shardingRequired";
    if ((intents & ~KNOWN_INTENTS) !== 0) return "invalidIntents";
    if ((intents & options.disallowedIntents) !== 0) return "disallowedIntents";
    if (this.#room.admitIdentify(shard)) this.#session = this.#room.open({ shard, intents }, this);
    else this.#invalidSession(false);
    return null;
  }

  #resume(d: unknown): Refusal | null {
    const request = resumeSchema.safeParse(d);
    if (!request.success) return "decodeError";
    const { token, session_id, seq } = request.data;
    if (token !== this.#room.options.token) return "authenticationFailed";
    const session = this.#room.find(session_id);
    if (session !== null && seq > session.seq) return "invalidSeq";
    const missed = session?.after(seq) ?? null;
    if (session === null || missed === null || !this.#room.admitResume()) {
      this.#invalidSession(false);
      return null;
    }
    session.listener?.close(4000, "The session was resumed elsewhere.");
    this.#session = session;
    this.#isResumed = true;
    session.attach(this);
    session.resumes += 1;
    this.#room.tally.resumes += 1;
    for (const dispatch of missed) this.dispatch(dispatch);
    session.dispatch("RESUMED", { _trace: [] });
    return null;
  }

  #invalidSession(resumable: boolean): void {
    this.#room.tally.invalidSessions += 1;
    this.send({ op: OP.invalidSession, d: resumable });
  }

  #isTooFast(): boolean {
    const now = this.#room.store.now();
    this.#payloads = this.#payloads.filter((at) => now - at < 60_000);
    this.#payloads.push(now);
    return this.#payloads.length > MAX_PAYLOADS_PER_MINUTE;
  }

  /** A client that does not beat is taken for dead. */
  #expectHeartbeat(): void {
    clearTimeout(this.#timeout);
    const patienceMs = this.#room.options.heartbeatIntervalMs * 2;
    this.#timeout = setTimeout(
      () => this.close(CLOSE.sessionTimedOut.code, CLOSE.sessionTimedOut.reason),
      patienceMs,
    );
    this.#timeout.unref();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
