/** Discord's published OpenAPI file, held against a request. */
/// <reference path="./discord-api-spec.d.ts" />
import * as schemas from "discord-api-spec/zod";
import * as z from "zod";

const snowflake = z.string().regex(/^(0|[1-9]\d*)$/);
const messageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).optional(),
  before: snowflake.optional(),
  after: snowflake.optional(),
  around: snowflake.optional(),
});

const flag = z.enum(["true", "false"]).optional();
const webhookQuery = z.strictObject({ thread_id: snowflake.optional(), with_components: flag });
const commandQuery = z.strictObject({ with_localizations: flag });
/** `default_member_permissions` is sent as text by most clients, which Discord takes too. */
const commandsSchema = z.array(
  z.preprocess((command) => {
    if (!isObject(command) || typeof command.default_member_permissions !== "string") return command;
    return { ...command, default_member_permissions: Number(command.default_member_permissions) };
  }, schemas.ApplicationCommandUpdateRequestSchema),
);

interface Operation {
  method: string;
  /** The path of the OpenAPI file. */
  path: string;
  body?: z.core.$ZodType;
  query?: z.core.$ZodType;
}

/** The operations that the fake serves. */
const operations: readonly Operation[] = [
  { method: "GET", path: "/gateway" },
  { method: "GET", path: "/gateway/bot" },
  { method: "GET", path: "/users/@me" },
  { method: "GET", path: "/users/{user_id}" },
  { method: "POST", path: "/users/@me/channels", body: schemas.CreatePrivateChannelRequestSchema },
  { method: "GET", path: "/applications/@me" },
  { method: "PATCH", path: "/applications/@me", body: schemas.ApplicationFormPartialSchema },
  { method: "GET", path: "/applications/{application_id}/commands", query: commandQuery },
  { method: "PUT", path: "/applications/{application_id}/commands", body: commandsSchema },
  { method: "GET", path: "/applications/{application_id}/guilds/{guild_id}/commands", query: commandQuery },
  { method: "PUT", path: "/applications/{application_id}/guilds/{guild_id}/commands", body: commandsSchema },
  { method: "GET", path: "/oauth2/applications/@me" },
  { method: "GET", path: "/channels/{channel_id}" },
  {
    method: "PATCH",
    path: "/channels/{channel_id}",
    body: z.union([schemas.UpdateThreadRequestPartialSchema, schemas.UpdateGuildChannelRequestPartialSchema]),
  },
  { method: "GET", path: "/channels/{channel_id}/messages", query: messageQuery },
  { method: "POST", path: "/channels/{channel_id}/messages", body: schemas.MessageCreateRequestSchema },
  { method: "GET", path: "/channels/{channel_id}/messages/{message_id}" },
  {
    method: "PATCH",
    path: "/channels/{channel_id}/messages/{message_id}",
    body: schemas.MessageEditRequestPartialSchema,
  },
  { method: "DELETE", path: "/channels/{channel_id}/messages/{message_id}" },
  { method: "PUT", path: "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me" },
  { method: "DELETE", path: "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me" },
  { method: "POST", path: "/channels/{channel_id}/typing" },
  {
    method: "POST",
    path: "/channels/{channel_id}/messages/{message_id}/threads",
    body: schemas.CreateTextThreadWithMessageRequestSchema,
  },
  {
    method: "POST",
    path: "/channels/{channel_id}/threads",
    body: schemas.CreateTextThreadWithoutMessageRequestSchema,
  },
  { method: "PUT", path: "/channels/{channel_id}/thread-members/@me" },
  { method: "GET", path: "/guilds/{guild_id}/threads/active" },
  { method: "GET", path: "/users/@me/guilds" },
  { method: "GET", path: "/guilds/{guild_id}" },
  { method: "GET", path: "/guilds/{guild_id}/channels" },
  { method: "GET", path: "/guilds/{guild_id}/members/{user_id}" },
  {
    method: "POST",
    path: "/webhooks/{webhook_id}/{webhook_token}",
    body: schemas.IncomingWebhookRequestPartialSchema,
    query: webhookQuery.extend({ wait: flag }),
  },
  {
    method: "GET",
    path: "/webhooks/{webhook_id}/{webhook_token}/messages/{sent_message}",
    query: z.strictObject({ thread_id: snowflake.optional() }),
  },
  {
    method: "PATCH",
    path: "/webhooks/{webhook_id}/{webhook_token}/messages/{sent_message}",
    body: schemas.IncomingWebhookUpdateRequestPartialSchema,
    query: webhookQuery,
  },
  {
    method: "DELETE",
    path: "/webhooks/{webhook_id}/{webhook_token}/messages/{sent_message}",
    query: z.strictObject({ thread_id: snowflake.optional() }),
  },
  {
    // Which schema holds is said by the body; see `callback-form.ts`.
    method: "POST",
    path: "/interactions/{interaction_id}/{interaction_token}/callback",
    body: z.unknown(),
    query: z.strictObject({ with_response: flag }),
  },
];

/** Parameters of a path that are no ids; a message may also be `@original`. */
const words = ["emoji_name", "webhook_token", "interaction_token", "sent_message"];

const compiled = operations.map((operation) => ({
  ...operation,
  pattern: new RegExp(
    `^${operation.path.replace(/\{(\w+)\}/g, (_, name: string) => (words.includes(name) ? "[^/]+" : "\\d+"))}$`,
  ),
}));

/** One thing that the specification does not allow. */
export interface Issue {
  where: "path" | "query" | "body";
  path: readonly (string | number)[];
  code: string;
  message: string;
  /** Discord answers 400; otherwise it does not look. */
  refused: boolean;
}

/** @param json the body; `undefined` for none */
export function specificationIssues(
  method: string,
  path: string,
  query: Record<string, string>,
  json: unknown,
): Issue[] {
  const operation = compiled.find((each) => each.method === method && each.pattern.test(path));
  if (operation === undefined) {
    return [
      {
        where: "path",
        path: [],
        code: "UNKNOWN_OPERATION",
        message: "not in the specification, or not served",
        refused: false,
      },
    ];
  }
  const ofQuery =
    operation.query === undefined ? strayKeys(query, {}, []) : bodyIssues(operation.query, query);
  const ofBody =
    operation.body === undefined
      ? json === undefined
        ? []
        : [{ path: [], code: "UNEXPECTED_BODY", message: "this operation has no body", refused: false }]
      : bodyIssues(operation.body, json);
  return [
    ...ofQuery.map((issue) => ({ where: "query" as const, ...issue })),
    ...ofBody.map((issue) => ({ where: "body" as const, ...issue })),
  ];
}

/** What is wrong inside of one value. */
export type FieldIssue = Omit<Issue, "where">;

/** What a schema does not allow, or does not know, in a value. */
export function bodyIssues(schema: z.core.$ZodType, value: unknown): FieldIssue[] {
  const result = z.safeParse(schema, value);
  if (result.success) return strayKeys(value, result.data, []);
  return result.error.issues.map(({ path, code, message }) => ({
    path: path.map((step) => (typeof step === "number" ? step : String(step))),
    code: code.toUpperCase(),
    message,
    refused: true,
  }));
}

/**
 * Keys that a schema does not know: its objects drop them, so what is not in the result was not expected. (The strict
 * mode of the package cannot be chosen before its schemas are made.)
 */
function strayKeys(sent: unknown, parsed: unknown, path: readonly (string | number)[]): FieldIssue[] {
  if (Array.isArray(sent) && Array.isArray(parsed)) {
    return sent.flatMap((item, index) => strayKeys(item, parsed[index], [...path, index]));
  }
  if (!isObject(sent) || !isObject(parsed)) return [];
  return Object.entries(sent).flatMap(([key, value]) =>
    key in parsed
      ? strayKeys(value, parsed[key], [...path, key])
      : [
          {
            path: [...path, key],
            code: "UNKNOWN_FIELD",
            message: "not in the specification",
            refused: false,
          },
        ],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
