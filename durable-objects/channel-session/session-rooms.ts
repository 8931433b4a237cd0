import { llmFor } from "../../shared/character/llm.ts";
import type { ProviderView } from "../../shared/chat/protocol.ts";
import { discordSettings } from "../../shared/discord/settings.ts";
import { describeProvider } from "../../shared/llm/choose.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import { chatIdOf, isOneOff, parseSessionName } from "../../shared/session/name.ts";
import { findAgent, findAgentIfAny } from "../agent/find-agent.ts";
import type { Env } from "../env.ts";
import { FactReader } from "./agent/fact-reader.ts";
import { ProviderReader } from "./agent/provider-reader.ts";
import { migrateDatabase, openDatabase, type SessionDatabase } from "./database.ts";
import type { Forgetful } from "./engine/forgetting.ts";
import { ReportStore } from "./engine/report-store.ts";
import { SessionStore } from "./engine/store.ts";
import { StoredTurnStates } from "./engine/stored-turn-states.ts";
import { ApprovalDeadline } from "./parts/approval-deadline.ts";
import { JobTable } from "./parts/jobs/job-table.ts";
import type { Part } from "./parts/part.ts";
import { Retention } from "./parts/retention.ts";
import { RunReport } from "./parts/run-report.ts";
import { SharedRecords } from "./parts/shared-records.ts";
import { Spending } from "./parts/spending/spending.ts";
import { Summarizer } from "./parts/summary/summarizer.ts";
import { SummaryStore } from "./parts/summary/summary-store.ts";
import { DiscordConnections } from "./surfaces/discord/connections.ts";
import { PostStore } from "./surfaces/discord/post-store.ts";
import { Reconciler } from "./surfaces/discord/reconciler.ts";
import { ChannelNotes } from "./surfaces/discord-channel/channel-notes.ts";
import { ChannelSurface } from "./surfaces/discord-channel/channel-surface.ts";
import { StatusReactions } from "./surfaces/discord-channel/status-reactions.ts";
import { ThreadStore } from "./surfaces/discord-channel/thread-store.ts";
import { InteractionSurface } from "./surfaces/discord-interaction/interaction-surface.ts";
import { WebhookSurface } from "./surfaces/discord-webhook/webhook-surface.ts";
import { Surfaces } from "./surfaces/surfaces.ts";
import { Pages } from "./surfaces/web/pages.ts";
import { WebSurface } from "./surfaces/web/web-surface.ts";
import { TurnWorker } from "./turn-worker.ts";

/** What the answers of an agent that is gone look like. */
const NO_AGENT = { toolDisplay: "none", reactions: { enabled: false, removeAfterReply: false } } as const;

/** The engine, the surfaces and the parts of one conversation, put together. Nothing is read or begun by that. */
export class SessionRooms {
  readonly log: Logger;
  readonly store: SessionStore;
  readonly jobs: JobTable;
  readonly worker: TurnWorker;
  readonly surfaces: Surfaces;
  readonly web: WebSurface;
  readonly pages: Pages;
  readonly records: SharedRecords;
  /** In the order in which they recover, ring and hear of a turn's end. */
  readonly parts: readonly Part[];
  /** What is forgotten with the journal. */
  readonly forgetful: readonly Forgetful[];
  readonly #env: Env;
  readonly #agentId: string;
  readonly #conversation: string;
  readonly #db: SessionDatabase;
  readonly #providers: ProviderReader;

  constructor(ctx: DurableObjectState, env: Env) {
    const { agent, conversation } = parseSessionName(ctx.id.name);
    this.#env = env;
    this.#agentId = agent;
    this.#conversation = conversation;
    this.log = createLogger({ agent, conversation });
    const { storage } = ctx;
    const db = openDatabase(storage);
    const { log } = this;
    this.#db = db;
    this.store = new SessionStore(storage, db);
    this.jobs = new JobTable(storage, db);
    this.#providers = new ProviderReader(env);
    const turns = new StoredTurnStates(this.store, (turn) => this.worker.live(turn));
    const posts = new PostStore(db);
    const summaries = new SummaryStore(storage, db);
    this.forgetful = [posts, summaries];
    const chat = chatIdOf(conversation);

    this.web = new WebSurface(ctx, turns);
    this.surfaces = new Surfaces([this.web, this.#posted(posts, turns)]);

    const spending = new Spending(env, { agent, conversation }, new ReportStore(storage, db), log);
    const summarizer = new Summarizer({
      ...{ store: summaries, log, now: Date.now, spending },
      model: () => this.#answeringModel(),
      changed: (turn) => this.surfaces.changed(turn),
    });
    this.records = new SharedRecords(ctx, env.DB, { agent, chat }, log);
    const memory = () => findAgentIfAny(agent)?.character.memory;
    const { store, jobs, surfaces } = this;
    this.worker = new TurnWorker(
      {
        ...{ env, agentId: agent, store, summaries, spending, surfaces, providers: this.#providers },
        facts: new FactReader(env.DB, agent),
      },
      jobs,
      () => this.parts,
      log,
    );
    this.pages = new Pages({
      ...{ ctx, web: this.web, history: turns, provider: () => this.#shownProvider() },
      ...{ agent, chat, memory },
    });
    this.parts = [
      spending,
      summarizer,
      this.worker,
      new ApprovalDeadline({ store, jobs, log, decided: (turn) => this.decided(turn) }),
      this.records,
      new RunReport(env, agent, log),
      new Retention({
        ...{ ctx, store, jobs, records: this.records, others: this.forgetful, log, memory },
        isOneOff: isOneOff(conversation),
      }),
    ];
  }

  migrate(): Promise<void> {
    return migrateDatabase(this.#db);
  }

  /** For what happens to one turn. */
  logOf(turn: string): Logger {
    return this.log.with({ turn, trace: this.store.message(turn)?.eventId });
  }

  /** Somebody, or the clock, has decided on calls of a turn. */
  decided(turn: string): void {
    this.surfaces.changed(turn);
    this.worker.wake();
    this.worker.showOthers();
  }

  /** The surfaces on which answers are messages of Discord's. */
  #posted(posts: PostStore, turns: StoredTurnStates): Reconciler {
    const { log } = this;
    const connections = new DiscordConnections(this.#env, this.#agentId, log);
    const reactions = new StatusReactions(connections, () => this.#discord().reactions, log);
    const notes = new ChannelNotes(this.#env, this.#agentId, this.#conversation);
    const display = () => ({ conversation: this.#conversation, tools: this.#discord().toolDisplay });
    return new Reconciler({
      surfaces: [
        new ChannelSurface(connections, posts, reactions, new ThreadStore(this.#db), notes),
        new InteractionSurface(connections, posts),
        new WebhookSurface(this.#env, this.#agentId, posts, log),
      ],
      ...{ posts, turns, display, log },
    });
  }

  #discord() {
    const agent = findAgentIfAny(this.#agentId);
    return agent ? discordSettings(agent.character) : NO_AGENT;
  }

  /** @throws AgentUnavailableError */
  async #shownProvider(): Promise<ProviderView> {
    const time = { now: Date.now(), maxAgeMs: 0 };
    return describeProvider(await this.#providers.read(findAgent(this.#agentId), time, this.log));
  }

  /** The model that summarises, which is the one that answers; `undefined` when none can. */
  async #answeringModel() {
    const agent = findAgentIfAny(this.#agentId);
    if (!agent) return undefined;
    const choice = await this.#providers.read(agent, { now: Date.now() }, this.log);
    if (!choice.ready) return undefined;
    return { provider: choice.provider, limits: llmFor(agent.character, choice.provider.name) };
  }
}
