/** Hosts the state machine of one shard's Gateway session: gives it a socket, a clock and a timer. */
import type { BridgedSession, GatewayEvent, ResumeState } from "../shared/bridge/protocol.ts";
import { initialState, nextTimer, step } from "../shared/gateway/session.ts";
import type {
  DisconnectReason,
  GatewayInput,
  GatewayOutput,
  GatewaySettings,
  GatewayState,
} from "../shared/gateway/state.ts";
import type { Logger } from "../shared/log.ts";
import { BotTokenError, type GatewayDirectory } from "./gateway-directory.ts";

/** Node's longest timer is 24.8 days; one that rings early does no harm. */
const LONGEST_TIMER_MS = 60 * 60 * 1000;

/** Discord, "Gateway Close Event Codes". */
const TOKEN_REFUSED = 4004;

export interface ShardSessionOptions {
  directory: GatewayDirectory;
  logger: Logger;
  settings: GatewaySettings;
  now: () => number;
  random: () => number;
  onEvent(event: GatewayEvent, session: BridgedSession): void;
  onDisconnected(reason: DisconnectReason): void;
  /** It has stopped for good; the message says what to do. */
  onFatal(message: string, isTokenRefused: boolean): void;
}

export class ShardSession {
  readonly #options: ShardSessionOptions;
  #state: GatewayState = initialState;
  #settings: GatewaySettings;
  #socket: WebSocket | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #inputs: GatewayInput[] = [];
  #isStepping = false;

  constructor(options: ShardSessionOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /** Whether READY or RESUMED was received on the present connection. */
  get isConnected(): boolean {
    return this.#state.connection.at === "ready";
  }

  /** What it is doing, in the state machine's words. */
  get phase(): GatewayState["connection"]["at"] {
    return this.#state.connection.at;
  }

  /** Milliseconds until an IDENTIFY is allowed that is waited for; `null` where none is. */
  get identifyWaitMs(): number | null {
    const { connection, session } = this.#state;
    if (session !== null) return null;
    const until =
      connection.at === "queueing"
        ? connection.identifyAt
        : connection.at === "waiting" && connection.url !== null
          ? connection.until
          : null;
    return until === null ? null : Math.max(0, until - this.#options.now());
  }

  start(resume: ResumeState | null): void {
    this.#tell({ type: "start", resume });
  }

  stop(): void {
    this.#tell({ type: "stop" });
  }

  acked(sessionId: string, seq: number): void {
    this.#tell({ type: "acked", sessionId, seq });
  }

  /** Events are filtered by the new names at once; intents count from the next IDENTIFY on. */
  change(settings: Pick<GatewaySettings, "forward" | "intents">): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /** Inputs that come up while outputs are carried out wait for their turn. */
  #tell(input: GatewayInput): void {
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    const { now, random } = this.#options;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      const { state, outputs } = step(this.#state, next, { now: now(), random, settings: this.#settings });
      this.#state = state;
      for (const output of outputs) this.#carryOut(output);
    }
    this.#isStepping = false;
    this.#setTimer();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const at = nextTimer(this.#state);
    if (at === null) return;
    const ms = Math.min(Math.max(0, Math.ceil(at - this.#options.now())), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#tell({ type: "timer" }), ms);
  }

  #carryOut(output: GatewayOutput): void {
    const { directory, logger, onDisconnected, onEvent, onFatal } = this.#options;
    const [shardIndex] = this.#settings.shard;
    switch (output.do) {
      case "find-gateway":
        void this.#findGateway();
        return;
      case "reserve-identify":
        this.#tell({ type: "identify-slot", at: directory.reserveIdentify(shardIndex) });
        return;
      case "connect":
        this.#connect(output.url);
        return;
      case "send":
        this.#socket?.send(JSON.stringify(output.payload));
        return;
      case "close":
        this.#close(output.code);
        return;
      case "deliver":
        onEvent(output.event, output.session);
        return;
      case "persist":
        // The Worker keeps what it has acknowledged.
        return;
      case "disconnected": {
        const { reason, code, willResume } = output;
        logger.log(
          reason === "closed" || reason === "reconnect_requested" ? "info" : "warn",
          "session.disconnected",
          {
            reason,
            code,
            willResume,
          },
        );
        onDisconnected(reason);
        return;
      }
      case "log":
        logger.log(output.level, output.event, output.fields);
        return;
      case "fatal":
        onFatal(output.message, output.code === TOKEN_REFUSED);
        return;
      default:
        output satisfies never;
    }
  }

  async #findGateway(): Promise<void> {
    const { directory, onFatal } = this.#options;
    try {
      const { url } = await directory.botInfo();
      const identifyAt = directory.earliestIdentify(this.#settings.shard[0]);
      this.#tell({ type: "gateway", url, identifyAt });
    } catch (error) {
      // Anything else says that the process was told to stop.
      if (error instanceof BotTokenError) onFatal(error.message, true);
    }
  }

  #connect(url: string): void {
    const socket = new WebSocket(url);
    this.#socket = socket;
    const tell = (input: GatewayInput) => {
      if (this.#socket === socket) this.#tell(input);
    };
    socket.addEventListener("open", () => tell({ type: "opened" }));
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      const text = typeof data === "string" ? data : "";
      tell({ type: "frame", payload: parse(text), bytes: Buffer.byteLength(text) });
    });
    // An error is followed by a close, or takes its place.
    const ended = (code: number, reason: string) => {
      tell({ type: "closed", code, reason });
      if (this.#socket === socket) this.#socket = null;
    };
    socket.addEventListener("close", ({ code, reason }) => ended(code, reason));
    socket.addEventListener("error", () => {
      if (socket.readyState === WebSocket.CLOSED) ended(1006, "");
    });
  }

  #close(code: number): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
