/** What an answer to an interaction does ("Interaction Response Structure"), whichever way it came. */

import type { APIModalInteractionResponseCallbackData } from "discord-api-types/v10";
import { editMessage, postMessage } from "../messages.ts";
import { alreadyAcknowledged, invalidField, invalidForm } from "../problem.ts";
import { callbackIssues } from "../rest/callback-form.ts";
import { contentsOf, type MessageBody, NOTHING } from "../rest/message-body.ts";
import type { ReadBody } from "../rest/request.ts";
import { MESSAGE_FLAGS, MESSAGE_TYPES, type MessageState } from "../state.ts";
import type { Store } from "../store.ts";
import { metadataOf } from "./payload.ts";
import { type AutocompleteChoices, CALLBACK, INTERACTION, type InteractionState } from "./state.ts";

/** What may be answered to which interaction. */
const ALLOWED: Readonly<Record<number, readonly number[]>> = {
  [INTERACTION.ping]: [CALLBACK.pong],
  [INTERACTION.command]: [
    CALLBACK.message,
    CALLBACK.deferredMessage,
    CALLBACK.modal,
    CALLBACK.launchActivity,
  ],
  [INTERACTION.component]: [
    CALLBACK.message,
    CALLBACK.deferredMessage,
    CALLBACK.deferredUpdate,
    CALLBACK.update,
    CALLBACK.modal,
    CALLBACK.launchActivity,
  ],
  [INTERACTION.autocomplete]: [CALLBACK.autocompleteResult],
  [INTERACTION.modalSubmit]: [
    CALLBACK.message,
    CALLBACK.deferredMessage,
    CALLBACK.deferredUpdate,
    CALLBACK.update,
    CALLBACK.launchActivity,
  ],
};

/**
 * Carries an answer out. Nothing has happened when it throws.
 *
 * @throws DiscordProblem 40060 for a second answer, 50035 for one that is not allowed, and what messages throw
 */
export function acknowledge(store: Store, state: InteractionState, { json, files }: ReadBody): void {
  if (state.response !== null) throw alreadyAcknowledged();
  const refused = callbackIssues(json).filter((issue) => issue.refused);
  if (refused.length > 0) throw invalidForm(refused);
  const response = json as { type: number; data?: unknown };
  demandAllowed(state, response.type);
  const body = (response.data ?? {}) as MessageBody;
  switch (response.type) {
    case CALLBACK.message:
      state.original = answerMessage(store, state, body, files);
      break;
    case CALLBACK.deferredMessage:
      state.original = answerMessage(store, state, { flags: body.flags }, new Map(), MESSAGE_FLAGS.loading);
      break;
    case CALLBACK.deferredUpdate:
      state.original = state.message;
      break;
    case CALLBACK.update:
      if (state.message !== null)
        editMessage(store, state.message, contentsOf(store, body, files, state.message));
      state.original = state.message;
      break;
    case CALLBACK.autocompleteResult:
      state.choices = ((response.data ?? {}) as { choices?: AutocompleteChoices }).choices ?? [];
      break;
    case CALLBACK.modal:
      state.modal = response.data as APIModalInteractionResponseCallbackData;
      break;
    default:
    // Nothing is to be seen of a pong, or of an activity that is launched.
  }
  state.response = response;
  if (state.original !== null) state.messages.push(state.original);
}

function demandAllowed(state: InteractionState, type: number): void {
  const updates = type === CALLBACK.update || type === CALLBACK.deferredUpdate;
  if (ALLOWED[state.type]?.includes(type) && !(updates && state.message === null)) return;
  throw invalidField(
    ["type"],
    "INTERACTION_CALLBACK_TYPE_INVALID",
    `An interaction of type ${state.type} cannot be answered with ${type}`,
  );
}

/**
 * A message that the interaction's token posts: the first that follows a deferral takes its place, and what was said about
 * who sees it stays ("Create Followup Message").
 */
export function followUp(
  store: Store,
  state: InteractionState,
  body: MessageBody,
  files: ReadBody["files"],
): MessageState {
  const { original } = state;
  if (original !== null && isAwaited(original)) {
    editMessage(store, original, contentsOf(store, body, files, original));
    return original;
  }
  const message = answerMessage(store, state, body, files);
  state.messages.push(message);
  return message;
}

/** Whether a message is promised, and not there yet. */
function isAwaited({ flags, deletedAt }: MessageState): boolean {
  return (flags & MESSAGE_FLAGS.loading) !== 0 && deletedAt === null;
}

function answerMessage(
  store: Store,
  state: InteractionState,
  body: MessageBody,
  files: ReadBody["files"],
  extraFlags = 0,
): MessageState {
  const { original } = state;
  const edit = contentsOf(store, body, files, NOTHING);
  const ephemeral = (body.flags ?? 0) & MESSAGE_FLAGS.ephemeral;
  const answered = original ?? state.message ?? targetMessage(store, state);
  return postMessage(store, {
    channelId: state.channelId,
    authorId: store.bot.id,
    content: "",
    ...edit,
    flags: (edit.flags ?? 0) | ephemeral | extraFlags,
    type: original === null ? firstType(state) : MESSAGE_TYPES.reply,
    reference: answered === null ? undefined : { channelId: answered.channelId, messageId: answered.id },
    interaction: metadataOf(store, state, original?.id ?? null),
    ephemeralTo: ephemeral === 0 ? null : state.userId,
  });
}

/** The message that a message command was run on: the first answer replies to it. */
function targetMessage(store: Store, { channelId, data }: InteractionState): MessageState | null {
  const { type, target_id } = (data ?? {}) as { type?: number; target_id?: string };
  return type === 3 && target_id !== undefined ? (store.findMessage(channelId, target_id) ?? null) : null;
}

/** A slash command's answer shows the command above it, a button's is a reply to the message with the button. */
function firstType({ type, data, message, opener }: InteractionState): MessageState["type"] {
  if (message !== null) return MESSAGE_TYPES.reply;
  const command = type === INTERACTION.command ? data : opener?.data;
  return command?.type === 2 || command?.type === 3
    ? MESSAGE_TYPES.contextMenuCommand
    : MESSAGE_TYPES.chatInputCommand;
}
