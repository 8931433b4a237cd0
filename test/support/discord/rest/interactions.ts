/** Answers to interactions over REST: the callback, and the messages that an interaction's token may write. */
import { Hono } from "hono";
import { followUp } from "../interactions/callback.ts";
import { CALLBACK, type InteractionState } from "../interactions/state.ts";
import { deleteMessage, editMessage } from "../messages.ts";
import { messagePayload } from "../payloads.ts";
import { unknownMessage } from "../problem.ts";
import { MESSAGE_FLAGS, type MessageState } from "../state.ts";
import type { Store } from "../store.ts";
import { callbackIssues } from "./callback-form.ts";
import { bodyOf, type RestContext, type RestEnv, type RestState } from "./context.ts";
import { contentsOf, type MessageBody } from "./message-body.ts";
import type { Violation } from "./request.ts";

/** How the token of an interaction begins: `interaction:` in base64. */
const TOKEN_START = "aW50ZXJhY3Rpb246";
const sentMessage = `/webhooks/:application/:token{${TOKEN_START}[^/]+}/messages/:message`;

export function interactionRoutes(
  { store, interactions }: RestState,
  violations: Violation[],
): Hono<RestEnv> {
  const stateOf = (c: RestContext): InteractionState =>
    interactions.ofToken(c.req.param("application") ?? "", c.req.param("token") ?? "");

  return new Hono<RestEnv>()
    .post("/interactions/:interaction/:token/callback", (c) => {
      const { interaction, token } = c.req.param();
      for (const { path, message } of callbackIssues(c.var.body.json))
        violations.push({
          request: `POST ${c.var.record.path}`,
          message: `${["body", ...path].join(".")}: ${message}`,
        });
      const state = interactions.callback(interaction, token, c.var.body);
      if (c.req.query("with_response") !== "true") return c.body(null, 204);
      return c.json(callbackPayload(store, state));
    })
    .post(`/webhooks/:application/:token{${TOKEN_START}[^/]+}`, (c) => {
      const message = followUp(store, stateOf(c), bodyOf<MessageBody>(c), c.var.body.files);
      return c.json(messagePayload(store, message));
    })
    .get(sentMessage, (c) => c.json(messagePayload(store, messageOf(store, stateOf(c), c))))
    .patch(sentMessage, (c) => {
      const message = messageOf(store, stateOf(c), c);
      editMessage(store, message, contentsOf(store, bodyOf<MessageBody>(c), c.var.body.files, message));
      return c.json(messagePayload(store, message));
    })
    .delete(sentMessage, (c) => {
      deleteMessage(store, messageOf(store, stateOf(c), c));
      return c.body(null, 204);
    });
}

/** @throws DiscordProblem 10008 when it is gone, or was made by another token */
function messageOf(store: Store, state: InteractionState, c: RestContext): MessageState {
  const id = c.req.param("message") ?? "";
  const message =
    id === "@original" ? state.original : (state.messages.find((each) => each.id === id) ?? null);
  if (message === null || message.deletedAt !== null) throw unknownMessage();
  return message.ephemeralTo === null ? store.message(message.channelId, message.id) : message;
}

/** "Interaction Callback Response". */
function callbackPayload(store: Store, { id, type, response, original }: InteractionState): object {
  const message = original === null ? null : messagePayload(store, original);
  const answer = response?.type;
  const shows =
    answer === CALLBACK.message || answer === CALLBACK.update || answer === CALLBACK.deferredMessage;
  return {
    interaction: {
      id,
      type,
      ...(message === null
        ? {}
        : {
            response_message_id: message.id,
            response_message_loading: (Number(message.flags) & MESSAGE_FLAGS.loading) !== 0,
            response_message_ephemeral: (Number(message.flags) & MESSAGE_FLAGS.ephemeral) !== 0,
          }),
    },
    ...(message !== null && shows ? { resource: { type: answer, message } } : {}),
  };
}
