/** One interaction: what was sent, what came of it. Times are milliseconds since 1970. */
import type {
  APICommandAutocompleteInteractionResponseCallbackData,
  APIModalInteractionResponseCallbackData,
} from "discord-api-types/v10";
import type { MessageState } from "../state.ts";

/** Discord's "Interaction Type". */
export const INTERACTION = {
  ping: 1,
  command: 2,
  component: 3,
  autocomplete: 4,
  modalSubmit: 5,
} as const;

/** Discord's "Interaction Callback Type", as far as applications may answer with it. */
export const CALLBACK = {
  pong: 1,
  message: 4,
  deferredMessage: 5,
  deferredUpdate: 6,
  update: 7,
  autocompleteResult: 8,
  modal: 9,
  launchActivity: 12,
} as const;

/** A request that carries an interaction, or carried it. */
export interface SignedRequest {
  /** Where it goes to; `null` when it is delivered by hand. */
  url: string | null;
  method: "POST";
  headers: Record<string, string>;
  body: string;
}

/** What an endpoint answered. */
export interface EndpointAnswer {
  /** `null`: no answer came. */
  status: number | null;
  body: string;
  /** How long it took. */
  ms: number;
}

export type AutocompleteChoices = NonNullable<
  APICommandAutocompleteInteractionResponseCallbackData["choices"]
>;

export interface InteractionState {
  id: string;
  token: string;
  type: number;
  channelId: string;
  userId: string;
  data: Record<string, unknown> | undefined;
  /** The message with the component, or on which the modal was opened. */
  message: MessageState | null;
  /** The interaction that was answered with the modal. */
  opener: InteractionState | null;
  createdAt: number;
  payload: Record<string, unknown>;
  request: SignedRequest | null;
  answers: EndpointAnswer[];
  status: "pending" | "answered" | "failed";
  failure: string | null;
  response: { type: number; data?: unknown } | null;
  /** What `@original` is. */
  original: MessageState | null;
  modal: APIModalInteractionResponseCallbackData | null;
  choices: AutocompleteChoices | null;
  /** A test has ended its token. */
  isExpired: boolean;
  /** Messages that its token has made, or may change. */
  messages: MessageState[];
}

/** An interaction as tests read it. Plain JSON. */
export interface InteractionView {
  id: string;
  token: string;
  type: number;
  channelId: string;
  userId: string;
  status: InteractionState["status"];
  /** Why it failed; the user reads "The application did not respond" and the like. */
  failure: string | null;
  response: InteractionState["response"];
  /** The message that answers it, or that was changed. */
  messageId: string | null;
  modal: InteractionState["modal"];
  choices: AutocompleteChoices | null;
  payload: Record<string, unknown>;
  request: SignedRequest | null;
  /** What the endpoint answered, over HTTP: more than one where the request was sent more than once. */
  answers: EndpointAnswer[];
}

export function viewOf(state: InteractionState): InteractionView {
  const { id, token, type, channelId, userId, status, failure, response, modal, choices } = state;
  const { payload, request, answers, original } = state;
  return {
    id,
    token,
    type,
    channelId,
    userId,
    status,
    failure,
    response,
    messageId: original?.id ?? null,
    modal,
    choices,
    payload,
    request,
    answers: [...answers],
  };
}
