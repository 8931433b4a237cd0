import type { Command, CommandReply } from "../../../shared/commands/command.ts";
import type { ModelRequest, Provider } from "../../../shared/llm/provider.ts";
import type { Logger } from "../../../shared/log.ts";
import type { Tool } from "../../../shared/tools/tool.ts";
import type { CallId } from "../../../shared/usage/call.ts";
import type { SessionStore } from "./store.ts";
import type { Delivery, OutboxItem } from "./turn-state.ts";

/** What an agent brings to a turn. */
export interface AgentParts {
  provider: Provider;
  tools: readonly Tool[];
  system: ModelRequest["system"];
  limits: { maxTokens: number; temperature: number; maxToolRounds: number };
  /** The model is not told what was said before this; Unix milliseconds. */
  rememberedSince: number;
}

/** The text of the model call in progress, as those who watch see it. */
export interface LiveAnswer {
  append(text: string): void;
  /** What was shown of this call is void; `notice` says why. */
  restart(notice: string): void;
  /** The call is over, or a new one begins: its text is in the journal, or will be. */
  clear(): void;
}

/** The money side of a turn's model calls. */
export interface SpendingGate {
  /**
   * Sets money aside for a call.
   *
   * @returns gives it back, if the call is not made after all.
   * @throws BudgetError when the call may not be made, or what the signal was fired with.
   */
  reserve(call: CallId, model: string, request: ModelRequest, signal: AbortSignal): Promise<() => void>;
  /** Calls are over, and what they have used is stored. */
  report(): void;
}

/** What a turn needs from the object it runs in. */
export interface TurnContext {
  readonly store: SessionStore;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Named in messages to the user. */
  readonly agentName: string;
  /** Text of the call in progress, for those who watch. */
  readonly live: LiveAnswer;
  readonly spending: SpendingGate;
  /** Unix milliseconds. */
  now(): number;
  /** Loads the agent for this turn. @throws ProviderError | AgentUnavailableError */
  agent(): Promise<AgentParts>;
  /** Answers a command; one that is run again after a crash has the effect of one. @throws AgentUnavailableError */
  runCommand(command: Command): Promise<CommandReply>;
  /** What is kept of the conversation's older part. */
  summary(): string | undefined;
  /** The journal has changed. */
  changed(): void;
  /** Hands one outbox item to its target; resolves when the target has it, or never will. */
  deliver(item: OutboxItem): Promise<Delivery>;
}
