/**
 * What every model provider of rig-edge looks like to a turn: one streaming call that ends in one result.
 *
 * A provider holds no conversation. The turn owns the messages, journals each result and decides what comes next, so a
 * call can be made again by another instance, or by a later version of this code, from the journal alone.
 */

/** Names a `character.json` may use for `llm.provider`, plus the offline `demo` model. */
export type ProviderName = "anthropic" | "openai-api" | "demo" | "claude-cli" | "codex-cli";

/** JSON Schema of a tool's arguments; always an object schema, as both APIs require. */
export interface ToolInputSchema {
  type: "object";
  properties: Record<string, unknown>;
  required?: string[];
  additionalProperties?: boolean;
}

/** A tool as the model sees it. `name` matches `^[a-zA-Z0-9_-]{1,64}$`, the rule both APIs share. */
export interface ToolDefinition {
  name: string;
  description: string;
  inputSchema: ToolInputSchema;
}

/** A call the model asked for. `input` is what the model wrote, not yet validated. */
export interface ToolCall {
  id: string;
  name: string;
  input: unknown;
}

/** What became of a tool call, in the words the model reads. */
export interface ToolResult {
  callId: string;
  name: string;
  content: string;
  isError: boolean;
}

/** What both vendors' models see. */
export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

/** An image for a model that sees. A `url` is fetched by the provider's API, so it must be public. */
export type ModelImage =
  | { kind: "url"; url: string }
  | { kind: "bytes"; mediaType: (typeof IMAGE_TYPES)[number]; base64: string };

/**
 * One message of the request, oldest first. Every `toolCalls` entry of an assistant message is answered by a result in
 * the `tool` message right after it.
 */
export type ModelMessage =
  | { role: "user"; text: string; images?: readonly ModelImage[] }
  | {
      role: "assistant";
      text: string;
      toolCalls: ToolCall[];
      /** {@link ModelResult.continuation} of the result this message repeats; absent for older turns. */
      continuation?: unknown;
    }
  | { role: "tool"; results: ToolResult[] };

/** One model call. */
export interface ModelRequest {
  /** System prompt in stable order; the part that never changes between turns comes first and is cached where possible. */
  system: { stable: string; varying: string };
  messages: ModelMessage[];
  tools: ToolDefinition[];
  /** `none`: the tools are shown (earlier calls refer to them) but must not be called; used after the last tool round. */
  toolChoice: "auto" | "none";
  /** Upper bound of output tokens. */
  maxTokens: number;
  /** 0 to 1 (Anthropic) or 0 to 2 (OpenAI). Left out of the request for a model that refuses it. */
  temperature: number;
}

/** Tokens as the provider counted them. `inputTokens` excludes what was read from or written to a prompt cache. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}

/** The outcome of one model call; plain JSON, journaled as it is. */
export interface ModelResult {
  text: string;
  toolCalls: ToolCall[];
  usage: TokenUsage;
  /** The model that answered, as the API named it. */
  model: string;
  /** `end`: complete. `tools`: wants tool results. `length`: cut at `maxTokens`. `refusal`: the provider declined. */
  stopReason: "end" | "tools" | "length" | "refusal";
  /** JSON the same provider needs to see again in the next round of the same turn (thinking blocks, reasoning items). */
  continuation?: unknown;
}

/** What a call yields while it runs. Exactly one `result`, and it is the last event. */
export type ModelEvent =
  | { type: "text"; text: string }
  /** The attempt failed and another follows after `waitMs`: all text of this call so far is void. */
  | { type: "restart"; attempt: number; waitMs: number; reason: ProviderErrorCode }
  | { type: "result"; result: ModelResult };

/** A model behind one interface. */
export interface Provider {
  readonly name: ProviderName;
  /** The model asked for. */
  readonly model: string;
  /**
   * Makes one model call.
   *
   * @throws ProviderError when the call failed for good, after bounded retries; `code` is `aborted` after `signal` fired.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

/** Why a model call failed, in terms a turn can act on. */
export type ProviderErrorCode =
  | "not_configured"
  | "needs_runner"
  | "authentication"
  | "permission"
  | "model_not_found"
  | "bad_request"
  | "context_too_long"
  | "rate_limited"
  | "overloaded"
  | "unavailable"
  | "stream_cut"
  | "timeout"
  | "aborted";

/** A model call that failed. `message` is for operators and holds no secret; users read {@link explainToUser}. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ProviderErrorCode;
  readonly provider: ProviderName;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The provider's request id, for its support. */
  readonly requestId: string | undefined;
  /** What the server asked to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ProviderErrorCode,
    provider: ProviderName,
    message: string,
    detail: { status?: number; requestId?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: detail.cause });
    this.code = code;
    this.provider = provider;
    this.status = detail.status;
    this.requestId = detail.requestId;
    this.retryAfterMs = detail.retryAfterMs;
  }
}
