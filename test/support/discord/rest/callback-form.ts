/** The form of answers to interactions: which part of Discord's specification holds is said by their type. */
/// <reference path="./discord-api-spec.d.ts" />
import * as schemas from "discord-api-spec/zod";
import type * as z from "zod";
import { CALLBACK } from "../interactions/state.ts";
import { bodyIssues, type FieldIssue } from "./openapi.ts";

/** What may stand in an answer of each type. */
const schemaOf: Readonly<Record<number, z.core.$ZodType>> = {
  [CALLBACK.pong]: schemas.PongInteractionCallbackRequestSchema,
  [CALLBACK.message]: schemas.CreateMessageInteractionCallbackRequestSchema,
  [CALLBACK.deferredMessage]: schemas.CreateMessageInteractionCallbackRequestSchema,
  [CALLBACK.deferredUpdate]: schemas.UpdateMessageInteractionCallbackRequestSchema,
  [CALLBACK.update]: schemas.UpdateMessageInteractionCallbackRequestSchema,
  [CALLBACK.autocompleteResult]: schemas.ApplicationCommandAutocompleteCallbackRequestSchema,
  [CALLBACK.modal]: schemas.ModalInteractionCallbackRequestSchema,
  [CALLBACK.launchActivity]: schemas.LaunchActivityInteractionCallbackRequestSchema,
};

/** What the specification does not allow in an answer. */
export function callbackIssues(json: unknown): FieldIssue[] {
  const type = (json as { type?: number } | null | undefined)?.type;
  const schema = type === undefined ? undefined : schemaOf[type];
  if (schema !== undefined) return bodyIssues(schema, json);
  const choices = Object.values(CALLBACK).join(", ");
  return [
    {
      path: ["type"],
      code: "UNION_TYPE_CHOICES",
      message: `Value of field "type" must be one of (${choices}).`,
      refused: true,
    },
  ];
}
