/** Bodies of the answers to interactions. */
import type {
  APIApplicationCommandAutocompleteResponse,
  APIInteractionResponse,
  APIInteractionResponseChannelMessageWithSource,
  APIInteractionResponseDeferredChannelMessageWithSource,
  APIModalInteractionResponse,
} from "discord-api-types/v10";
import { MAX_ATTACHMENTS } from "../session/attachment.ts";
import { type Choice, MAX_CHOICES } from "./choice.ts";

/** What is sent to Discord as the answer to an interaction. */
export type InteractionResponse = APIInteractionResponse;

/** Discord, "Interaction Callback Type". */
const CALLBACK = {
  pong: 1,
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  choices: 8,
  modal: 9,
} as const;
/** Only whoever did it sees the message (Discord, "Message Flags"). */
const EPHEMERAL = 64;
/** Discord, "Component Types". */
const COMPONENT = { textInput: 4, label: 18, fileUpload: 19 } as const;
/** A text of several lines (Discord, "Text Input Styles"). */
const PARAGRAPH = 2;
/** Longest text of a form's field that Discord takes. */
const MAX_FIELD_TEXT = 4_000;

/** Fields of the form of `/ask`, by their custom ids. */
export const ASK_FIELDS = { prompt: "prompt", files: "files" } as const;

/** To a ping. */
export const PONG = { type: CALLBACK.pong } satisfies InteractionResponse;

/** The message that was pressed changes by itself, if at all. */
export const DEFERRED_UPDATE = { type: CALLBACK.deferredUpdate } satisfies InteractionResponse;

/** A message that only whoever did it sees; it notifies nobody. */
export function privateReply(content: string): APIInteractionResponseChannelMessageWithSource {
  const data = { content, flags: EPHEMERAL, allowed_mentions: { parse: [] } };
  return { type: CALLBACK.message, data };
}

/** The answer comes later. Whether others see it is settled by this. */
export function deferral(isPrivate: boolean): APIInteractionResponseDeferredChannelMessageWithSource {
  return { type: CALLBACK.deferredMessage, ...(isPrivate && { data: { flags: EPHEMERAL } }) };
}

/** Completions of what somebody types. */
export function suggestions(choices: readonly Choice[]): APIApplicationCommandAutocompleteResponse {
  return { type: CALLBACK.choices, data: { choices: choices.slice(0, MAX_CHOICES) } };
}

/** The form of `/ask`. @param title at most 45 characters. */
export function askForm({ id, title }: { id: string; title: string }): APIModalInteractionResponse {
  const prompt = {
    type: COMPONENT.textInput,
    custom_id: ASK_FIELDS.prompt,
    style: PARAGRAPH,
    required: true,
    max_length: MAX_FIELD_TEXT,
  } as const;
  const files = {
    type: COMPONENT.fileUpload,
    custom_id: ASK_FIELDS.files,
    required: false,
    min_values: 0,
    max_values: MAX_ATTACHMENTS,
  } as const;
  const components = [
    { type: COMPONENT.label, label: "What do you want to ask?", component: prompt },
    { type: COMPONENT.label, label: "Files", component: files },
  ];
  return { type: CALLBACK.modal, data: { custom_id: id, title, components } };
}
