/** The Chat Completions API, as the model server speaks and judges it. */
import * as z from "zod";
import {
  badRequest,
  type Dialect,
  type Frame,
  judgeImageUrls,
  readBody,
  requireUniqueTools,
  toolName,
  toolSchema,
} from "./model-server-dialect.ts";
import {
  authenticateOpenAi,
  judgeOpenAiModel,
  openAiErrorBody,
  openAiErrorType,
  openAiImageUrl,
  reasons,
} from "./model-server-openai.ts";
import { type Conversation, countTokens, pieces, type Reply } from "./model-server-script.ts";

const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.strictObject({ name: toolName, arguments: z.string() }),
});
const userPart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({ type: z.literal("image_url"), image_url: z.strictObject({ url: openAiImageUrl }) }),
]);
const message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content: z.string() }),
  z.strictObject({ role: z.literal("user"), content: z.union([z.string(), z.array(userPart).min(1)]) }),
  z.strictObject({
    role: z.literal("assistant"),
    content: z.string().nullable(),
    tool_calls: z.array(toolCall).min(1).optional(),
  }),
  z.strictObject({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
]);
type Message = z.infer<typeof message>;

const requestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.literal(true, "the model server only streams"),
  stream_options: z.strictObject({ include_usage: z.boolean() }).optional(),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        function: z.strictObject({
          name: toolName,
          description: z.string().optional(),
          parameters: toolSchema,
        }),
      }),
    )
    .optional(),
  tool_choice: z.enum(["auto", "none", "required"]).optional(),
});
type Request = z.infer<typeof requestSchema>;

export const chatDialect: Dialect = {
  paths: ["/v1/chat/completions", "/chat/completions"],
  requestIdHeader: "x-request-id",
  read(body, headers) {
    authenticateOpenAi(headers);
    const request = readBody(requestSchema, body);
    judgeModel(request);
    requireUniqueTools(request.tools?.map((tool) => tool.function.name) ?? []);
    judgePairs(request.messages);
    judgeImageUrls(imageUrls(request));
    return {
      conversation: conversationOf(request),
      maxTokens: request.max_tokens ?? request.max_completion_tokens ?? Number.POSITIVE_INFINITY,
      frames: (reply, options) => frames(request, reply, options),
    };
  },
  errorBody: openAiErrorBody,
  errorFrame: () => ({
    event: null,
    data: { error: { message: "The server had an error", type: "server_error", param: null, code: null } },
  }),
  errorType: openAiErrorType,
};

function judgeModel(request: Request): void {
  judgeOpenAiModel(request);
  if (request.max_tokens !== undefined && reasons(request.model)) {
    throw badRequest(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      "unsupported_parameter",
    );
  }
  if (request.tool_choice !== undefined && !request.tools?.length) {
    throw badRequest(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    );
  }
}

function judgePairs(messages: readonly Message[]): void {
  let open = new Set<string>();
  for (const entry of messages) {
    if (entry.role === "tool") {
      if (!open.delete(entry.tool_call_id)) {
        throw badRequest(
          "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
        );
      }
      continue;
    }
    requireAnswered(open);
    if (entry.role !== "assistant") continue;
    if (entry.content === null && entry.tool_calls === undefined) {
      throw badRequest("Invalid value for 'content': expected a string, got null.");
    }
    open = new Set(entry.tool_calls?.map((call) => call.id));
  }
  requireAnswered(open);
}

function requireAnswered(open: ReadonlySet<string>): void {
  if (open.size === 0) return;
  throw badRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(", ")}`,
  );
}

function imageUrls({ messages }: Request): string[] {
  const parts = messages.flatMap((entry) =>
    entry.role === "user" && typeof entry.content !== "string" ? entry.content : [],
  );
  const urls = parts.flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : []));
  return urls.filter((url) => !url.startsWith("data:"));
}

function textOf(entry: Message | undefined): string {
  if (typeof entry?.content === "string") return entry.content;
  return (entry?.content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
}

function conversationOf(request: Request): Conversation {
  const { messages } = request;
  const lastUser = messages.findLastIndex((entry) => entry.role === "user");
  const since = messages.slice(lastUser + 1);
  const rounds = since.filter((entry) => entry.role === "assistant" && entry.tool_calls !== undefined);
  const calls = rounds.flatMap((entry) => (entry.role === "assistant" ? (entry.tool_calls ?? []) : []));
  const afterLast = since.slice(since.findLastIndex((entry) => entry.role !== "tool") + 1);
  return {
    lastUserText: textOf(messages[lastUser]),
    roundsDone: rounds.length,
    results: afterLast.flatMap((entry) =>
      entry.role === "tool"
        ? [
            {
              name: calls.find((call) => call.id === entry.tool_call_id)?.function.name ?? "",
              content: entry.content,
            },
          ]
        : [],
    ),
    mayCallTools: (request.tools?.length ?? 0) > 0 && request.tool_choice !== "none",
  };
}

function frames(request: Request, reply: Reply, options: { pieces: number; cut: boolean }): Frame[] {
  const list: Frame[] = [];
  const head = {
    id: `chatcmpl-${request.messages.length}`,
    object: "chat.completion.chunk",
    created: 1,
    model: request.model,
  };
  const send = (delta: object, finish: string | null = null, paced = false) =>
    list.push({
      event: null,
      data: { ...head, choices: [{ index: 0, delta, finish_reason: finish }] },
      paced,
    });
  send({ role: "assistant", content: "" });
  for (const part of pieces(reply.text, options.pieces))
    send(reply.refuse ? { refusal: part } : { content: part }, null, true);
  reply.calls.forEach((call, index) => {
    const id = `call_${request.messages.length}_${index}`;
    send({ tool_calls: [{ index, id, type: "function", function: { name: call.name, arguments: "" } }] });
    for (const part of pieces(call.json, 3)) send({ tool_calls: [{ index, function: { arguments: part } }] });
  });
  send({}, options.cut ? "length" : reply.calls.length > 0 ? "tool_calls" : "stop");
  if (request.stream_options?.include_usage) {
    list.push({ event: null, data: { ...head, choices: [], usage: usageOf(request, reply) } });
  }
  list.push({ event: null, data: "[DONE]" });
  return list;
}

/** Deterministic: a conversation's later calls read its system message and tools from the cache. */
function usageOf(request: Request, reply: Reply) {
  const system = request.messages.filter((entry) => entry.role === "system");
  const prompt = countTokens(JSON.stringify([request.tools, request.messages]));
  const cached =
    request.messages.length > system.length + 1 ? countTokens(JSON.stringify([request.tools, system])) : 0;
  const completion = countTokens(reply.text + reply.calls.map((call) => call.name + call.json).join(""));
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}
