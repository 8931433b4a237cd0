import { DurableObject } from "cloudflare:workers";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { ClientFrame, ServerFrame, TurnView } from "../../shared/chat/protocol.ts";
import { describeProvider } from "../../shared/llm/choose.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import { forgetChat, recordChat } from "../../shared/memory/chats.ts";
import { chatEvent, type InboundEvent } from "../../shared/session/event.ts";
import { chatIdOf, parseSessionName } from "../../shared/session/name.ts";
import { retentionMs } from "../../shared/time/retention.ts";
import type { Env } from "../env.ts";
import { findAgent, findAgentIfAny, loadAgentParts } from "./agent-parts.ts";
import { Audience, sendFrame } from "./audience.ts";
import { readClientFrame } from "./client-frames.ts";
import { migrateDatabase, openDatabase } from "./database.ts";
import { FactReader } from "./fact-reader.ts";
import { JobTable } from "./job-table.ts";
import type { LiveTurn } from "./live-turn.ts";
import { ProviderReader } from "./provider-reader.ts";
import { runTurn } from "./run-turn.ts";
import type { InboxRow } from "./schema.ts";
import { Spending } from "./spending.ts";
import { type OpenTurn, SessionStore } from "./store.ts";
import { viewTurn } from "./view.ts";

/**
 * How soon a dead instance is noticed while a turn is open, in milliseconds. The watchdog rings once more after the last
 * turn and then rests: to plan it anew for each turn would cost two writes to storage each time.
 */
const WATCHDOG_MS = 30_000;
/** How often an idle conversation is looked through for what its retention has run out for, in milliseconds. */
const PURGE_EVERY_MS = 24 * 3_600_000;
/** How many turns a page is shown. */
const HISTORY_TURNS = 100;

/** The turn an instance works on. */
interface RunningTurn {
  live: LiveTurn;
  controller: AbortController;
}

/**
 * One conversation of one agent, named `<agent>/<conversation>`.
 *
 * It stores what comes in, answers one message at a time, and shows the answer as it grows. Whatever kills it, the
 * next instance goes on from the journal: when it is called, or when the watchdog alarm rings.
 */
export class ChannelSession extends DurableObject<Env> {
  readonly #store: SessionStore;
  readonly #jobs: JobTable;
  readonly #log: Logger;
  readonly #agentId: string;
  readonly #chat: string | undefined;
  readonly #audience: Audience;
  readonly #facts: FactReader;
  readonly #providers: ProviderReader;
  readonly #spending: Spending;
  /** The turn this instance works on. */
  #running: RunningTurn | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { agent, conversation } = parseSessionName(ctx.id.name);
    this.#agentId = agent;
    this.#chat = chatIdOf(conversation);
    this.#log = createLogger({ agent, conversation });
    const db = openDatabase(ctx.storage);
    this.#store = new SessionStore(ctx.storage, db);
    this.#jobs = new JobTable(ctx.storage, db);
    this.#spending = new Spending(env, { agent, conversation }, this.#store, this.#log);
    this.#providers = new ProviderReader(env);
    this.#facts = new FactReader(env.DB, agent);
    this.#audience = new Audience(ctx, (turnId) => this.#view(turnId));
    ctx.blockConcurrencyWhile(async () => {
      await migrateDatabase(db);
      if (this.#store.openTurn()) this.#wake();
    });
  }

  /** Stores an event, once for each id; it is durable when this resolves. */
  accept(event: InboundEvent): { turn: string; duplicate: boolean } {
    const now = Date.now();
    const { message, duplicate } = this.#store.accept(event, crypto.randomUUID(), now);
    if (!duplicate) {
      this.#log.log("info", "event.accepted", { id: event.id, turn: message.turnId });
      this.#wake();
      if (this.#running?.live.turnId !== message.turnId) this.#audience.showTurn(message.turnId);
      if (message.seq === 1) this.#listChat(message, now);
    }
    return { turn: message.turnId, duplicate };
  }

  /** Stops the running answer within a second; what was shown of it stays. @returns whether one was running. */
  stop(): boolean {
    const turnId = this.#store.cancel(this.#running?.live.text ?? "", Date.now());
    if (turnId === undefined) return false;
    this.#log.log("info", "turn.cancelled", { turn: turnId });
    this.#running?.controller.abort(new DOMException("stopped by the user", "AbortError"));
    this.#audience.showTurn(turnId);
    if (!this.#running) this.#wake();
    return true;
  }

  /** The newest turns, oldest first. */
  history(): TurnView[] {
    return this.#store.recentMessages(HISTORY_TURNS).map((message) => this.#view(message.turnId));
  }

  /** A chat page connects: a WebSocket handshake that the Worker has checked. */
  override async fetch(_request: Request): Promise<Response> {
    const hello = await this.#hello();
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    sendFrame(server, hello());
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    const reading = readClientFrame(data);
    const reply: ServerFrame | undefined =
      "problem" in reading ? { type: "error", ...reading.problem } : this.#handle(socket, reading.frame);
    if (reply) sendFrame(socket, reply);
  }

  #handle(socket: WebSocket, frame: ClientFrame): ServerFrame | undefined {
    switch (frame.type) {
      case "send":
        return { type: "accepted", id: frame.id, ...this.accept(chatEvent(frame.id, frame.text)) };
      case "stop":
        this.stop();
        return undefined;
      case "sync":
        this.ctx.waitUntil(this.#hello().then((hello) => sendFrame(socket, hello())));
        return undefined;
      default:
        return frame satisfies never;
    }
  }

  override alarm(): void {
    const now = Date.now();
    for (const kind of this.#jobs.due(now)) {
      if (kind === "watchdog") this.#watch(now);
      else this.#purge(now);
    }
    this.#jobs.rearm();
  }

  /** Starts on the next turn unless one is running. */
  #wake(): void {
    if (this.#running) return;
    const turn = this.#store.takeTurn(Date.now());
    if (!turn) return;
    const running = { live: this.#audience.watch(turn.id), controller: new AbortController() };
    this.#running = running;
    this.#jobs.scheduleOnce("watchdog", Date.now() + WATCHDOG_MS);
    this.#audience.showTurn(turn.id);
    void this.#work(turn, running).then((isOver) => {
      this.#running = undefined;
      this.#listChat(turn.message, Date.now());
      this.#spending.report();
      // A turn that broke stays open and is tried again by the watchdog, not at once: what broke it may pass.
      if (isOver) this.#next();
    });
  }

  /** Goes on with what waits, or rests. */
  #next(): void {
    this.#wake();
    if (this.#running) return;
    if (this.#retention() !== null) this.#jobs.scheduleOnce("purge", Date.now() + PURGE_EVERY_MS);
  }

  /** @returns whether the turn is over; `false` leaves it to the watchdog. */
  async #work(turn: OpenTurn, { live, controller }: RunningTurn): Promise<boolean> {
    const log = this.#log.with({ turn: turn.id, generation: turn.generation });
    const show = () => this.#audience.showTurn(turn.id);
    try {
      await runTurn(turn, {
        store: this.#store,
        log,
        now: Date.now,
        signal: controller.signal,
        agentName: findAgentIfAny(this.#agentId)?.character.name ?? this.#agentId,
        agent: async () => {
          const agent = findAgent(this.#agentId);
          return loadAgentParts(agent, this.env, {
            facts: () => this.#facts.read(turn.message.event.author.id, Date.now(), log),
            provider: () =>
              this.#providers.read(agent, { now: Date.now(), begunWith: this.#store.begunWith(turn) }, log),
          });
        },
        live,
        spending: this.#spending,
        changed: show,
        // A chat's outbox leads to the pages that watch; those that come later find the answer in the history.
        deliver: async () => show(),
      });
      log.log("info", "turn.over", { state: this.#store.turn(turn.id)?.state });
      return true;
    } catch (error) {
      if (controller.signal.aborted) return true;
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.log("error", "turn.broke", { cause });
      return false;
    }
  }

  #watch(now: number): void {
    if (!this.#store.openTurn() && !this.#spending.isPending) {
      this.#jobs.unschedule("watchdog");
      return;
    }
    this.#jobs.schedule("watchdog", now + WATCHDOG_MS);
    this.#spending.report();
    this.#wake();
  }

  /** Forgets what is older than `memory.conversationRetention`; a conversation that is empty then sleeps for good. */
  #purge(now: number): void {
    const retention = this.#retention();
    const isEmpty = retention !== null && this.#store.purge(now - retention);
    if (isEmpty || retention === null) this.#jobs.unschedule("purge");
    else this.#jobs.schedule("purge", now + PURGE_EVERY_MS);
    if (isEmpty) this.#inChatList((db, chat) => forgetChat(db, this.#agentId, chat));
  }

  /** Milliseconds, or `null` for ever. */
  #retention(): number | null {
    return retentionMs(findAgentIfAny(this.#agentId)?.character.memory.conversationRetention ?? "indefinite");
  }

  #listChat({ event }: InboxRow, now: number): void {
    this.#inChatList((db, id) => recordChat(db, this.#agentId, { id, title: event.text, updatedAt: now }));
  }

  /** The chat list is a convenience: a turn never waits for it, and a failure is only logged. */
  #inChatList(change: (db: DrizzleD1Database, chat: string) => Promise<void>): void {
    if (this.#chat === undefined) return;
    const changed = change(drizzle(this.env.DB), this.#chat).catch((error: unknown) => {
      this.#log.log("warn", "chats.unavailable", { cause: String(error) });
    });
    this.ctx.waitUntil(changed);
  }

  /** @returns makes the frame, from what is there at that moment. */
  async #hello(): Promise<() => ServerFrame> {
    const time = { now: Date.now(), maxAgeMs: 0 };
    const choice = await this.#providers.read(findAgent(this.#agentId), time, this.#log);
    const provider = describeProvider(choice);
    const [agent, chat] = [this.#agentId, this.#chat ?? ""];
    return () => ({ type: "hello", agent, chat, provider, turns: this.history() });
  }

  #view(turnId: string): TurnView {
    const message = this.#store.message(turnId);
    if (!message) throw new Error(`turn ${turnId} has no message`);
    const live = this.#running?.live.turnId === turnId ? this.#running.live : undefined;
    return viewTurn(message, this.#store.turn(turnId), this.#store.steps(turnId), live);
  }
}
