import { DurableObject } from "cloudflare:workers";
import { llmFor } from "../../shared/character/llm.ts";
import { dispatchSection, queueSection } from "../../shared/character/sections/dispatch.ts";
import type { ServerFrame, TurnView } from "../../shared/chat/protocol.ts";
import type { Press, PressOutcome } from "../../shared/interaction/press.ts";
import { describeProvider } from "../../shared/llm/choose.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import { isEverForgotten } from "../../shared/memory/retention.ts";
import type { Decision, DecisionOutcome } from "../../shared/session/decision.ts";
import type { InboundEvent } from "../../shared/session/event.ts";
import { chatIdOf, isOneOff, parseSessionName } from "../../shared/session/name.ts";
import { outcomeOf, type TurnOutcome } from "../../shared/session/outcome.ts";
import { retainedSince, retentionMs } from "../../shared/time/retention.ts";
import { findAgent, findAgentIfAny } from "../agent/find-agent.ts";
import type { Amendment, Receipt, SessionApi, StopCondition } from "../contracts.ts";
import type { Env } from "../env.ts";
import { FactReader } from "./agent/fact-reader.ts";
import { ProviderReader } from "./agent/provider-reader.ts";
import { migrateDatabase, openDatabase } from "./database.ts";
import type { Dispatch } from "./engine/batch.ts";
import { ReportStore } from "./engine/report-store.ts";
import { runTurn } from "./engine/run-turn.ts";
import { type OpenTurn, SessionStore } from "./engine/store.ts";
import { JobTable } from "./parts/jobs/job-table.ts";
import { takePress } from "./parts/presses/presses.ts";
import { reportRuns } from "./parts/run-report.ts";
import { SharedRecords } from "./parts/shared-records.ts";
import { Spending } from "./parts/spending/spending.ts";
import { Summarizer } from "./parts/summary/summarizer.ts";
import { SummaryStore } from "./parts/summary/summary-store.ts";
import { DiscordDelivery, type DiscordTurn } from "./surfaces/discord/discord-delivery.ts";
import { PostStore } from "./surfaces/discord/post-store.ts";
import { WebhookDelivery } from "./surfaces/discord-webhook/webhook-delivery.ts";
import { Audience, sendFrame } from "./surfaces/web/audience.ts";
import { readClientFrame, takeClientFrame } from "./surfaces/web/client-frames.ts";
import type { LiveTurn } from "./surfaces/web/live-turn.ts";
import { endNotice, viewTurn } from "./surfaces/web/view.ts";
import { type RunningTurn, turnHost } from "./turn-host.ts";

/**
 * How soon a dead instance is noticed while a turn is open, in milliseconds. The watchdog rings once more after the last
 * turn and then rests: to plan it anew for each turn would cost two writes to storage each time.
 */
const WATCHDOG_MS = 30_000;
/** How often an idle conversation is looked through for what its retention has run out for, in milliseconds. */
const PURGE_EVERY_MS = 24 * 3_600_000;
/**
 * How long a conversation of one question is kept after its answer, in milliseconds: so long, what stands under the answer can
 * be pressed. Each is an object of its own, and there is one for each command that anybody gives.
 */
const KEEP_ONE_OFF_MS = 7 * 24 * 3_600_000;
/** How many turns a page is shown. */
const HISTORY_TURNS = 100;

/** For the last words of an agent that is gone. */
const DEFAULT_DISPATCH: Dispatch = {
  dispatch: dispatchSection.parse(undefined),
  queue: queueSection.parse({}),
};

/**
 * One conversation of one agent, named `<agent>/<conversation>`.
 *
 * It stores what comes in, answers one message at a time, and shows the answer as it grows. Whatever kills it, the
 * next instance goes on from the journal: when it is called, or when the watchdog alarm rings.
 */
export class ChannelSession extends DurableObject<Env> implements SessionApi {
  readonly #store: SessionStore;
  readonly #jobs: JobTable;
  readonly #log: Logger;
  readonly #agentId: string;
  readonly #chat: string | undefined;
  readonly #isOneOff: boolean;
  readonly #audience: Audience;
  readonly #facts: FactReader;
  readonly #records: SharedRecords;
  readonly #providers: ProviderReader;
  readonly #spending: Spending;
  readonly #discord: DiscordDelivery;
  readonly #webhook: WebhookDelivery;
  readonly #summaries: SummaryStore;
  readonly #posts: PostStore;
  readonly #summarizer: Summarizer;
  /** The turn this instance works on. */
  #running: RunningTurn | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { agent, conversation } = parseSessionName(ctx.id.name);
    this.#agentId = agent;
    this.#chat = chatIdOf(conversation);
    this.#isOneOff = isOneOff(conversation);
    this.#log = createLogger({ agent, conversation });
    const db = openDatabase(ctx.storage);
    this.#store = new SessionStore(ctx.storage, db);
    this.#jobs = new JobTable(ctx.storage, db);
    this.#spending = new Spending(env, { agent, conversation }, new ReportStore(ctx.storage, db), this.#log);
    const [turns, log] = [this.#store, this.#log];
    this.#discord = new DiscordDelivery({ env, agent, conversation, db, turns, log });
    this.#webhook = new WebhookDelivery(env, agent, db, this.#log);
    this.#providers = new ProviderReader(env);
    this.#facts = new FactReader(env.DB, agent);
    this.#records = new SharedRecords(ctx, env.DB, { agent, chat: this.#chat }, this.#log);
    this.#audience = new Audience(ctx, (turnId) => this.#view(turnId));
    this.#summaries = new SummaryStore(ctx.storage, db);
    this.#posts = new PostStore(db);
    this.#summarizer = new Summarizer({
      store: this.#summaries,
      log: this.#log,
      now: Date.now,
      model: () => this.#answeringModel(),
      spending: this.#spending,
      changed: (turnId) => this.#audience.showTurn(turnId),
    });
    ctx.blockConcurrencyWhile(async () => {
      await migrateDatabase(db);
      this.#summarizer.recover();
      this.#resumeDiscord();
      this.#wake();
    });
  }

  /** Stores an event, once for each id; it is durable when this resolves. `busy`: it is not, too many wait already. */
  accept(event: InboundEvent): Receipt {
    const now = Date.now();
    const acceptance = this.#store.accept(event, crypto.randomUUID(), this.#dispatch().queue.maxWaiting, now);
    if (acceptance.status === "busy") {
      this.#log.log("warn", "event.refused", { id: event.id, waiting: acceptance.waiting });
      return acceptance;
    }
    const { message } = acceptance;
    const isNew = acceptance.status === "stored";
    if (isNew) this.#log.log("info", "event.accepted", { id: event.id, turn: message.turnId });
    // A duplicate too: whoever repeats itself may have seen the instance die between storing and starting.
    this.#wake();
    if (isNew) {
      if (this.#running?.live.turnId !== message.turnId) {
        this.#audience.showTurn(message.turnId);
        this.#discord.queued(event);
      }
      if (message.seq === 1) this.#records.listChat(message, now);
    }
    return { status: acceptance.status, turn: message.turnId };
  }

  /** An edit changes a message that waits; one that is being answered, or was, stays as it is. @returns whether it waits. */
  amend(amendment: Amendment): boolean {
    const message = this.#store.amend(amendment);
    if (message) this.#audience.showTurn(message.turnId);
    return message !== undefined;
  }

  /** A message that waits is taken back: it is not answered, and not accepted again. @returns whether it waited. */
  withdraw(eventId: string): boolean {
    const isWithdrawn = this.#store.withdraw(eventId);
    if (isWithdrawn) this.#log.log("info", "event.withdrawn", { id: eventId });
    return isWithdrawn;
  }

  /**
   * Stops the running answer within a second; what was shown of it stays.
   *
   * @param only stops it only when all of this is true of it.
   * @returns whether one was running.
   */
  stop(only: StopCondition = {}): boolean {
    if (!this.#store.isOpen(only)) return false;
    const turnId = this.#store.cancel(this.#running?.live.text ?? "", Date.now());
    if (turnId === undefined) return false;
    this.#log.log("info", "turn.cancelled", { turn: turnId });
    this.#discord.stopped(turnId);
    this.#resumeDiscord();
    this.#running?.controller.abort(new DOMException("stopped by the user", "AbortError"));
    this.#audience.showTurn(turnId);
    if (!this.#running) this.#wake();
    return true;
  }

  /**
   * Approves or declines a tool call that waits for it. The first decision holds; a later one, or one on a call that was
   * never asked about, changes nothing. Whether `by` may decide is for the door to say that the decision came through.
   */
  decide(decision: Decision): DecisionOutcome {
    const outcome = this.#store.decide(decision, Date.now());
    if (outcome.status !== "decided") return outcome;
    const { turn, call, by } = decision;
    this.#log.log("info", `tool.${outcome.approval.state}`, { turn, call, by: by.id });
    this.#audience.showTurn(turn);
    this.#wake();
    this.#resumeDiscord();
    return outcome;
  }

  /** A button under a turn's answer was pressed. The first press holds; a later one is told what became of it. */
  press(press: Press): PressOutcome {
    const session = {
      stop: () => this.stop(),
      accept: (event: InboundEvent) => this.accept(event),
      decide: (decision: Decision) => this.decide(decision),
      replaced: (turn: string) => this.#discord.replaced(turn),
    };
    const outcome = takePress(press, this.#store, session, Date.now());
    const { turn, action, by } = press;
    this.#log.log("info", "button.pressed", { turn, action, by: by.id, status: outcome.status });
    this.#resumeDiscord();
    return outcome;
  }

  /** Forgets the conversation, and stops what is being answered. What the agent knows about people stays. */
  reset(): void {
    this.#summarizer.abandon();
    const open = this.#store.openTurn();
    if (open && open.state !== "posting") this.#discord.stopped(open.id);
    this.#store.forget(Date.now(), [this.#posts, this.#summaries]);
    this.#resumeDiscord();
    void this.#running?.discord?.end();
    this.#running?.controller.abort(new DOMException("the conversation was reset", "AbortError"));
    this.#log.log("info", "session.reset");
    this.#greet((hello) => this.#audience.showAll(hello));
    if (!this.#running) this.#wake();
  }

  /** The newest turns, oldest first. */
  history(): TurnView[] {
    const since = retainedSince(this.#memory?.conversationRetention ?? "indefinite", Date.now());
    const messages = this.#store.recentMessages({ limit: HISTORY_TURNS, since });
    return messages.flatMap(({ turnId }) => this.#view(turnId) ?? []);
  }

  /** The turn of an event; `undefined` when there is no such event, or it is forgotten. */
  turnOf(eventId: string): TurnOutcome | undefined {
    const message = this.#store.messageOf(eventId);
    const view = message && this.#view(message.turnId);
    return view && outcomeOf(view);
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
      "problem" in reading
        ? { type: "error", ...reading.problem }
        : takeClientFrame(reading.frame, {
            accept: (event) => this.accept(event),
            stop: () => this.stop(),
            reset: () => this.reset(),
            decide: (decision) => this.decide(decision),
            greet: () => this.#greet((hello) => sendFrame(socket, hello)),
          });
    if (reply) sendFrame(socket, reply);
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    for (const kind of this.#jobs.due(now)) {
      switch (kind) {
        case "watchdog":
          this.#watch(now);
          break;
        case "approval":
          this.#declineOverdue(now);
          break;
        case "purge":
          this.#purge(now);
          break;
        case "erase":
          if (!this.#store.openTurn()) return this.#erase();
          this.#jobs.schedule("erase", now + KEEP_ONE_OFF_MS);
          break;
        default:
          kind satisfies never;
      }
    }
    this.#jobs.rearm();
  }

  /** Leaves nothing of the object. Whoever comes later finds a new one. */
  async #erase(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#log.log("info", "session.erased");
    // Not from inside the alarm, which would be taken for one that has failed.
    setTimeout(() => this.ctx.abort("the conversation was erased"), 0);
  }

  /** Starts on the next turn unless one is running. */
  #wake(): void {
    if (this.#running) return;
    const turn = this.#store.takeTurn(this.#dispatch(), Date.now());
    if (!turn) {
      this.#keepDeadline();
      return;
    }
    const live = this.#audience.watch(turn.id);
    const discord = this.#beginDiscord(turn, live);
    const running = { live, controller: new AbortController(), discord };
    this.#running = running;
    this.#jobs.scheduleOnce("watchdog", Date.now() + WATCHDOG_MS);
    for (const { turnId } of turn.messages) this.#audience.showTurn(turnId);
    const over = this.#work(turn, running).then((isOver) => {
      this.#running = undefined;
      for (const { turnId } of turn.messages.slice(0, -1)) this.#audience.showTurn(turnId);
      this.#records.listChat(turn.message, Date.now());
      this.#spending.report();
      if (isOver) reportRuns(this.env, this.#agentId, turn, this.#log);
      // A turn that broke stays open and is tried again by the watchdog, not at once: what broke it may pass.
      if (isOver) this.#next();
      this.#summarizer.wake();
    });
    void over.catch((error: unknown) => this.#log.log("error", "next.broke", { cause: causeOf(error) }));
  }

  /** Brings what Discord shows of answers that nobody works on to what it should be, now or when the watchdog rings. */
  #resumeDiscord(): void {
    this.#discord.resume();
    if (this.#discord.isPending) this.#jobs.scheduleOnce("watchdog", Date.now() + WATCHDOG_MS);
  }

  /** Has the alarm ring when nobody has decided on a parked turn's calls in time. */
  #keepDeadline(): void {
    const deadline = this.#store.approvalDeadline();
    if (deadline !== undefined) this.#jobs.scheduleOnce("approval", deadline);
  }

  #declineOverdue(now: number): void {
    const turn = this.#store.declineOverdue(now);
    if (turn !== undefined) {
      this.#log.log("info", "tool.declined", { turn, by: "clock" });
      this.#audience.showTurn(turn);
    }
    this.#jobs.unschedule("approval");
    this.#wake();
  }

  /** Goes on with what waits, or rests. */
  #next(): void {
    this.#wake();
    if (this.#running) return;
    if (this.#isOneOff) this.#jobs.schedule("erase", Date.now() + KEEP_ONE_OFF_MS);
    else if (this.#memory && isEverForgotten(this.#memory))
      this.#jobs.scheduleOnce("purge", Date.now() + PURGE_EVERY_MS);
  }

  /** @returns whether the turn is over; `false` leaves it to the watchdog. */
  async #work(turn: OpenTurn, running: RunningTurn): Promise<boolean> {
    const { controller, discord } = running;
    const log = this.#log.with({ turn: turn.id, generation: turn.generation });
    const host = turnHost(turn, running, log, {
      ...{ env: this.env, agentId: this.#agentId, store: this.#store, facts: this.#facts },
      ...{ providers: this.#providers, summaries: this.#summaries, spending: this.#spending },
      ...{ webhook: this.#webhook, show: () => this.#audience.showTurn(turn.id) },
    });
    try {
      await runTurn(turn, host);
      const state = this.#store.turn(turn.id)?.state;
      if (discord) this.#resumeDiscord();
      log.log("info", state === "parked" ? "turn.parked" : "turn.over", { state });
      return true;
    } catch (error) {
      if (controller.signal.aborted) return true;
      log.log("error", "turn.broke", { cause: causeOf(error) });
      return false;
    } finally {
      void discord?.end();
    }
  }

  /** `undefined` when the turn's answer goes elsewhere. */
  #beginDiscord(turn: OpenTurn, live: LiveTurn): DiscordTurn | undefined {
    const row = () => this.#store.turn(turn.id);
    return this.#discord.begin(turn, {
      journal: () => this.#store.steps(turn.id).map(({ entry }) => entry),
      liveText: () => live.text,
      turn: row,
      notice: () => (row()?.failure ? null : endNotice(this.#store.steps(turn.id))),
    });
  }

  #watch(now: number): void {
    this.#summarizer.wake();
    // Planned before it is tried: what breaks the next turn must not silence the watchdog.
    this.#jobs.schedule("watchdog", now + WATCHDOG_MS);
    this.#spending.report();
    this.#discord.resume();
    this.#wake();
    const state = this.#store.openTurn()?.state ?? "parked";
    const isBusy =
      state !== "parked" || this.#summarizer.isBusy || this.#spending.isPending || this.#discord.isPending;
    if (!isBusy) this.#jobs.unschedule("watchdog");
  }

  /**
   * Forgets what is older than `memory.conversationRetention`; a conversation that is empty then, or kept for ever, is
   * left alone until somebody speaks. The agent's facts and patterns are looked through on the way.
   */
  #purge(now: number): void {
    const memory = this.#memory;
    const retention = retentionMs(memory?.conversationRetention ?? "indefinite");
    const isEmpty = retention !== null && this.#store.purge(now - retention, [this.#posts, this.#summaries]);
    if (isEmpty || retention === null) this.#jobs.unschedule("purge");
    else this.#jobs.schedule("purge", now + PURGE_EVERY_MS);
    if (isEmpty) this.#records.unlistChat();
    if (memory) this.#records.purgeMemory(memory, now);
  }

  /** How waiting messages become turns; for an agent that is gone, as by default. */
  #dispatch(): Dispatch {
    return findAgentIfAny(this.#agentId)?.character ?? DEFAULT_DISPATCH;
  }

  /** What the character says about remembering; `undefined` when there is no character to ask. */
  get #memory() {
    return findAgentIfAny(this.#agentId)?.character.memory;
  }

  /** The model that summarises, which is the one that answers; `undefined` when none can. */
  async #answeringModel() {
    const agent = findAgentIfAny(this.#agentId);
    if (!agent) return undefined;
    const choice = await this.#providers.read(agent, { now: Date.now() }, this.#log);
    if (!choice.ready) return undefined;
    return { provider: choice.provider, limits: llmFor(agent.character, choice.provider.name) };
  }

  /** Shows the whole conversation; a moment later where the hub is asked for the provider. */
  #greet(show: (hello: ServerFrame) => void): void {
    this.ctx.waitUntil(this.#hello().then((hello) => show(hello())));
  }

  /** @returns makes the frame, from what is there at that moment. */
  async #hello(): Promise<() => ServerFrame> {
    const time = { now: Date.now(), maxAgeMs: 0 };
    const choice = await this.#providers.read(findAgent(this.#agentId), time, this.#log);
    const provider = describeProvider(choice);
    const [agent, chat] = [this.#agentId, this.#chat ?? ""];
    return () => ({ type: "hello", agent, chat, provider, turns: this.history() });
  }

  /** `undefined` once it is forgotten. */
  #view(turnId: string): TurnView | undefined {
    const message = this.#store.message(turnId);
    if (!message || message.status === "forgotten") return undefined;
    const answeredBy = message.answeredBy ?? turnId;
    const live = this.#running?.live.turnId === turnId ? this.#running.live : undefined;
    return viewTurn(message, this.#store.turn(answeredBy), this.#store.steps(turnId), live);
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
