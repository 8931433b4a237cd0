import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { describeD1Failure } from "../../d1/failure.ts";
import { recordUsage } from "../../d1/usage.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import type { Inability } from "../../shared/session/event.ts";
import type { CallId, FinishedCall } from "../../shared/usage/call.ts";
import type { Refusal } from "../../shared/usage/ceiling.ts";
import { toNanoUsd } from "../../shared/usage/nano-usd.ts";
import type { Spent } from "../../shared/usage/spend.ts";
import type { Chosen, HubApi, SpendRequest } from "../contracts.ts";
import type { Env } from "../env.ts";
import { AssignmentDesk, type DeskEntry } from "./assignments/desk.ts";
import { type HubDatabase, migrateDatabase, openDatabase } from "./database.ts";
import { HealthStore } from "./health-store.ts";
import { HeartbeatSender } from "./heartbeat-sender.ts";
import { Ledger } from "./ledger.ts";
import { grantPermit, type PermitState } from "./request-permits.ts";
import { SettingStore } from "./setting-store.ts";

/** How long a reservation holds when nobody settles it, in milliseconds. A call that takes longer still counts at its end. */
export const LEASE_MS = 10 * 60_000;
/** What an operator can do about what the bot may not do. */
const GRANT: Readonly<Record<Inability, string>> = {
  thread: "grant the bot Create Public Threads and Send Messages in Threads there, or set threadMode none",
  reply: "grant the bot Read Message History there",
  file: "grant the bot Attach Files there",
};
/** How long calls are gathered before they are written to D1, in milliseconds. */
const GATHER_MS = 5_000;
/** Rows per write to D1. */
const BATCH = 50;
/** Between two tries while D1 fails, in milliseconds: doubled each time, up to the longest. */
const RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** How long a call is known by its id, in milliseconds: reports of it that come later would count again. */
const REMEMBER_MS = 7 * 24 * 3_600_000;

/**
 * What all conversations of one agent share, named by the agent's id: what it has spent, and which provider a person chose, what it
 * is assigned; and what an operator is told of it.
 *
 * Money knows nothing about the character: ceilings come with each request.
 */
export class AgentHub extends DurableObject<Env> implements HubApi {
  readonly #agent: string;
  readonly #db: HubDatabase;
  readonly #ledger: Ledger;
  readonly #settings: SettingStore;
  readonly #health: HealthStore;
  readonly #heartbeat: HeartbeatSender;
  readonly #desk: AssignmentDesk;
  readonly #log: Logger;
  /** Writes to D1 that failed in a row. */
  #failures = 0;
  /** In memory only: a hub that restarts grants a few too many at the worst. */
  #permits: PermitState = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (ctx.id.name === undefined) throw new RangeError("a hub is named by its agent's id");
    this.#agent = ctx.id.name;
    this.#log = createLogger({ agent: this.#agent });
    this.#db = openDatabase(ctx.storage);
    this.#ledger = new Ledger(ctx.storage, this.#db);
    this.#settings = new SettingStore(this.#db);
    this.#health = new HealthStore(this.#db);
    const parts = { env, agentId: this.#agent, log: this.#log };
    const settings = this.#settings;
    this.#desk = new AssignmentDesk({ ...parts, store: deskStore(settings) });
    this.#heartbeat = new HeartbeatSender({
      ...parts,
      ...{ settings, health: this.#health },
      assignment: () => this.#desk.current()?.assignment ?? null,
    });
    ctx.blockConcurrencyWhile(() => migrateDatabase(this.#db));
  }

  /**
   * Sets money aside for a call for {@link LEASE_MS}. Asking again for the same call changes nothing.
   *
   * @param finished calls to {@link settle} before.
   * @returns why the call may not be made, or `null`.
   */
  async reserve(
    { usd, budget, ...call }: SpendRequest,
    finished: readonly FinishedCall[] = [],
  ): Promise<Refusal | null> {
    await this.settle(finished);
    const now = Date.now();
    const reservation = { ...call, nanoUsd: toNanoUsd(usd), leaseUntil: now + LEASE_MS };
    const refusal = this.#ledger.reserve(reservation, budget, now);
    if (refusal?.because === "spent") this.#tellOperator(refusal);
    return refusal;
  }

  /** Gives back what was set aside for a call that was never made. */
  release(call: CallId): void {
    this.#ledger.release(call);
  }

  /** Takes note of calls that are over. One that is told again changes nothing. */
  async settle(calls: readonly FinishedCall[]): Promise<void> {
    if (calls.length === 0) return;
    this.#ledger.settle(calls);
    this.#health.noteCalls(calls);
    await this.#ringAt(Date.now() + GATHER_MS);
  }

  /** A minute has begun: the agent's heartbeat is kept going, and its assignments are looked after. */
  async tick(): Promise<void> {
    const dueAt = this.#heartbeat.nextAt(Date.now());
    if (dueAt !== null) await this.#ringAt(dueAt);
    await this.#desk.wake();
  }

  /** A session says that the turn of an assignment is over. */
  assignmentOver(): Promise<void> {
    return this.#desk.wake();
  }

  /** A webhook has delivered something. */
  noteDelivery(source: string): void {
    this.#health.noteDelivery(source, Date.now());
  }

  /** What was spent so far, this UTC day and this month. */
  spent(): { day: Spent; month: Spent } {
    return this.#ledger.spent(Date.now());
  }

  /** What people chose last. */
  chosen(): Chosen {
    return { provider: this.#settings.get("provider"), models: this.#settings.group("model") };
  }

  /** Remembers a person's choice; whether it can be had is for the caller to know. */
  chooseProvider(name: string): void {
    this.#settings.set("provider", name);
    this.#log.log("info", "provider.chosen", { provider: name });
  }

  /** @see chooseProvider */
  chooseModel(provider: string, model: string): void {
    this.#settings.set(`model:${provider}`, model);
    this.#log.log("info", "model.chosen", { provider, model });
  }

  /**
   * Grants one request to Discord, for all conversations of the agent share the bot's limit.
   *
   * @param withinMs how long the caller can wait; a permit that would come later is not given away.
   */
  discordPermit(withinMs: number): { waitMs: number } {
    const { state, waitMs } = grantPermit(this.#permits, Date.now(), withinMs);
    this.#permits = state;
    return { waitMs };
  }

  /** The bot may not start threads in a channel: the operator is told, once a day for each channel. */
  noteCannot({ channel, what, cause }: { channel: string; what: Inability; cause: string }): void {
    const name = `told:${what}:${channel}` as const;
    const today = new Date().toISOString().slice(0, "2026-11-21".length);
    if (this.#settings.get(name) === today) return;
    this.#settings.set(name, today);
    this.#log.log("error", "discord.permission_missing", { channel, cause, fix: GRANT[what] });
  }

  /** Brings the ledger in D1 up to date, and sends the heartbeat when it is due. */
  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    // Armed before the work: whatever dies in the middle is begun again, and D1 knows what it has.
    const retryMs = Math.min(RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    await storage.setAlarm(Date.now() + retryMs);
    await Promise.all([this.#tryLedger(retryMs), this.#heartbeat.beatIfDue(Date.now())]);
    const now = Date.now();
    const beatAt = this.#heartbeat.nextAt(now);
    // Calls may have come in while the heartbeat was under way.
    const isWritten = this.#ledger.unwritten(this.#agent, 1).length === 0;
    const ledgerAt = isWritten ? null : now + (this.#failures > 0 ? retryMs : GATHER_MS);
    const next = Math.min(beatAt ?? Number.POSITIVE_INFINITY, ledgerAt ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(next)) await storage.setAlarm(next);
    else await storage.deleteAlarm();
  }

  /** Moves the alarm forward, never back. */
  async #ringAt(at: number): Promise<void> {
    const { storage } = this.ctx;
    const planned = await storage.getAlarm();
    if (planned === null || planned > at) await storage.setAlarm(at);
  }

  async #tryLedger(retryMs: number): Promise<void> {
    try {
      await this.#writeLedger();
    } catch (error) {
      this.#failures++;
      this.#log.log("warn", "usage.unwritten", { cause: describeD1Failure(error), retryMs });
      return;
    }
    this.#failures = 0;
    this.#ledger.forget(Date.now() - REMEMBER_MS);
  }

  async #writeLedger(): Promise<void> {
    for (;;) {
      const rows = this.#ledger.unwritten(this.#agent, BATCH);
      if (rows.length === 0) return;
      await recordUsage(drizzle(this.env.DB), rows);
      this.#ledger.markWritten(rows);
    }
  }

  /** Once for each ceiling that is reached, not for each answer that it costs. */
  #tellOperator({ period, ceilingUsd, spentUsd, resetsAt }: Refusal): void {
    const name = `told:${period}` as const;
    const told = `${resetsAt}:${ceilingUsd}`;
    if (this.#settings.get(name) === told) return;
    this.#settings.set(name, told);
    const until = new Date(resetsAt).toISOString();
    this.#log.log("error", "budget.exhausted", { period, ceilingUsd, spentUsd, until });
  }
}

/** The desk's one entry among the hub's settings. */
function deskStore(settings: SettingStore) {
  return {
    read: () => {
      const stored = settings.get("assignment");
      return stored === null ? null : (JSON.parse(stored) as DeskEntry);
    },
    write: (entry: DeskEntry | null) => {
      if (entry === null) settings.delete("assignment");
      else settings.set("assignment", JSON.stringify(entry));
    },
  };
}
