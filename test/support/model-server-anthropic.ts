/** Anthropic's Messages API, as the model server speaks and judges it. */
import { createHash } from "node:crypto";
import * as z from "zod";
import {
  ApiProblem,
  badRequest,
  type Dialect,
  type Frame,
  imageBytes,
  imageType,
  judgeImageUrls,
  readBody,
  requireUniqueTools,
  toolName,
  toolSchema,
} from "./model-server-dialect.ts";
import { type Conversation, countTokens, pieces, type Reply } from "./model-server-script.ts";

const cacheControl = { cache_control: z.strictObject({ type: z.literal("ephemeral") }).optional() };
const visibleText = z
  .string()
  .refine((text) => text.trim() !== "", "text content blocks must contain non-whitespace text");
const textBlock = z.strictObject({ type: z.literal("text"), text: visibleText, ...cacheControl });
const toolUse = z.strictObject({
  type: z.literal("tool_use"),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: toolName,
  input: z.record(z.string(), z.unknown()),
  ...cacheControl,
});
const toolResult = z.strictObject({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(textBlock)]).optional(),
  is_error: z.boolean().optional(),
  ...cacheControl,
});
const thinking = z.strictObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() });
const image = z.strictObject({
  type: z.literal("image"),
  source: z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("url"),
      url: z.url({ protocol: /^https$/, error: "Only HTTPS URLs are supported." }),
    }),
    z.strictObject({ type: z.literal("base64"), media_type: imageType, data: imageBytes }),
  ]),
  ...cacheControl,
});
const block = z.discriminatedUnion("type", [textBlock, toolUse, toolResult, thinking, image]);
type Block = z.infer<typeof block>;

const requestSchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  stream: z.literal(true, "the model server only streams"),
  temperature: z.number().min(0).max(1).optional(),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z
    .array(
      z.strictObject({
        name: toolName,
        description: z.string().optional(),
        input_schema: toolSchema,
        ...cacheControl,
      }),
    )
    .optional(),
  tool_choice: z.strictObject({ type: z.enum(["auto", "none"]) }).optional(),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(["user", "assistant"]),
        content: z.union([visibleText, z.array(block).min(1)]),
      }),
    )
    .min(1, "at least one message is required"),
});
type Request = z.infer<typeof requestSchema>;
interface Message {
  role: "user" | "assistant";
  content: Block[];
}

const REFUSES_TEMPERATURE = /^claude-(fable|mythos|opus-4-[7-9]|(sonnet|opus|haiku)-[5-9])|no-temperature/;

export const anthropicDialect: Dialect = {
  paths: ["/v1/messages"],
  requestIdHeader: "request-id",
  read(body, headers) {
    authenticate(headers);
    const request = readBody(requestSchema, body);
    if (request.model.includes("unknown"))
      throw new ApiProblem(404, "not_found_error", `model: ${request.model}`);
    if (request.temperature !== undefined && REFUSES_TEMPERATURE.test(request.model)) {
      throw badRequest("`temperature` is deprecated for this model.");
    }
    requireUniqueTools(request.tools?.map((tool) => tool.name) ?? []);
    if (request.tool_choice !== undefined && !request.tools?.length) {
      throw badRequest("tool_choice: may only be specified while providing tools");
    }
    limitBreakpoints(body);
    const messages = request.messages.map(
      ({ role, content }): Message => ({
        role,
        content: typeof content === "string" ? [{ type: "text", text: content }] : content,
      }),
    );
    judgeOrder(messages);
    judgePairs(messages);
    judgeThinking(messages);
    judgeImages(messages);
    return {
      conversation: conversationOf(request, messages),
      maxTokens: request.max_tokens,
      frames: (reply, options) => frames(request, messages, reply, options),
    };
  },
  errorBody: ({ type, message }) => ({ type: "error", error: { type, message }, request_id: "req_test" }),
  errorFrame: () => ({
    event: "error",
    data: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
  }),
  errorType(status) {
    const types: Record<number, string> = {
      400: "invalid_request_error",
      401: "authentication_error",
      402: "billing_error",
      403: "permission_error",
      404: "not_found_error",
      413: "request_too_large",
      429: "rate_limit_error",
      529: "overloaded_error",
    };
    return types[status] ?? "api_error";
  },
};

function authenticate(headers: Record<string, string | undefined>): void {
  const bearer = headers.authorization?.replace(/^Bearer /, "");
  const key = headers["x-api-key"] ?? bearer;
  if (!key) throw new ApiProblem(401, "authentication_error", "x-api-key header is required");
  // Worse than the real API, which does not repeat the key: nothing of this message may reach a log unread.
  if (key.includes("bad")) throw new ApiProblem(401, "authentication_error", `invalid x-api-key ${key}`);
  if (key.startsWith("sk-ant-oat") && !headers["anthropic-beta"]?.split(",").includes("oauth-2025-04-20")) {
    throw new ApiProblem(401, "authentication_error", "OAuth authentication is currently not supported.");
  }
  if (!headers["anthropic-version"]) throw badRequest("anthropic-version: header is required");
}

function limitBreakpoints(body: unknown): void {
  const found = JSON.stringify(body).match(/"cache_control":\{/g)?.length ?? 0;
  if (found > 4)
    throw badRequest(`A maximum of 4 blocks with cache_control may be provided. Found ${found}.`);
}

function judgeOrder(messages: readonly Message[]): void {
  if (messages[0]?.role !== "user") throw badRequest('messages: first message must use the "user" role');
  messages.forEach((message, index) => {
    if (message.role === messages[index - 1]?.role) {
      throw badRequest(
        `messages: roles must alternate between "user" and "assistant", but found multiple "${message.role}" roles in a row`,
      );
    }
  });
  if (messages.at(-1)?.role !== "user") {
    throw badRequest(
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    );
  }
}

/** Every `tool_use` is answered once, at the start of the next message, and nothing else is. */
function judgePairs(messages: readonly Message[]): void {
  const seen = new Set<string>();
  messages.forEach(({ role, content }, index) => {
    const uses = content.filter((part) => part.type === "tool_use");
    if (role === "user" && uses.length > 0)
      throw badRequest("messages: `tool_use` blocks can only be in `assistant` messages");
    if (role === "user" && content.some((part) => part.type === "thinking")) {
      throw badRequest("messages: `thinking` blocks can only be in `assistant` messages");
    }
    for (const { id } of uses) {
      if (seen.has(id)) throw badRequest("messages: `tool_use` ids must be unique");
      seen.add(id);
    }
    const answered = messages[index + 1]?.content.flatMap((part) =>
      part.type === "tool_result" ? [part.tool_use_id] : [],
    );
    const open = uses.filter((use) => !answered?.includes(use.id)).map((use) => use.id);
    if (open.length > 0) {
      throw badRequest(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }

    const results = content.filter((part) => part.type === "tool_result");
    if (role === "assistant" && results.length > 0) {
      throw badRequest("messages: `tool_result` blocks can only be in `user` messages");
    }
    const asked =
      messages[index - 1]?.content.flatMap((part) => (part.type === "tool_use" ? [part.id] : [])) ?? [];
    for (const result of results) {
      if (!asked.includes(result.tool_use_id)) {
        throw badRequest(
          `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${result.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        );
      }
    }
    if (new Set(results.map((result) => result.tool_use_id)).size < results.length) {
      throw badRequest(`messages.${index}: each \`tool_use\` must have a single result`);
    }
    if (results.length > 0 && content.slice(0, results.length).some((part) => part.type !== "tool_result")) {
      throw badRequest(`messages.${index}: \`tool_result\` blocks must come first in the content`);
    }
  });
}

/** A thought comes back unchanged, and before the calls that it led to. */
function judgeThinking(messages: readonly Message[]): void {
  messages.forEach(({ content }, index) => {
    for (const part of content) {
      if (part.type === "thinking" && part.signature !== sign(part.thinking)) {
        throw badRequest(`messages.${index}: Invalid \`signature\` in \`thinking\` block`);
      }
      if (
        part.type === "tool_use" &&
        part.id.startsWith("toolu_thought_") &&
        content[0]?.type !== "thinking"
      ) {
        throw badRequest(
          `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${content[0]?.type}\`.`,
        );
      }
    }
  });
}

/** Users alone show images, and the API must be able to fetch those that it is given by URL. */
function judgeImages(messages: readonly Message[]): void {
  for (const { role, content } of messages) {
    const images = content.filter((part) => part.type === "image");
    if (role === "assistant" && images.length > 0) {
      throw badRequest("messages: `image` blocks can only be in `user` messages");
    }
    judgeImageUrls(images.flatMap(({ source }) => (source.type === "url" ? [source.url] : [])));
  }
}

function conversationOf(request: Request, messages: readonly Message[]): Conversation {
  const lastWithText = messages.findLastIndex(
    ({ role, content }) => role === "user" && content.some((part) => part.type === "text"),
  );
  const lastUserText = messages[lastWithText]?.content.findLast((part) => part.type === "text")?.text ?? "";
  const since = messages.slice(lastWithText + 1);
  const calls = since.flatMap(({ content }) => content.filter((part) => part.type === "tool_use"));
  const last = messages.at(-1);
  return {
    lastUserText,
    roundsDone: since.filter(({ content }) => content.some((part) => part.type === "tool_use")).length,
    results: (last === messages[lastWithText] ? [] : (last?.content ?? [])).flatMap((part) =>
      part.type === "tool_result"
        ? [
            {
              name: calls.find((call) => call.id === part.tool_use_id)?.name ?? "",
              content: resultText(part.content),
            },
          ]
        : [],
    ),
    mayCallTools: (request.tools?.length ?? 0) > 0 && request.tool_choice?.type !== "none",
  };
}

function resultText(content: z.infer<typeof toolResult>["content"]): string {
  return typeof content === "string" ? content : (content ?? []).map((part) => part.text).join("\n");
}

function frames(
  request: Request,
  messages: readonly Message[],
  reply: Reply,
  options: { pieces: number; cut: boolean },
): Frame[] {
  const list: Frame[] = [];
  const send = (event: string, data: object, paced = false) =>
    list.push({ event, data: { type: event, ...data }, paced });
  const id = `msg_${messages.length}`;
  const usage = inputUsage(request);
  send("message_start", {
    message: {
      id,
      type: "message",
      role: "assistant",
      model: request.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...usage, output_tokens: 1 },
    },
  });
  send("ping", {});
  let index = 0;
  const sendBlock = (start: object, deltas: object[], paced = false) => {
    send("content_block_start", { index, content_block: start });
    for (const delta of deltas) send("content_block_delta", { index, delta }, paced);
    send("content_block_stop", { index });
    index++;
  };
  if (reply.think !== null) {
    sendBlock({ type: "thinking", thinking: "", signature: "" }, [
      ...pieces(reply.think, 2).map((part) => ({ type: "thinking_delta", thinking: part })),
      { type: "signature_delta", signature: sign(reply.think) },
    ]);
  }
  if (reply.text !== "") {
    const deltas = pieces(reply.text, options.pieces).map((text) => ({ type: "text_delta", text }));
    sendBlock({ type: "text", text: "" }, deltas, true);
  }
  reply.calls.forEach((call, position) => {
    const prefix = reply.think === null ? "toolu_" : "toolu_thought_";
    sendBlock(
      { type: "tool_use", id: `${prefix}${messages.length}_${position}`, name: call.name, input: {} },
      [
        { type: "input_json_delta", partial_json: "" },
        ...pieces(call.json, 3).map((part) => ({ type: "input_json_delta", partial_json: part })),
      ],
    );
  });
  const stopReason = reply.refuse
    ? "refusal"
    : options.cut
      ? "max_tokens"
      : reply.calls.length > 0
        ? "tool_use"
        : "end_turn";
  send("message_delta", {
    delta: { stop_reason: stopReason, stop_sequence: null },
    usage: { ...usage, output_tokens: outputTokens(reply) },
  });
  send("message_stop", {});
  return list;
}

/** Deterministic: the marked prefix (tools and system) is written by a conversation's first call and read by the rest. */
function inputUsage(request: Request) {
  const marked = JSON.stringify(request).includes('"cache_control"');
  const prefix = marked ? countTokens(JSON.stringify([request.tools, request.system])) : 0;
  const first = request.messages.length === 1;
  return {
    input_tokens: countTokens(JSON.stringify(request.messages)),
    cache_creation_input_tokens: first ? prefix : 0,
    cache_read_input_tokens: first ? 0 : prefix,
  };
}

function outputTokens(reply: Reply): number {
  return countTokens(
    (reply.think ?? "") + reply.text + reply.calls.map((call) => call.name + call.json).join(""),
  );
}

function sign(thought: string): string {
  return createHash("sha256").update(thought).digest("base64");
}
