/** Carries out what an interaction's plan says, and makes the answer that Discord waits for. */

import type { Agent } from "../../../shared/character/registry.ts";
import { BUSY } from "../../../shared/chat/message.ts";
import type { Choice } from "../../../shared/interaction/choice.ts";
import type { Plan, Suggestion } from "../../../shared/interaction/plan.ts";
import type { PressOutcome } from "../../../shared/interaction/press.ts";
import {
  askForm,
  DEFERRED_UPDATE,
  deferral,
  type InteractionResponse,
  PONG,
  privateReply,
  suggestions,
} from "../../../shared/interaction/response.ts";
import type { Logger } from "../../../shared/log.ts";
import { withDeadline } from "../../../shared/time/deadline.ts";
import { callSession } from "../../clients/calls.ts";
import type { Receipt, SessionApi } from "../../contracts.ts";
import type { Env, Stub } from "../../env.ts";
import { suggest } from "./suggest.ts";

/** How long each of two tries may take, in milliseconds. Discord waits for three seconds, the way to us and back included. */
const SESSION_MS = 1_200;
/** How long a completion may take, in milliseconds: whoever types does not wait. */
const SUGGEST_MS = 1_500;

const UNREACHABLE = "Something of mine is out of order just now. Try again in a moment.";

/** What carrying out a plan takes. */
export interface Taking {
  agent: Agent;
  env: Env;
  /** With the interaction's trace. */
  log: Logger;
  /** Unix milliseconds. */
  now: number;
}

/**
 * Does what is to be done. What is deferred is stored when this resolves; the same interaction again changes nothing.
 * Failures are logged and told in the answer, for Discord knows no other way.
 */
export async function carryOut(plan: Plan, taking: Taking): Promise<InteractionResponse> {
  switch (plan.do) {
    case "pong":
      return PONG;
    case "reply":
      return privateReply(plan.text);
    case "ask-form":
      return askForm(plan);
    case "defer-and-accept": {
      const { conversation, event, isPrivate } = plan;
      const receipt = await inSession(
        conversation,
        taking,
        async (session): Promise<Receipt> => session.accept(event),
      );
      if (receipt === null) return privateReply(UNREACHABLE);
      return receipt.status === "busy" ? privateReply(BUSY.message) : deferral(isPrivate);
    }
    case "press": {
      const outcome = await inSession(
        plan.conversation,
        taking,
        async (session): Promise<PressOutcome> => session.press(plan.press),
      );
      if (outcome === null) return privateReply(UNREACHABLE);
      return outcome.status === "done" ? DEFERRED_UPDATE : privateReply(outcome.message);
    }
    case "suggest":
      return suggestions(await suggestInTime(plan.suggestion, taking));
    default:
      return plan satisfies never;
  }
}

/** @returns `null` when the session could not be reached in time. */
async function inSession<T>(
  conversation: string,
  { agent, env, log }: Taking,
  call: (session: Stub<SessionApi>) => Promise<T>,
): Promise<T | null> {
  try {
    return await callSession(env, { agent: agent.id, conversation }, call, { timeoutMs: SESSION_MS, log });
  } catch (error) {
    log.log("error", "interaction.not_stored", { conversation, cause: String(error) });
    return null;
  }
}

async function suggestInTime(suggestion: Suggestion, { agent, env, log, now }: Taking): Promise<Choice[]> {
  try {
    return await withDeadline(suggest(suggestion, agent, env, now), SUGGEST_MS);
  } catch (error) {
    log.log("warn", "suggestion.failed", { of: suggestion.of, cause: String(error) });
    return [];
  }
}
