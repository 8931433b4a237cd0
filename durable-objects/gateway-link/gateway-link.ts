import { DurableObject } from "cloudflare:workers";
import { parseLinkName } from "../../shared/bridge/link-name.ts";
import type {
  Acknowledgement,
  EventBatch,
  GatewayEvent,
  LeaseGrant,
  LeaseRefusal,
  LeaseRequest,
  ReleaseRequest,
} from "../../shared/bridge/protocol.ts";
import { gatewayTrace } from "../../shared/discord/event-id.ts";
import { FORWARDED_EVENTS, gatewayIntents } from "../../shared/discord/intents.ts";
import { discordSettings } from "../../shared/discord/settings.ts";
import type { GatewayStanding } from "../../shared/heartbeat/health.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import type { Inability } from "../../shared/session/event.ts";
import { findAgent, findAgentIfAny } from "../agent/find-agent.ts";
import { connectDiscord, type DiscordConnection } from "../clients/discord-client.ts";
import type { FencedReply, LinkApi, Signed } from "../contracts.ts";
import type { Env } from "../env.ts";
import { Admission } from "./admission.ts";
import { Backlog } from "./backlog.ts";
import { type LinkDatabase, migrateDatabase, openDatabase } from "./database.ts";
import { Directory } from "./directory.ts";
import { discordReads } from "./discord-reads.ts";
import { runErrands } from "./errands.ts";
import { Inabilities } from "./inabilities.ts";
import { Intake } from "./intake.ts";
import { Interactions } from "./interactions.ts";
import { askForLease, LEASE_TTL_SECONDS, releaseLease, renewLease } from "./lease.ts";
import { LinkState } from "./link-state.ts";
import { MessageStore } from "./message-store.ts";
import { Sessions } from "./sessions.ts";
import { UnreadFields } from "./unread-fields.ts";

/**
 * The Worker's end of one shard of an agent, named `<agent>/<shard index>`.
 *
 * It says which gateway may speak for the shard, hands every message that is answered to its session before the gateway
 * hears that it is stored, and reads over REST what no gateway was there to hear.
 */
export class GatewayLink extends DurableObject<Env> implements LinkApi {
  readonly #agentId: string;
  readonly #log: Logger;
  readonly #db: LinkDatabase;
  readonly #state: LinkState;
  readonly #directory: Directory;
  readonly #messages: MessageStore;
  readonly #sessions: Sessions;
  readonly #backlog: Backlog;
  readonly #discord: DiscordConnection;
  readonly #inabilities = new Inabilities();
  readonly #shard: number;
  readonly #unread = new UnreadFields();
  /** The READY that was taken last, by its session, its gateway and that one's clock. */
  #begun: string | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { agent, shard } = parseLinkName(ctx.id.name);
    this.#agentId = agent;
    this.#shard = shard;
    this.#log = createLogger({ agent, shard });
    this.#db = openDatabase(ctx.storage);
    this.#state = new LinkState(this.#db);
    this.#directory = new Directory(this.#db);
    this.#messages = new MessageStore(this.#db);
    this.#sessions = new Sessions(env, agent, this.#log);
    this.#discord = connectDiscord(env, agent, this.#log);
    this.#backlog = new Backlog({
      admission: () => this.#admission(),
      directory: this.#directory,
      messages: this.#messages,
      sessions: this.#sessions,
      discord: discordReads(this.#discord),
      storage: ctx.storage,
      unread: this.#unread,
      log: this.#log,
      now: () => Date.now(),
    });
    ctx.blockConcurrencyWhile(() => migrateDatabase(this.#db));
  }

  /** Gives or renews the lease. */
  lease({
    gateway,
    shard,
    signedAt,
  }: LeaseRequest & Signed): { granted: LeaseGrant } | { refused: LeaseRefusal } {
    const now = Date.now();
    const { lease, refusal } = askForLease(this.#state.lease, { gateway, signedAt }, now);
    if (lease.epoch !== this.#state.lease.epoch)
      this.#log.log("info", "lease.granted", { gateway, epoch: lease.epoch });
    this.#state.setLease(lease, now);
    if (refusal) return { refused: refusal };
    const settings = discordSettings(findAgent(this.#agentId).character);
    return {
      granted: {
        epoch: lease.epoch,
        ttlSeconds: LEASE_TTL_SECONDS,
        resume: this.#state.resumeFor(shard),
        intents: gatewayIntents(settings),
        forward: FORWARDED_EVENTS,
      },
    };
  }

  /**
   * Stores a batch: every message that is answered is in its session's inbox, or held here, when this resolves with its
   * sequence. A batch that comes again, whole or in part, changes nothing.
   */
  async events(batch: EventBatch & Signed): Promise<{ acknowledged: Acknowledgement } | FencedReply> {
    const { session, signedAt } = batch;
    if (!this.#renew(batch)) return fenced();
    const now = Date.now();
    this.#state.adoptSession(batch, signedAt, now);
    const intake = this.#intake();
    const news = this.#news(batch);
    const outcome = await runErrands(
      news.map((event) => ({ seq: event.s, errand: intake.take(event, gatewayTrace(event, session.id)) })),
    );
    for (const [channelId, messageId] of outcome.seen) {
      if (!this.#directory.channel(channelId)?.isCatchingUp) this.#directory.seen(channelId, messageId);
    }
    for (const { trace, channelId, error } of outcome.failures)
      this.#log.log("warn", "session.unreachable", { trace, channel: channelId, cause: String(error) });
    this.#backlog.wake();
    // While the sessions were told, another gateway may have come.
    if (batch.epoch !== this.#state.lease.epoch) return fenced();
    this.#state.acknowledge(session.id, outcome.storedUpTo, Date.now());
    const acked = this.#state.acknowledged(session.id) ?? outcome.storedUpTo;
    return { acknowledged: { acked, ttlSeconds: LEASE_TTL_SECONDS } };
  }

  /** Gives the lease back. @returns `null`: done. */
  release(request: ReleaseRequest & Signed): FencedReply | null {
    const now = Date.now();
    const lease = releaseLease(this.#state.lease, request, now);
    if (!lease) return fenced();
    this.#log.log("info", "lease.released", { gateway: request.gateway, epoch: request.epoch });
    this.#state.setLease(lease, now);
    return null;
  }

  /** Who speaks for the shard, and how many there are, as far as is known. */
  standing(): GatewayStanding & { shards: number } {
    const { holder, expiresAt } = this.#state.lease;
    return { holder, expiresAt, shards: this.#state.shardCount ?? 1 };
  }

  noteCannot({ channel, what, ms }: { channel: string; what: Inability; ms: number }): void {
    this.#inabilities.note(channel, what, Date.now() + ms);
  }

  noteConversation({
    conversation,
    places,
    instead,
  }: {
    conversation: string;
    places: readonly string[];
    instead?: string;
  }): void {
    for (const place of places) this.#messages.continueAt(place, conversation);
    const [thread] = places;
    if (instead !== undefined && thread !== undefined) this.#directory.replaceThread(instead, thread);
  }

  override alarm(): Promise<void> {
    return this.#backlog.ring();
  }

  #renew(batch: EventBatch & Signed): boolean {
    const now = Date.now();
    const current = this.#state.lease;
    const lease = renewLease(current, batch, now);
    if (lease) this.#state.renewLease(lease);
    return lease !== null;
  }

  /**
   * The events of a batch that are not stored. A READY that is not above what is stored has been sent again, or begins a session
   * under an id that was there before; which of both, the gateway's clock says, and where it says nothing they are taken again:
   * messages have identities.
   */
  #news({ gateway, session, events, signedAt }: EventBatch & Signed): readonly GatewayEvent[] {
    const stored = this.#state.acknowledged(session.id);
    const isNews = ({ s }: GatewayEvent) => stored === null || s > stored;
    const beginning = events.findIndex(({ t }) => t === "READY");
    const ready = events[beginning];
    if (ready === undefined) return events.filter(isNews);
    const begun = session.begunAt === undefined ? undefined : `${session.id} ${gateway} ${session.begunAt}`;
    const isSentAgain = begun !== undefined && begun === this.#begun;
    this.#begun = begun;
    if (isNews(ready) || isSentAgain || !this.#state.beginAnew(signedAt, Date.now()))
      return events.filter(isNews);
    const trace = gatewayTrace(ready, session.id);
    this.#log.log("warn", "session.begun_again", { trace, seq: ready.s, stored });
    return events.filter((event, at) => at >= beginning || isNews(event));
  }

  #intake(): Intake {
    const agent = findAgent(this.#agentId);
    const [parts, now] = [this.#parts(), Date.now];
    return new Intake({
      admission: new Admission({ agent, ...parts }),
      ...{ ...parts, now, sessions: this.#sessions, unread: this.#unread },
      interactions: new Interactions({ agent, env: this.env, discord: this.#discord, log: parts.log, now }),
    });
  }

  #admission(): Admission | undefined {
    const agent = findAgentIfAny(this.#agentId);
    return agent && new Admission({ agent, ...this.#parts() });
  }

  #parts() {
    const [state, directory, messages, log] = [this.#state, this.#directory, this.#messages, this.#log];
    return { state, directory, messages, log, inabilities: this.#inabilities, shard: this.#shard };
  }
}

function fenced(): FencedReply {
  return {
    fenced: { error: "fenced", message: "Another gateway has the lease of this shard; ask for it anew." },
  };
}
