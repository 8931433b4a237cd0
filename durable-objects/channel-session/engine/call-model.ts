/** Makes one model call of a turn: asks whether it may cost something, journals it, shows it, tells what it used. */

import { CONTEXT_MESSAGES, fitContext } from "../../../shared/llm/context.ts";
import { modelTraits } from "../../../shared/llm/models.ts";
import {
  type ModelEvent,
  type ModelRequest,
  ProviderError,
  type ProviderErrorCode,
} from "../../../shared/llm/provider.ts";
import { withSummary } from "../../../shared/llm/summary.ts";
import type { StepEntry } from "./journal.ts";
import { earlierMessages, turnMessages, type UserMessage } from "./messages.ts";
import type { NextAction } from "./next-action.ts";
import type { OpenTurn } from "./open-turn.ts";
import type { AgentParts, TurnContext } from "./turn-context.ts";
import { mayBePaidFor, usageOfFailure } from "./usage-of-failure.ts";
import { withoutImages } from "./user-message.ts";

/** A model call in the making. */
interface ModelCall {
  turn: OpenTurn;
  model: string;
  request: ModelRequest;
  step: number;
  round: number;
  /** Counts those that may have cost something: each is reserved, journaled and reported by itself. */
  attempt: number;
  /** Whether any of this attempt's answer has come. */
  heard: boolean;
}

/**
 * @param said what the turn answers; its images go when the API refuses them.
 * @throws ProviderError | BudgetError | FencedError
 */
export async function callModel(
  turn: OpenTurn,
  context: TurnContext,
  agent: AgentParts,
  action: Extract<NextAction, { do: "call-model" }>,
  said: { user: UserMessage },
  journal: readonly StepEntry[],
): Promise<void> {
  const { store, log, now } = context;
  const { step, round, attempt } = action;
  const request = requestOf(turn, context, agent, action, said.user, journal);
  const call: ModelCall = {
    ...{ turn, model: agent.provider.model, request },
    ...{ step, round, attempt, heard: false },
  };
  await begin(call, context);
  context.live.clear();
  try {
    for await (const event of agent.provider.stream(request, context.signal))
      await takeEvent(call, context, event);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const end = { usage: usageOfFailure(error.code, call.heard), error: error.code };
    store.failModelCall(turn, call, end, now());
    if (!said.user.images?.length || error.code !== "bad_request") throw error;
    // An image that the API cannot fetch or read must not cost the answer. The call has no result: it is made again.
    log.log("warn", "images.refused", { step, cause: error.message });
    said.user = withoutImages(said.user);
  } finally {
    context.spending.report();
  }
}

function requestOf(
  turn: OpenTurn,
  context: TurnContext,
  agent: AgentParts,
  { toolChoice }: Extract<NextAction, { do: "call-model" }>,
  user: UserMessage,
  journal: readonly StepEntry[],
): ModelRequest {
  const { maxTokens, temperature } = agent.limits;
  const system = withSummary(agent.system, context.summary());
  const tools = agent.tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  const { contextWindow } = modelTraits(agent.provider.model);
  const earlier = earlierMessages(
    context.store.transcriptBefore(turn, { limit: CONTEXT_MESSAGES, since: agent.rememberedSince }),
  );
  const messages = fitContext({
    ...{ system, tools, earlier, maxTokens, contextWindow },
    turn: turnMessages(user, journal),
  });
  return { system, messages, tools, toolChoice, maxTokens, temperature };
}

/** Sets money aside for an attempt and journals that it starts. @throws BudgetError | FencedError */
async function begin(call: ModelCall, { store, spending, signal, now }: TurnContext): Promise<void> {
  const { turn, step, round, attempt } = call;
  const giveBack = await spending.reserve({ turn: turn.id, step, attempt }, call.model, call.request, signal);
  try {
    store.startModelCall(turn, { step, round, attempt }, now());
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function takeEvent(call: ModelCall, context: TurnContext, event: ModelEvent): Promise<void> {
  const { store, live, log, now } = context;
  switch (event.type) {
    case "text":
      call.heard = true;
      live.append(event.text);
      break;
    case "restart":
      log.log("warn", "model.retry", { attempt: event.attempt, reason: event.reason });
      live.restart(`The model is not answering (${event.reason.replaceAll("_", " ")}); trying again.`);
      if (mayBePaidFor(event.reason)) await beginAnew(call, context, event.reason);
      break;
    case "result":
      live.clear();
      store.finishModelCall(call.turn, call.step, event.result, now());
      break;
    default:
      event satisfies never;
  }
}

/** What was heard of an attempt is lost and may have to be paid for; the next one needs money of its own. */
async function beginAnew(call: ModelCall, context: TurnContext, error: ProviderErrorCode): Promise<void> {
  context.store.failModelCall(call.turn, call, { usage: null, error }, context.now());
  call.attempt += 1;
  call.heard = false;
  await begin(call, context);
}
