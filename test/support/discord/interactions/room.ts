/** All interactions: how they come to the application, and what its answers come to. */
import { randomBytes } from "node:crypto";
import {
  alreadyAcknowledged,
  DiscordProblem,
  invalidWebhookToken,
  unknownInteraction,
  unknownWebhook,
} from "../problem.ts";
import { callbackIssues } from "../rest/callback-form.ts";
import { type ReadBody, readBody, type Violation } from "../rest/request.ts";
import type { Store } from "../store.ts";
import type { Application } from "./application.ts";
import { acknowledge } from "./callback.ts";
import type { CommandBook } from "./commands.ts";
import { type Arrival, send, sendUnderFault, signedRequest } from "./endpoint.ts";
import type { InteractionFaults } from "./faults.ts";
import { interactionPayload } from "./payload.ts";
import { CALLBACK, type EndpointAnswer, type InteractionState } from "./state.ts";

/** How long an interaction's token can be used ("Interaction Callback"). */
const TOKEN_LIFETIME_MS = 15 * 60_000;

/**
 * Which way an interaction takes: to the endpoint, over the Gateway, or into the hands of the test, which delivers the
 * request by itself.
 */
export type Via = "http" | "gateway" | "hand";

interface RoomOptions {
  store: Store;
  application: Application;
  commands: CommandBook;
  faults: InteractionFaults;
  violations: Violation[];
  /** How long an application has for its first answer. */
  deadlineMs: number;
}

/** What somebody does, without what Discord adds. */
export interface Deed
  extends Pick<InteractionState, "type" | "channelId" | "userId" | "data">,
    Partial<Pick<InteractionState, "message" | "opener">> {
  locale?: string | undefined;
}

export class InteractionRoom {
  readonly application: Application;
  readonly commands: CommandBook;
  readonly deadlineMs: number;
  readonly #store: Store;
  readonly #faults: InteractionFaults;
  readonly #violations: Violation[];
  readonly #all = new Map<string, InteractionState>();
  readonly #byToken = new Map<string, InteractionState>();
  readonly #waiting = new Map<InteractionState, () => void>();

  constructor({ store, application, commands, faults, violations, deadlineMs }: RoomOptions) {
    this.application = application;
    this.commands = commands;
    this.deadlineMs = deadlineMs;
    this.#store = store;
    this.#faults = faults;
    this.#violations = violations;
  }

  /** Goes on with interactions of another room. */
  add(earlier: readonly InteractionState[]): void {
    for (const state of earlier) {
      this.#all.set(state.id, state);
      this.#byToken.set(state.token, state);
    }
  }

  all(): InteractionState[] {
    return [...this.#all.values()];
  }

  /** @throws Error when there was no such interaction */
  find(id: string): InteractionState {
    const state = this.#all.get(id);
    if (state === undefined) throw new Error(`There was no interaction ${id}.`);
    return state;
  }

  /**
   * Sends an interaction and waits until it is answered or has failed; by hand it waits for nothing.
   *
   * @param via by default as Discord does: to the endpoint when there is one, otherwise over the Gateway
   */
  async perform(deed: Deed, via?: Via): Promise<InteractionState> {
    const state = this.#begin(deed);
    switch (via ?? (this.application.endpointUrl === null ? "gateway" : "http")) {
      case "http":
        await this.#deliverOverHttp(state);
        break;
      case "gateway":
        await this.#deliverOverGateway(state);
        break;
      case "hand":
        state.request = signedRequest(this.application, JSON.stringify(state.payload), {
          url: null,
          at: this.#store.now(),
        });
    }
    return state;
  }

  /** What the application answered to a request that was delivered by hand. */
  async receive(state: InteractionState, arrival: Arrival): Promise<void> {
    state.answers.push(arrival.answer);
    await this.#take(state, arrival);
  }

  /** Sends an interaction's request once more. Discord does not look at the answer. */
  async sendAgain(state: InteractionState, signature: "same" | "fresh"): Promise<EndpointAnswer> {
    const { request } = state;
    const url = request?.url ?? this.application.endpointUrl;
    if (request === null || url === null) throw new Error(`${state.id} was not sent to an endpoint.`);
    const again =
      signature === "same"
        ? request
        : signedRequest(this.application, request.body, { url, at: this.#store.now() });
    const { answer } = await send({ ...again, url }, this.deadlineMs);
    state.answers.push(answer);
    return answer;
  }

  /**
   * An answer that comes over REST.
   *
   * @throws DiscordProblem 10062 when nobody waits for it any more, 40060 for a second one, 50035 for a bad one
   */
  callback(id: string, token: string, body: ReadBody): InteractionState {
    const state = this.#all.get(id);
    if (state === undefined || state.token !== token) throw unknownInteraction();
    if (state.response !== null) throw alreadyAcknowledged();
    if (state.status === "failed") throw unknownInteraction();
    this.#acknowledge(state, body);
    return state;
  }

  /**
   * The interaction whose messages a token may write.
   *
   * @throws DiscordProblem 10015 when it is not answered yet, 50027 when the token is not or no longer good
   */
  ofToken(applicationId: string, token: string): InteractionState {
    const state = this.#byToken.get(token);
    if (applicationId !== this.#store.bot.id) throw unknownWebhook();
    if (state === undefined || state.isExpired) throw invalidWebhookToken();
    if (this.#store.now() - state.createdAt >= TOKEN_LIFETIME_MS) throw invalidWebhookToken();
    if (state.response === null || state.response.type === CALLBACK.autocompleteResult)
      throw unknownWebhook();
    return state;
  }

  #begin({ type, channelId, userId, data, message = null, opener = null, locale }: Deed): InteractionState {
    const id = this.#store.newId();
    const secret = randomBytes(48).toString("base64url");
    const token = Buffer.from(`interaction:${id}:${secret}`).toString("base64url");
    const made = { id, token, type, channelId, userId, data, message };
    const state: InteractionState = {
      ...made,
      opener,
      createdAt: this.#store.now(),
      payload: interactionPayload(this.#store, { ...made, locale: locale ?? "en-US" }),
      request: null,
      answers: [],
      status: "pending",
      failure: null,
      response: null,
      original: null,
      modal: null,
      choices: null,
      isExpired: false,
      messages: [],
    };
    this.#all.set(id, state);
    this.#byToken.set(token, state);
    return state;
  }

  async #deliverOverHttp(state: InteractionState): Promise<void> {
    const url = this.application.endpointUrl;
    if (url === null) throw new Error("The application has no interactions endpoint URL.");
    const fault = this.#faults.next();
    const request = signedRequest(this.application, JSON.stringify(state.payload), {
      url,
      at: this.#store.now() - (fault?.kind === "stale" ? fault.byMs : 0),
      forged: fault?.kind === "forged",
    });
    state.request = request;
    const start = performance.now();
    const { arrivals, counts } = await sendUnderFault({ ...request, url }, fault, this.deadlineMs);
    state.answers.push(...arrivals.map(({ answer }) => answer));
    if (counts === null) this.#fail(state, "the application did not respond");
    else await this.#take(state, counts);
    // 202: it comes over REST.
    if (state.status === "pending")
      await this.#answered(state, this.deadlineMs - (performance.now() - start));
  }

  async #deliverOverGateway(state: InteractionState): Promise<void> {
    const guildId = this.#store.guildIdOf(state.channelId);
    const answered = this.#answered(state, this.deadlineMs);
    this.#store.emit({
      t: "INTERACTION_CREATE",
      d: state.payload,
      ...(guildId === undefined ? {} : { guildId }),
    });
    await answered;
  }

  /** Waits for an answer over REST; without one in time the interaction has failed. */
  async #answered(state: InteractionState, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(state, resolve);
    const timer = setTimeout(() => this.#fail(state, "the application did not respond"), Math.max(0, ms));
    await promise;
    clearTimeout(timer);
  }

  async #take(state: InteractionState, { answer, contentType, bytes }: Arrival): Promise<void> {
    if (answer.status === 202 && bytes.byteLength === 0) return;
    if (state.response !== null) return this.#violation(state, "answered over REST already");
    if (answer.status === null) return this.#fail(state, "the application did not respond");
    if (answer.status < 200 || answer.status > 299)
      return this.#fail(state, `the endpoint answered ${answer.status}`);
    try {
      const headers = { "content-type": contentType };
      const body = await readBody(new Response(bytes, { headers }));
      for (const { path, message } of callbackIssues(body.json))
        this.#violation(state, `${["body", ...path].join(".")}: ${message}`);
      this.#acknowledge(state, body);
    } catch (error) {
      if (!(error instanceof DiscordProblem || error instanceof SyntaxError)) throw error;
      this.#fail(state, error.message);
    }
  }

  #acknowledge(state: InteractionState, body: ReadBody): void {
    acknowledge(this.#store, state, body);
    state.status = "answered";
    this.#settle(state);
  }

  #fail(state: InteractionState, failure: string): void {
    state.status = "failed";
    state.failure = failure;
    this.#settle(state);
  }

  #settle(state: InteractionState): void {
    this.#waiting.get(state)?.();
    this.#waiting.delete(state);
  }

  #violation({ id, type }: InteractionState, message: string): void {
    this.#violations.push({ request: `answer to interaction ${id} (type ${type})`, message });
  }
}
