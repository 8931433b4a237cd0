/**
 * The session's storage: every change of a turn is one method here, and one transaction.
 *
 * SQLite in a Durable Object is synchronous: nothing else runs between the statements of a method, and nothing the
 * object sends leaves it before they are durable (the output gate).
 */

import { and, eq } from "drizzle-orm";
import type { Command, CommandReply } from "../../../shared/commands/command.ts";
import { commandOf } from "../../../shared/commands/command-of.ts";
import { isQuiet } from "../../../shared/cron/prompt.ts";
import type { ModelResult } from "../../../shared/llm/provider.ts";
import type { Decision, DecisionOutcome } from "../../../shared/session/decision.ts";
import type { InboundEvent } from "../../../shared/session/event.ts";
import type { SessionDatabase } from "../database.ts";
import { closeUnmade, decide, declineOverdue, hasWork } from "./approvals.ts";
import { chooseBatch, type Dispatch } from "./batch.ts";
import { type Forgetful, forgetAnswered, forgetOlder } from "./forgetting.ts";
import { InboxStore } from "./inbox-store.ts";
import type { StepEntry, ToolEnd, TurnFailure } from "./journal.ts";
import { answerText, type PlannedCall } from "./next-action.ts";
import { FencedError, type OpenTurn } from "./open-turn.ts";
import { type CallEnd, ReportStore } from "./report-store.ts";
import { type InboxRow, outbox, type StepRow, type TurnRow, transcript, turns } from "./schema.ts";
import { isOpen, type TurnEvent, type TurnStanding, transition } from "./transitions.ts";
import { eventText } from "./user-message.ts";

export class SessionStore extends InboxStore {
  readonly #reports: ReportStore;

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    super(storage, db);
    this.#reports = new ReportStore(storage, db);
  }

  /**
   * The turn to work on: the open one, which some earlier instance left behind, or one that answers the oldest waiting
   * message and those that may join it. Taking it makes every earlier holder's writes fail with {@link FencedError}.
   * There is none while the open one is parked.
   */
  takeTurn(dispatch: Dispatch, now: number): OpenTurn | undefined {
    return this.storage.transactionSync(() => {
      const turn = this.openTurn();
      if (!turn) return this.#openTurn(dispatch, now);
      return turn.state === "parked" ? undefined : this.#resumeTurn(turn, now);
    });
  }

  #resumeTurn(turn: TurnRow, now: number): OpenTurn | undefined {
    const { generation } = this.#move(turn, { happened: "resumed" }, now);
    this.#reports.addLost(turn, this.steps(turn.id).at(-1), now);
    return heldTurn(generation, this.sql.message.ofTurn().all({ turnId: turn.id }));
  }

  #openTurn(dispatch: Dispatch, now: number): OpenTurn | undefined {
    const waiting = this.waiting();
    const batch = chooseBatch(
      waiting.map((row) => ({ ...row.event, isAlone: isAnsweredAlone(row.event), row })),
      dispatch,
    ).map(({ row }) => row);
    const turn = heldTurn(1, batch);
    if (!turn) return undefined;
    this.sql.turn.insert().run({ id: turn.id, seq: turn.message.seq, now });
    for (const { seq, event, receivedAt } of batch) {
      this.sql.message.take().run({ seq, turnId: turn.id });
      this.sql.transcript
        .insert()
        .run({ turnId: turn.id, role: "user", content: eventText(event), now: receivedAt });
    }
    return turn;
  }

  /** State of a turn this instance holds. @throws FencedError */
  heldState(turn: OpenTurn): TurnRow["state"] {
    return this.#assertHeld(turn).state;
  }

  /** @throws FencedError when another instance holds the turn, or it is over. */
  #assertHeld(turn: OpenTurn): TurnRow {
    const row = this.turn(turn.id);
    if (!row || !isOpen(row.state) || row.generation !== turn.generation)
      throw new FencedError(`turn ${turn.id} is not ours`);
    return row;
  }

  /** Names the model that answers. */
  setModel(turn: OpenTurn, provider: string, model: string): void {
    this.#write(turn, () => this.sql.turn.setModel().run({ id: turn.id, provider, model }));
  }

  /** Replaces the turn's messages in the conversation by what was read of them, files included; one text for each. */
  setUserTexts(turn: OpenTurn, texts: readonly string[]): void {
    const isOwn = and(eq(transcript.turnId, turn.id), eq(transcript.role, "user"));
    const { seq } = transcript;
    this.#write(turn, () => {
      const rows = this.db.select({ seq }).from(transcript).where(isOwn).orderBy(seq).all();
      for (const [index, row] of rows.entries())
        this.db.update(transcript).set({ content: texts[index] }).where(eq(seq, row.seq)).run();
    });
  }

  /** Journals that a model call starts (again). */
  startModelCall(turn: OpenTurn, call: { step: number; round: number; attempt: number }, now: number): void {
    const { step, ...rest } = call;
    this.#write(turn, () => this.#startStep(turn, step, { kind: "model", ...rest }, now));
  }

  /** Journals what the model said. */
  finishModelCall(turn: OpenTurn, step: number, result: ModelResult, now: number): void {
    this.#write(turn, (row) => {
      const { entry } = this.#finishStep(turn, step, result, now);
      if (entry.kind !== "model") throw new Error(`step ${step} of turn ${turn.id} is no model call`);
      this.#reports.addOf(
        { ...row, model: result.model },
        { step, attempt: entry.attempt },
        { usage: result.usage },
        now,
      );
    });
  }

  /** A model call has failed. */
  failModelCall(
    turn: OpenTurn,
    call: { step: number; attempt: number },
    end: Required<CallEnd>,
    now: number,
  ): void {
    this.#write(turn, (row) => this.#reports.addOf(row, call, end, now));
  }

  /**
   * Journals that calls of one round start, all before the first leaves the object, and that others wait for approval.
   */
  startToolCalls(
    turn: OpenTurn,
    { round, calls, ask }: { round: number; calls: readonly PlannedCall[]; ask: readonly PlannedCall[] },
    now: number,
  ): void {
    this.#write(turn, () => {
      for (const { step, approval, ...call } of calls) {
        const started = approval && { approval: { ...approval, started: true as const } };
        this.#startStep(turn, step, { kind: "tool", round, ...call, ...started }, now);
      }
      for (const { step, ...call } of ask)
        this.#startStep(turn, step, { kind: "tool", round, ...call, approval: { state: "pending" } }, now);
    });
  }

  /** Journals what a tool gave back, or that nobody knows. */
  finishToolCall(turn: OpenTurn, step: number, result: ToolEnd, now: number): void {
    this.#write(turn, () => this.#finishStep(turn, step, result, now));
  }

  /** Nobody works on the turn until somebody decides on its calls; it stays the open one. */
  park(turn: OpenTurn, now: number): void {
    this.#write(turn, (row) => this.#move(row, { happened: "parked" }, now));
  }

  /** Takes a decision on a call that waits for one: the first holds. */
  decide(decision: Decision, now: number): DecisionOutcome {
    return this.storage.transactionSync(() => {
      const { outcome, change } = decide(this.steps(decision.turn), decision, now);
      if (change) this.#change([change], now);
      return outcome;
    });
  }

  /** Declines the calls that have waited too long for a decision. @returns the turn, when there were any. */
  declineOverdue(now: number): string | undefined {
    return this.storage.transactionSync(() => {
      const turn = this.openTurn();
      const overdue = turn ? declineOverdue(this.steps(turn.id), now) : [];
      this.#change(overdue, now);
      return overdue[0]?.turnId;
    });
  }

  /** Writes steps about which was decided. A parked turn that has something to do then is no longer parked. */
  #change(steps: readonly StepRow[], now: number): void {
    for (const step of steps) this.sql.step.write().run(step);
    const turn = this.openTurn();
    if (turn?.state === "parked" && hasWork(this.steps(turn.id)))
      this.#move(turn, { happened: "decided" }, now);
  }

  #startStep(
    turn: OpenTurn,
    step: number,
    entry: StepEntry,
    startedAt: number,
    finishedAt: number | null = null,
  ): void {
    this.sql.step.write().run({ turnId: turn.id, step, entry, startedAt, finishedAt });
  }

  #finishStep(turn: OpenTurn, step: number, result: ModelResult | ToolEnd, now: number): StepRow {
    const row = this.steps(turn.id)[step];
    if (!row) throw new Error(`turn ${turn.id} has no step ${step}`);
    this.sql.step.write().run({ ...row, entry: { ...row.entry, result }, finishedAt: now });
    return row;
  }

  /**
   * The turn has its answer: what must be said is in the outbox, and in the conversation, from here on. A quiet one is in
   * the conversation only.
   */
  answer(turn: OpenTurn, text: string, now: number): void {
    this.#write(turn, (row) => {
      this.#move(row, { happened: "answered" }, now);
      this.sql.transcript.insert().run({ turnId: turn.id, role: "assistant", content: text, now });
      const { mayBeQuiet } = turn.message.event;
      if (!(mayBeQuiet && isQuiet(text))) this.#enqueue(turn, text, now);
    });
  }

  /** The turn's command has its answer, which is all that the turn has to say. */
  answerCommand(turn: OpenTurn, command: Command, reply: CommandReply, now: number): void {
    this.storage.transactionSync(() => {
      this.#write(turn, () => {
        this.#startStep(turn, 0, { kind: "command", command, reply }, now, now);
      });
      this.answer(turn, reply.text, now);
    });
  }

  /** The turn has failed: the user is told by way of the outbox; the model will not read it. */
  fail(turn: OpenTurn, failure: TurnFailure, now: number): void {
    this.#write(turn, (row) => {
      for (const step of closeUnmade(this.steps(turn.id), now)) this.sql.step.write().run(step);
      this.#move(row, { happened: "failed", failure }, now);
      this.#enqueue(turn, failure.message, now);
    });
  }

  #enqueue(turn: OpenTurn, text: string, now: number): void {
    const { target } = turn.message.event;
    this.db.insert(outbox).values({ turnId: turn.id, target, text, status: "pending", createdAt: now }).run();
  }

  /** Said. */
  markSent(turn: OpenTurn, seq: number): void {
    this.#write(turn, () => this.db.update(outbox).set({ status: "sent" }).where(eq(outbox.seq, seq)).run());
  }

  /** It cannot be said; that is how the turn ends, unless it had failed before. */
  markUndeliverable(turn: OpenTurn, seq: number, failure: TurnFailure, now: number): void {
    this.#write(turn, (row) => {
      this.db.update(outbox).set({ status: "undeliverable" }).where(eq(outbox.seq, seq)).run();
      this.#move(row, { happened: "undeliverable", failure }, now);
    });
  }

  /** Everything is said; the turn is over. */
  finish(turn: OpenTurn, now: number): void {
    this.#write(turn, (row) => this.#move(row, { happened: "delivered" }, now));
  }

  /**
   * Stops the open turn, whoever works on it. What was shown stays, marked as stopped, so that the model knows later.
   *
   * @param partial text of the model call that is cut.
   * @returns the turn's id, or `undefined` when nothing was running (or its answer is already on its way out).
   */
  cancel(partial: string, now: number): string | undefined {
    return this.storage.transactionSync(() => {
      const turn = this.openTurn();
      const stopped = { happened: "stopped" } as const;
      if (!turn || !transition(turn, stopped, now)) return undefined;
      const journal = this.steps(turn.id);
      const last = journal.at(-1);
      if (last?.entry.kind === "model" && !last.entry.result) {
        this.sql.step.write().run({ ...last, entry: { ...last.entry, partial } });
      }
      for (const step of closeUnmade(journal, now)) this.sql.step.write().run(step);
      this.#reports.addLost(turn, last, now);
      const entries = journal.map(({ entry }) => entry);
      const content = [answerText(entries, partial), STOPPED].filter((text) => text !== "").join("\n\n");
      this.sql.transcript.insert().run({ turnId: turn.id, role: "assistant", content, now });
      this.#move(turn, stopped, now);
      return turn.id;
    });
  }

  /** The one place that writes what transitions.ts says. */
  #move(turn: TurnRow, event: TurnEvent, now: number): TurnStanding {
    const standing = transition(turn, event, now);
    if (!standing) throw new Error(`turn ${turn.id} is ${turn.state}: it cannot be ${event.happened}`);
    this.db.update(turns).set(standing).where(eq(turns.id, turn.id)).run();
    return standing;
  }

  #write(turn: OpenTurn, change: (row: TurnRow) => unknown): void {
    this.storage.transactionSync(() => void change(this.#assertHeld(turn)));
  }

  /**
   * Forgets all that was said and answered, and stops what is being answered. What still waits is kept: it was accepted,
   * and will be answered. Ids of messages stay known, so that none is answered again.
   */
  forget(now: number, others: readonly Forgetful[]): void {
    this.storage.transactionSync(() => {
      this.cancel("", now);
      forgetAnswered(this.db, others);
    });
  }

  /**
   * Forgets what was received before `before`, except what is still waiting or worked on.
   *
   * @returns whether nothing is left.
   */
  purge(before: number, others: readonly Forgetful[]): boolean {
    return this.storage.transactionSync(() =>
      forgetOlder(this.db, { before, openTurn: this.openTurn()?.id }, others),
    );
  }
}

/** What the model reads at the end of an answer that was stopped. */
const STOPPED = "[stopped by the user]";

function isAnsweredAlone(event: InboundEvent): boolean {
  return event.target.kind === "interaction" || commandOf(event) !== null;
}

function heldTurn(generation: number, messages: InboxRow[]): OpenTurn | undefined {
  const message = messages.at(-1);
  return message && { id: message.turnId, generation, messages, message };
}
