/** OpenAI's Responses API, as the model server speaks and judges it. */
import * as z from "zod";
import {
  ApiProblem,
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

const imagePart = z.strictObject({
  type: z.literal("input_image"),
  image_url: openAiImageUrl,
  detail: z.enum(["auto", "low", "high"]),
});
const textPart = z.looseObject({ type: z.enum(["input_text", "output_text", "refusal"]), text: z.string() });
const text = z.union([z.string(), z.array(z.union([textPart, imagePart]))]);
const message = z.looseObject({
  type: z.literal("message").optional(),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: text,
});
const functionCall = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().min(1),
  name: toolName,
  arguments: z.string(),
});
const functionCallOutput = z.strictObject({
  type: z.literal("function_call_output"),
  call_id: z.string().min(1),
  output: z.string(),
});
const reasoning = z.looseObject({
  type: z.literal("reasoning"),
  id: z.string(),
  summary: z.array(z.unknown()),
  encrypted_content: z.string().optional(),
});
const item = z.union([functionCall, functionCallOutput, reasoning, message]);
type Item = z.infer<typeof item>;

const requestSchema = z.strictObject({
  model: z.string().min(1),
  input: z.array(item).min(1),
  instructions: z.string().optional(),
  stream: z.literal(true, "the model server only streams"),
  store: z.literal(false, "nothing is stored by the model server"),
  include: z.array(z.enum(["reasoning.encrypted_content"])).optional(),
  max_output_tokens: z.int().optional(),
  temperature: z.number().min(0).max(2).optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        name: toolName,
        description: z.string().optional(),
        parameters: toolSchema,
        strict: z.boolean(),
      }),
    )
    .optional(),
  tool_choice: z.enum(["auto", "none", "required"]).optional(),
});
type Request = z.infer<typeof requestSchema>;

export const responsesDialect: Dialect = {
  paths: ["/v1/responses", "/responses"],
  requestIdHeader: "x-request-id",
  read(body, headers) {
    authenticateOpenAi(headers);
    const request = readBody(requestSchema, body);
    judgeModel(request);
    requireUniqueTools(request.tools?.map((tool) => tool.name) ?? []);
    judgePairs(request.input);
    judgeImages(request.input);
    return {
      conversation: conversationOf(request),
      maxTokens: request.max_output_tokens ?? Number.POSITIVE_INFINITY,
      frames: (reply, options) => frames(request, reply, options),
    };
  },
  errorBody: openAiErrorBody,
  errorFrame: () => ({
    event: "error",
    data: {
      type: "error",
      code: "server_error",
      message: "The server had an error",
      param: null,
      sequence_number: 9,
    },
  }),
  errorType: openAiErrorType,
};

function judgeModel(request: Request): void {
  judgeOpenAiModel(request);
  if (request.include !== undefined && !reasons(request.model)) {
    throw badRequest("Encrypted content is not supported with this model.");
  }
  if (request.max_output_tokens !== undefined && request.max_output_tokens < 16) {
    throw badRequest(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${request.max_output_tokens} instead.`,
      "integer_below_min_value",
    );
  }
  if (request.tool_choice !== undefined && !request.tools?.length) {
    throw badRequest("Tool choice is only allowed when 'tools' are specified.");
  }
}

function judgePairs(input: readonly Item[]): void {
  const called = new Set<string>();
  const answered = new Set<string>();
  input.forEach((entry, index) => {
    if (isCall(entry)) {
      if (called.has(entry.call_id))
        throw badRequest(`Duplicate function call with call_id ${entry.call_id}.`);
      if (entry.call_id.startsWith("call_thought_") && !input.slice(0, index).some(isReasoning)) {
        throw badRequest(
          `Item '${entry.call_id}' of type 'function_call' was provided without its required 'reasoning' item.`,
        );
      }
      called.add(entry.call_id);
    } else if (isOutput(entry)) {
      if (!called.has(entry.call_id)) {
        throw badRequest(`No tool call found for function call output with call_id ${entry.call_id}.`);
      }
      if (answered.has(entry.call_id))
        throw badRequest(`Duplicate function call output for call_id ${entry.call_id}.`);
      answered.add(entry.call_id);
    } else if (isReasoning(entry)) {
      judgeReasoning(entry, input[index + 1]);
    } else if (called.size > answered.size) {
      throw badRequest(
        `No tool output found for function call ${[...called].find((id) => !answered.has(id))}.`,
      );
    }
  });
  const open = [...called].find((id) => !answered.has(id));
  if (open !== undefined) throw badRequest(`No tool output found for function call ${open}.`);
}

function judgeReasoning(entry: z.infer<typeof reasoning>, next: Item | undefined): void {
  if (entry.encrypted_content === undefined) {
    throw new ApiProblem(
      404,
      "invalid_request_error",
      `Item with id '${entry.id}' not found. Items are not persisted when \`store\` is set to false.`,
    );
  }
  if (Buffer.from(entry.encrypted_content, "base64").toString() === "") {
    throw badRequest(
      `The encrypted content for item ${entry.id} could not be verified.`,
      "invalid_encrypted_content",
    );
  }
  if (next === undefined || isOutput(next) || ("role" in next && next.role !== "assistant")) {
    throw badRequest(
      `Item '${entry.id}' of type 'reasoning' was provided without its required following item.`,
    );
  }
}

/** Users alone show images, and the API must be able to fetch those that it is given by URL. */
function judgeImages(input: readonly Item[]): void {
  for (const entry of input) {
    if (!("role" in entry)) continue;
    const content = text.parse(entry.content);
    const parts = typeof content === "string" ? [] : content;
    const urls = parts.flatMap((part) => ("image_url" in part ? [String(part.image_url)] : []));
    if (entry.role !== "user" && urls.length > 0) throw badRequest("Invalid value: 'input_image'.");
    judgeImageUrls(urls.filter((url) => !url.startsWith("data:")));
  }
}

function isCall(entry: Item): entry is z.infer<typeof functionCall> {
  return entry.type === "function_call";
}
function isOutput(entry: Item): entry is z.infer<typeof functionCallOutput> {
  return entry.type === "function_call_output";
}
function isReasoning(entry: Item): entry is z.infer<typeof reasoning> {
  return entry.type === "reasoning";
}

function conversationOf(request: Request): Conversation {
  const { input } = request;
  const lastUser = input.findLastIndex((entry) => "role" in entry && entry.role === "user");
  const user = input[lastUser];
  const since = input.slice(lastUser + 1);
  // A round is a run of calls.
  const roundsDone = since.filter((entry, index) => isCall(entry) && !isCallAt(since, index - 1)).length;
  const lastRun = since.findLastIndex((entry) => !isOutput(entry));
  const calls = since.filter(isCall);
  return {
    lastUserText: user !== undefined && "role" in user ? plainText(user.content) : "",
    roundsDone,
    results: since
      .slice(lastRun + 1)
      .filter(isOutput)
      .map((output) => ({
        name: calls.find((call) => call.call_id === output.call_id)?.name ?? "",
        content: output.output,
      })),
    mayCallTools: (request.tools?.length ?? 0) > 0 && request.tool_choice !== "none",
  };
}

function isCallAt(items: readonly Item[], index: number): boolean {
  const entry = items[index];
  return entry !== undefined && isCall(entry);
}

function plainText(content: unknown): string {
  const parsed = text.parse(content);
  return typeof parsed === "string"
    ? parsed
    : parsed.map((part) => ("text" in part ? part.text : "")).join("");
}

function frames(request: Request, reply: Reply, options: { pieces: number; cut: boolean }): Frame[] {
  const list: Frame[] = [];
  let sequence = 0;
  const send = (event: string, data: object, paced = false) =>
    list.push({ event, data: { type: event, sequence_number: sequence++, ...data }, paced });
  const output: object[] = [];
  const response = {
    id: `resp_${request.input.length}`,
    object: "response",
    model: request.model,
    status: "in_progress",
    output,
    error: null,
    incomplete_details: null,
  };
  send("response.created", { response: { ...response, output: [] } });
  const sendItem = (open: object, done: object, between: (index: number) => void) => {
    const index = output.length;
    send("response.output_item.added", { output_index: index, item: open });
    between(index);
    send("response.output_item.done", { output_index: index, item: done });
    output.push(done);
  };

  if (reply.think !== null) {
    const thought = { id: `rs_${request.input.length}`, type: "reasoning", summary: [] };
    const encrypted = request.include
      ? { encrypted_content: Buffer.from(reply.think).toString("base64") }
      : {};
    sendItem(thought, { ...thought, ...encrypted }, () => {});
  }
  if (reply.text !== "") {
    const open = {
      id: `msg_${request.input.length}`,
      type: "message",
      role: "assistant",
      status: "in_progress",
      content: [],
    };
    const part = reply.refuse
      ? { type: "refusal", refusal: reply.text }
      : { type: "output_text", text: reply.text, annotations: [] };
    sendItem(open, { ...open, status: "completed", content: [part] }, (index) => {
      const event = reply.refuse ? "response.refusal.delta" : "response.output_text.delta";
      for (const delta of pieces(reply.text, options.pieces)) {
        send(event, { item_id: open.id, output_index: index, content_index: 0, delta, logprobs: [] }, true);
      }
    });
  }
  reply.calls.forEach((call, position) => {
    const name = `${reply.think === null ? "" : "thought_"}${request.input.length}_${position}`;
    const open = {
      id: `fc_${name}`,
      type: "function_call",
      call_id: `call_${name}`,
      name: call.name,
      arguments: "",
    };
    sendItem(
      { ...open, status: "in_progress" },
      { ...open, arguments: call.json, status: "completed" },
      (index) => {
        for (const delta of pieces(call.json, 3)) {
          send("response.function_call_arguments.delta", { item_id: open.id, output_index: index, delta });
        }
      },
    );
  });

  const usage = usageOf(request, reply);
  if (options.cut) {
    send("response.incomplete", {
      response: {
        ...response,
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        usage,
      },
    });
  } else {
    send("response.completed", { response: { ...response, status: "completed", usage } });
  }
  return list;
}

/** Deterministic: a conversation's later calls read its instructions and tools from the cache. */
function usageOf(request: Request, reply: Reply) {
  const input = countTokens(JSON.stringify([request.instructions, request.tools, request.input]));
  const cached =
    request.input.length > 1 ? countTokens(JSON.stringify([request.instructions, request.tools])) : 0;
  const output = countTokens(reply.text + reply.calls.map((call) => call.name + call.json).join(""));
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}
