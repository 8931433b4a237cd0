import { DurableObject } from "cloudflare:workers";
import { secretReader } from "../../shared/character/secrets.ts";
import type { CronJob } from "../../shared/character/sections/cron.ts";
import { type CronRun, cronEventId, DEFAULT_HISTORY, isOver } from "../../shared/cron/run.ts";
import { nextTime } from "../../shared/cron/schedule.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import { sessionName } from "../../shared/session/name.ts";
import { findAgentIfAny } from "../agent/find-agent.ts";
import type { JobView, RunRequest, ScheduleApi } from "../contracts.ts";
import type { Env } from "../env.ts";
import { migrateDatabase, openDatabase } from "./database.ts";
import { manualRun, scheduledRun, scheduledRunId } from "./plan-run.ts";
import { runEnd } from "./run-end.ts";
import type { RunRow } from "./schema.ts";
import { ScheduleStore, type TimedJob, viewRun } from "./store.ts";

/** How often runs that are not over are looked after, in milliseconds; their sessions tell too. */
const WATCH_MS = 30_000;
/** How often jobs that have left the character are looked for when no tick comes, in milliseconds. */
const TIDY_MS = 3_600_000;

/**
 * The jobs of one agent, named by the agent's id: it decides at each tick what runs, hands each run to its conversation,
 * and keeps what came of it.
 *
 * A tick and a run are written in one transaction, so a trigger that comes twice, or late, makes no second run. What is
 * written is handed over until the session has it, which knows each event once.
 */
export class CronSchedule extends DurableObject<Env> implements ScheduleApi {
  readonly #agentId: string;
  readonly #store: ScheduleStore;
  readonly #log: Logger;
  /** Those who wait for the end of a run, by its id. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (ctx.id.name === undefined) throw new RangeError("a schedule is named by its agent's id");
    this.#agentId = ctx.id.name;
    this.#log = createLogger({ agent: this.#agentId });
    const db = openDatabase(ctx.storage);
    this.#store = new ScheduleStore(ctx.storage, db);
    ctx.blockConcurrencyWhile(() => migrateDatabase(db));
  }

  /** A minute has begun. `scheduledTime`: which one, in Unix milliseconds. */
  async tick(scheduledTime: number): Promise<void> {
    const secret = secretReader({ ...this.env }, this.#agentId);
    const now = Math.max(Date.now(), scheduledTime);
    const decisions = this.#store.plan(this.#timedJobs(), { scheduledTime, now }, (job, due) =>
      scheduledRun(job, due, secret),
    );
    for (const { job, decision } of decisions) {
      if (decision.do === "nothing") continue;
      const { do: outcome, due } = decision;
      const level = outcome === "skip" ? "warn" : "info";
      const trace = cronEventId(scheduledRunId(job, due));
      this.#log.log(level, `cron.${outcome}`, { trace, job, due: new Date(due).toISOString() });
    }
    await this.#lookAfter();
  }

  /** Runs a job, or a prompt, now. */
  async start(request: RunRequest): Promise<CronRun> {
    const secret = secretReader({ ...this.env }, this.#agentId);
    const job = this.#jobs().find(({ id }) => id === request.job);
    if (request.job !== undefined && !job) throw new RangeError(`no job "${request.job}"`);
    const { id } = this.#store.add(manualRun({ ...request, job }, secret, Date.now()));
    await this.#lookAfter();
    const run = this.run(id);
    if (!run) throw new Error(`run ${id} is gone`);
    return run;
  }

  /** A session says that the turn of a run is over. */
  async over(id: string): Promise<void> {
    const row = this.#store.run(id);
    if (row && !isOver(row)) await this.#settle(row);
  }

  /** Waits for the end of a run, at most `waitMs`. @returns the run as it stands then. */
  async outcome(id: string, waitMs: number): Promise<CronRun | undefined> {
    const row = this.#store.run(id);
    if (row && !isOver(row)) await this.#untilOver(id, waitMs);
    return this.run(id);
  }

  run(id: string): CronRun | undefined {
    const row = this.#store.run(id);
    return row && viewRun(row);
  }

  /** A job's runs, newest first. */
  runs(job: string): CronRun[] {
    return this.#store.runs(job);
  }

  /** Every job of the character, with its runs. */
  list(): JobView[] {
    const now = Date.now();
    return this.#jobs().map((job) => {
      const { id, timezone, concurrencyPolicy, suspend, schedule = null } = job;
      const nextRunAt = schedule === null || suspend ? null : (nextTime({ schedule, timezone }, now) ?? null);
      return { id, schedule, timezone, concurrencyPolicy, suspend, nextRunAt, runs: this.#store.runs(id) };
    });
  }

  override async alarm(): Promise<void> {
    this.#store.keepJobs(this.#timedJobs().map(({ id }) => id));
    await this.#lookAfter();
  }

  #jobs(): CronJob[] {
    return findAgentIfAny(this.#agentId)?.character.cron ?? [];
  }

  #timedJobs(): TimedJob[] {
    return this.#jobs().flatMap((job) =>
      job.schedule === undefined ? [] : [{ ...job, schedule: job.schedule }],
    );
  }

  /** Does what is left to do for every run that is not over. What fails is tried again by the next tick or the alarm. */
  async #lookAfter(): Promise<void> {
    await this.#arm();
    await Promise.all(this.#store.stopping().map((row) => this.#try(row, () => this.#stop(row))));
    await Promise.all(this.#store.active().map((row) => this.#try(row, () => this.#settle(row))));
  }

  async #arm(): Promise<void> {
    const { storage } = this.ctx;
    const isBusy = this.#store.active().length + this.#store.stopping().length > 0;
    if (!isBusy && this.#store.jobs().length === 0) return;
    const at = Date.now() + (isBusy ? WATCH_MS : TIDY_MS);
    const planned = await storage.getAlarm();
    if (planned === null || planned > at) await storage.setAlarm(at);
  }

  async #try({ event }: RunRow, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.log("warn", "cron.session_unreachable", { trace: event.id, cause: String(error) });
    }
  }

  async #stop({ id, event, conversation }: RunRow): Promise<void> {
    await this.#session(conversation).stop({ event: event.id });
    this.#store.stopped(id);
  }

  /** Hands the run to its session, or looks what has become of it there. */
  async #settle(row: RunRow): Promise<void> {
    const { id, event, conversation, job, state } = row;
    const session = this.#session(conversation);
    if (state === "pending") {
      const receipt = await session.accept(event);
      if (receipt.status === "busy") return;
      this.#store.handedOver(id, receipt.turn);
    }
    const end = runEnd(event, await session.turnOf(event.id), Date.now());
    if (!end) return;
    const limits = this.#jobs().find((known) => known.id === job) ?? DEFAULT_HISTORY;
    if (this.#store.finish(id, end, limits))
      this.#log.log("info", "cron.over", { trace: event.id, turn: end.turn, state: end.state });
    for (const tell of this.#waiting.get(id) ?? []) tell();
  }

  #session(conversation: string) {
    return this.env.CHANNEL_SESSION.getByName(sessionName({ agent: this.#agentId, conversation }));
  }

  async #untilOver(id: string, waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    const timer = setTimeout(resolve, waitMs);
    await promise;
    clearTimeout(timer);
    waiting.delete(resolve);
    if (waiting.size === 0) this.#waiting.delete(id);
  }
}
