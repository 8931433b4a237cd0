/** Components of messages: what Discord asks of them beyond its specification, and finding one ("Component Reference"). */
import type { APIEmbed, APIMessageComponent } from "discord-api-types/v10";
import { invalidField } from "./problem.ts";
import { MESSAGE_FLAGS, type MessageState } from "./state.ts";

/** As much of a component as all of them may have. */
export interface Component {
  type: number;
  id?: number | null;
  custom_id?: string | null;
  disabled?: boolean | null;
  style?: number;
  label?: string | null;
  url?: string | null;
  sku_id?: string | null;
  emoji?: object | null;
  content?: string;
  options?: { value: string }[];
  min_values?: number | null;
  max_values?: number | null;
  required?: boolean | null;
  channel_types?: number[] | null;
  min_length?: number | null;
  max_length?: number | null;
  components?: Component[];
  component?: Component;
  accessory?: Component;
}

/** Types of components by Discord's names. */
export const COMPONENT = {
  actionRow: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  label: 18,
  fileUpload: 19,
  checkboxGroup: 22,
  checkbox: 23,
} as const;

const LINK = 5;
const PREMIUM = 6;
const MAX_ROWS = 5;
const MAX_COMPONENTS_V2 = 40;
const MAX_TEXT_V2 = 4000;

/** A component and all that are inside of it. */
export function withInner(component: Component): Component[] {
  const inner = [
    ...(component.components ?? []),
    ...[component.accessory, component.component].filter((each) => each !== undefined),
  ];
  return [component, ...inner.flatMap(withInner)];
}

/** The component of a message that one can press or choose from. */
export function findComponent({ components }: MessageState, customId: string): Component | undefined {
  return (components as Component[]).flatMap(withInner).find(({ custom_id }) => custom_id === customId);
}

interface Contents {
  content: string;
  embeds: readonly APIEmbed[];
  components: readonly APIMessageComponent[];
  flags: number;
}

/**
 * The components of a message as Discord keeps them: each with an id.
 *
 * @throws DiscordProblem 50035 for what cannot be shown
 */
export function checkedComponents({ content, embeds, components, flags }: Contents): APIMessageComponent[] {
  const roots = components as readonly Component[];
  const all = roots.flatMap(withInner);
  if ((flags & MESSAGE_FLAGS.isComponentsV2) !== 0) {
    for (const [field, { length }] of Object.entries({ content, embeds })) {
      if (length === 0) continue;
      throw invalidField(
        [field],
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
      );
    }
    if (all.length > MAX_COMPONENTS_V2) throw tooMany(MAX_COMPONENTS_V2);
    const text = all.reduce((sum, each) => sum + (each.content?.length ?? 0), 0);
    if (text > MAX_TEXT_V2) {
      throw invalidField(
        ["components"],
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        `Must be ${MAX_TEXT_V2} or fewer in length.`,
      );
    }
  } else {
    if (roots.length > MAX_ROWS) throw tooMany(MAX_ROWS);
    const stray = roots.findIndex(({ type }) => type !== COMPONENT.actionRow);
    if (stray !== -1)
      throw invalidField(
        ["components", stray, "type"],
        "UNION_TYPE_CHOICES",
        'Value of field "type" must be one of (1,).',
      );
  }
  for (const [index, root] of roots.entries()) checkTree(root, ["components", index]);
  demandUniqueIds(all);
  return numbered(components);
}

function checkTree(component: Component, path: (string | number)[]): void {
  const { type, components = [] } = component;
  if (type === COMPONENT.button) checkButton(component, path);
  if (type === COMPONENT.actionRow && components.length > 1) {
    const select = components.findIndex((each) => each.type !== COMPONENT.button);
    if (select !== -1)
      throw invalidField(
        [...path, "components", select],
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
        "Width of component exceeds the maximum width of an action row",
      );
  }
  for (const [index, each] of components.entries()) checkTree(each, [...path, "components", index]);
  if (component.accessory) checkTree(component.accessory, [...path, "accessory"]);
}

/** A button says what it is for, and where it leads: to the application, a page or a shop, and to one of them. */
function checkButton(button: Component, path: (string | number)[]): void {
  const { style, custom_id, url, sku_id, label, emoji } = button;
  const needed = style === LINK ? "url" : style === PREMIUM ? "sku_id" : "custom_id";
  const targets = { custom_id, url, sku_id };
  for (const [field, value] of Object.entries(targets)) {
    if (field === needed && !value)
      throw invalidField([...path, field], "BASE_TYPE_REQUIRED", "This field is required");
    if (field !== needed && value)
      throw invalidField(
        [...path, field],
        "BUTTON_COMPONENT_INVALID_FIELD",
        `A button of this style has no ${field}`,
      );
  }
  if (style !== PREMIUM && !label && !emoji)
    throw invalidField(path, "BUTTON_COMPONENT_INVALID_EMPTY", "A button needs a label or an emoji");
}

function demandUniqueIds(components: readonly Component[]): void {
  const seen = new Set<string>();
  for (const { custom_id } of components) {
    if (!custom_id) continue;
    if (seen.has(custom_id))
      throw invalidField(
        ["components"],
        "COMPONENT_CUSTOM_ID_DUPLICATED",
        "Component custom id cannot be duplicated",
      );
    seen.add(custom_id);
  }
}

function tooMany(limit: number) {
  return invalidField(["components"], "BASE_TYPE_BAD_LENGTH", `Must be between 1 and ${limit} in length.`);
}

/** Discord gives an id to each component that has none. */
function numbered(components: readonly APIMessageComponent[]): APIMessageComponent[] {
  let last = 0;
  const withId = (component: Component): Component => {
    last += 1;
    const { accessory, components: inner } = component;
    return {
      ...component,
      id: component.id ?? last,
      ...(inner === undefined ? {} : { components: inner.map(withId) }),
      ...(accessory === undefined ? {} : { accessory: withId(accessory) }),
    };
  };
  return (components as Component[]).map(withId) as APIMessageComponent[];
}
