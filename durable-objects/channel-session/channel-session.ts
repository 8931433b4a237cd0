import { DurableObject } from "cloudflare:workers";
import type { TurnView } from "../../shared/chat/protocol.ts";
import type { Press, PressOutcome } from "../../shared/interaction/press.ts";
import type { Decision, DecisionOutcome } from "../../shared/session/decision.ts";
import type { InboundEvent } from "../../shared/session/event.ts";
import { outcomeOf, type TurnOutcome } from "../../shared/session/outcome.ts";
import type { Amendment, Receipt, SessionApi, StopCondition } from "../contracts.ts";
import type { Env } from "../env.ts";
import { takePress } from "./parts/presses/presses.ts";
import { SessionRooms } from "./session-rooms.ts";

/**
 * One conversation of one agent, named `<agent>/<conversation>`.
 *
 * It stores what comes in, answers one message at a time, and shows the answer as it grows. Whatever kills it, the next
 * instance goes on from the journal, once its first event is handled: a call, a frame of a socket, or the watchdog's alarm.
 */
export class ChannelSession extends DurableObject<Env> implements SessionApi {
  readonly #rooms: SessionRooms;
  #hasRecovered = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#rooms = new SessionRooms(ctx, env);
    ctx.blockConcurrencyWhile(() => this.#rooms.migrate());
  }

  accept(event: InboundEvent): Receipt {
    return this.#handle(() => {
      const { store, worker, surfaces, records, log } = this.#rooms;
      const now = Date.now();
      const acceptance = store.accept(event, crypto.randomUUID(), worker.dispatch().queue.maxWaiting, now);
      if (acceptance.status === "busy") {
        log.log("warn", "event.refused", { trace: event.id, waiting: acceptance.waiting });
        return { status: "busy" };
      }
      const { message, status } = acceptance;
      const isNew = status === "stored";
      if (isNew) log.log("info", "event.accepted", { trace: event.id, turn: message.turnId });
      // A duplicate too: whoever repeats itself may have seen the instance die between storing and starting.
      worker.wake();
      if (isNew && worker.turnId !== message.turnId) {
        surfaces.changed(message.turnId);
        surfaces.queued(event);
      }
      if (isNew && message.seq === 1) records.listChat(message, now);
      return { status, turn: message.turnId };
    });
  }

  amend(amendment: Amendment): boolean {
    return this.#handle(() => {
      const message = this.#rooms.store.amend(amendment);
      if (message) this.#rooms.surfaces.changed(message.turnId);
      return message !== undefined;
    });
  }

  withdraw(eventId: string): boolean {
    return this.#handle(() => {
      const isWithdrawn = this.#rooms.store.withdraw(eventId);
      if (isWithdrawn) this.#rooms.log.log("info", "event.withdrawn", { trace: eventId });
      return isWithdrawn;
    });
  }

  stop(only: StopCondition = {}): boolean {
    return this.#handle(() => {
      const { store, worker, surfaces } = this.#rooms;
      const turnId = store.isOpen(only) ? store.openTurn()?.id : undefined;
      if (turnId === undefined || !store.cancel(worker.live(turnId)?.text ?? "", Date.now())) return false;
      this.#rooms.logOf(turnId).log("info", "turn.cancelled");
      surfaces.stopped(turnId);
      worker.stop("stopped by the user");
      worker.showOthers();
      surfaces.changed(turnId);
      return true;
    });
  }

  decide(decision: Decision): DecisionOutcome {
    return this.#handle(() => {
      const outcome = this.#rooms.store.decide(decision, Date.now());
      if (outcome.status !== "decided") return outcome;
      const { turn, call, by } = decision;
      this.#rooms.logOf(turn).log("info", `tool.${outcome.approval.state}`, { call, by: by.id });
      this.#rooms.decided(turn);
      return outcome;
    });
  }

  press(press: Press): PressOutcome {
    return this.#handle(() => {
      const { store, surfaces, worker } = this.#rooms;
      const outcome = takePress(press, store, this, surfaces, Date.now());
      const { turn, action, by } = press;
      const pressed = { action, by: by.id, status: outcome.status };
      this.#rooms.logOf(turn).log("info", "button.pressed", pressed);
      worker.showOthers();
      return outcome;
    });
  }

  reset(): void {
    this.#handle(() => {
      const { store, worker, surfaces, parts, forgetful, pages, log } = this.#rooms;
      for (const part of parts) part.beforeReset?.();
      const open = store.openTurn();
      if (open && open.state !== "posting") surfaces.stopped(open.id);
      store.forget(Date.now(), forgetful);
      log.log("info", "session.reset");
      worker.stop("the conversation was reset");
      worker.showOthers();
      this.ctx.waitUntil(pages.greetAll());
    });
  }

  history(): TurnView[] {
    return this.#handle(() => this.#rooms.pages.history());
  }

  turnOf(eventId: string): TurnOutcome | undefined {
    return this.#handle(() => {
      const { store, web } = this.#rooms;
      const message = store.messageOf(eventId);
      const view = message && web.view(message.turnId);
      return view && outcomeOf(view);
    });
  }

  override async fetch(_request: Request): Promise<Response> {
    return this.#handle(() => this.#rooms.pages.connect());
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#handle(() => this.#rooms.pages.receive(socket, data, this));
  }

  override async alarm(): Promise<void> {
    await this.#handle(() => this.#rooms.jobs.run(this.#rooms.parts, Date.now()));
  }

  /**
   * Handles an event. What an earlier instance has left is begun right after the first one, whatever it was, and before that
   * event has ended: no open turn waits for the watchdog because of it.
   */
  #handle<T>(event: () => T): T {
    try {
      return event();
    } finally {
      if (!this.#hasRecovered) {
        this.#hasRecovered = true;
        for (const part of this.#rooms.parts) part.recover?.();
      }
    }
  }
}
