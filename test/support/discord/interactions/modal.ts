/** Filling in a modal that an application has shown ("Modal Submit Data Structure"). */
import type { APIModalInteractionResponseCallbackData } from "discord-api-types/v10";
import { COMPONENT, type Component } from "../components.ts";
import { fileOf, type UserFile } from "../files.ts";
import type { Store } from "../store.ts";
import type { Resolved } from "./resolved.ts";

/** What a person fills in: a text, what is chosen, a box that is ticked, files. */
export type FieldValue = string | boolean | readonly string[] | readonly UserFile[];

interface Filling {
  store: Store;
  resolved: Resolved;
  values: Readonly<Record<string, FieldValue>>;
}

/**
 * @param values by the fields' custom ids; what is absent stays as the modal showed it
 * @throws Error where a real client would not let one send
 */
export function submissionOf(modal: APIModalInteractionResponseCallbackData, filling: Filling) {
  const roots = modal.components as unknown as readonly Component[];
  const known = new Set<string>();
  const components = roots.map((root) => submitted(root, filling, known));
  const stray = Object.keys(filling.values).find((customId) => !known.has(customId));
  if (stray !== undefined) throw new Error(`The modal has no field ${stray}.`);
  return { custom_id: modal.custom_id, components, ...filling.resolved.field() };
}

function submitted(component: Component, filling: Filling, known: Set<string>): object {
  const { type, id, components, component: inner, custom_id } = component;
  const common = { type, ...(id === undefined || id === null ? {} : { id }) };
  if (components !== undefined)
    return { ...common, components: components.map((each) => submitted(each, filling, known)) };
  if (inner !== undefined) return { ...common, component: submitted(inner, filling, known) };
  if (!custom_id) return common;
  known.add(custom_id);
  return { ...common, custom_id, ...fieldValue(component, custom_id, filling) };
}

function fieldValue(field: Component, customId: string, { store, resolved, values }: Filling): object {
  const value = values[customId];
  const isRequired = field.required ?? field.type !== COMPONENT.checkbox;
  const wrong = (expected: string) => new Error(`${customId} must be ${expected}.`);
  if (field.type === COMPONENT.checkbox) return { value: value ?? false };
  if (field.type === COMPONENT.textInput) {
    const text = value ?? (field as { value?: string }).value ?? "";
    if (typeof text !== "string") throw wrong("a text");
    if (text === "" && isRequired) throw wrong("filled in");
    const [min, max] = [field.min_length ?? 0, field.max_length ?? 4000];
    if (text !== "" && (text.length < min || text.length > max))
      throw wrong(`between ${min} and ${max} characters`);
    return { value: text };
  }
  // A radio group, whose choice is one text.
  if (value === undefined || typeof value === "string") {
    if (value === undefined && isRequired) throw wrong("filled in");
    return typeof value === "string" ? { value } : { values: [] };
  }
  if (typeof value === "boolean") throw wrong("a list");
  const sent = value.map((each) => (typeof each === "string" ? each : uploaded(store, resolved, each)));
  if (field.type !== COMPONENT.fileUpload) addChosen(field, sent, resolved);
  return { values: sent };
}

function uploaded(store: Store, resolved: Resolved, sent: UserFile): string {
  const file = fileOf(store, sent);
  resolved.addAttachment(file);
  return file.id;
}

/**
 * Says who or what was chosen in a select.
 *
 * @throws Error when it is not among the options, or too much or too little
 */
export function addChosen(select: Component, values: readonly string[], resolved: Resolved): void {
  const [min, max] = [select.min_values ?? 1, select.max_values ?? 1];
  if (values.length < min || values.length > max)
    throw new Error(`${select.custom_id} takes ${min} to ${max} values.`);
  for (const value of values) {
    switch (select.type) {
      case COMPONENT.userSelect:
        resolved.addUser(value);
        break;
      case COMPONENT.roleSelect:
        resolved.addRole(value);
        break;
      case COMPONENT.mentionableSelect:
        resolved.addMentionable(value);
        break;
      case COMPONENT.channelSelect:
        resolved.addChannel(value);
        break;
      default:
        if (!(select.options ?? []).some((option) => option.value === value))
          throw new Error(`${value} is no option of ${select.custom_id}.`);
    }
  }
}
