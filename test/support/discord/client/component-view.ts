/** Buttons and selects under a message ("Component Reference"). */
import type { APIMessage } from "discord-api-types/v10";
import { element } from "../../../../public/dom.ts";

/** What a person does with what stands under a message. Each ends when the application has answered. */
export interface ComponentActions {
  press(message: APIMessage, customId: string): Promise<void>;
  select(message: APIMessage, customId: string, values: string[]): Promise<void>;
}

interface Button {
  type: number;
  style: number;
  label?: string;
  emoji?: { name?: string };
  custom_id?: string;
  url?: string;
  disabled?: boolean;
}

interface Select {
  type: number;
  custom_id: string;
  placeholder?: string;
  disabled?: boolean;
  max_values?: number;
  options: { label: string; value: string; description?: string; default?: boolean }[];
}

const TYPE = { actionRow: 1, button: 2, stringSelect: 3 } as const;
/** Discord's "Button Styles" as classes; the fifth is a link. */
const STYLES = ["", "primary", "secondary", "success", "danger"];

/** One element for each row of components. */
export function componentRows(message: APIMessage, actions: ComponentActions): HTMLElement[] {
  return (message.components ?? []).map((row) => {
    const inner: { type: number }[] = row.type === TYPE.actionRow ? row.components : [row];
    return element("div", { class: "row" }, ...inner.flatMap((each) => control(each, message, actions)));
  });
}

function control(component: { type: number }, message: APIMessage, actions: ComponentActions): HTMLElement[] {
  switch (component.type) {
    case TYPE.button:
      return [button(component as Button, message, actions)];
    case TYPE.stringSelect:
      return select(component as Select, message, actions);
    default:
      return [element("em", { class: "unshown" }, `component of type ${component.type}, not shown here`)];
  }
}

function button(
  { style, label = "", emoji, ...rest }: Button,
  message: APIMessage,
  actions: ComponentActions,
) {
  const text = `${emoji?.name ?? ""} ${label}`.trim();
  // Whatever else a link may be, it must not run here.
  if (rest.url !== undefined && /^https?:/i.test(rest.url))
    return element("a", { class: "component", href: rest.url, target: "_blank", rel: "noreferrer" }, text);
  const customId = rest.custom_id ?? "";
  const made = element(
    "button",
    { type: "button", class: `component ${STYLES[style] ?? ""}`, "data-control": customId },
    text,
  );
  made.disabled = rest.disabled ?? false;
  made.addEventListener("click", () => whileDisabled([made], () => actions.press(message, customId)));
  return made;
}

/** A select is sent by a button of its own: arrow keys would choose whatever they pass. */
function select(component: Select, message: APIMessage, actions: ComponentActions): HTMLElement[] {
  const { custom_id: customId, placeholder = "Choose …", max_values: most = 1 } = component;
  const list = element("select", { "aria-label": placeholder, "data-control": customId });
  list.multiple = most > 1;
  if (!list.multiple) {
    const none = element("option", { value: "" }, placeholder);
    none.disabled = true;
    none.selected = true;
    list.append(none);
  }
  for (const { label, value, description, default: isDefault = false } of component.options) {
    const option = element("option", { value }, description ? `${label} — ${description}` : label);
    option.selected = isDefault;
    list.append(option);
  }
  const choose = element(
    "button",
    { type: "button", class: "component", "data-control": `choose ${customId}` },
    "Choose",
  );
  const isDisabled = component.disabled ?? false;
  for (const each of [list, choose]) each.disabled = isDisabled;
  choose.addEventListener("click", () => {
    const values = [...list.selectedOptions].filter(({ disabled }) => !disabled).map(({ value }) => value);
    return whileDisabled([list, choose], () => actions.select(message, customId, values));
  });
  return [list, choose];
}

/** One press is one press, however often it is clicked before the answer. */
async function whileDisabled(
  controls: readonly (HTMLButtonElement | HTMLSelectElement)[],
  act: () => Promise<void>,
): Promise<void> {
  const focused = controls.find((each) => each === document.activeElement);
  for (const each of controls) each.disabled = true;
  await act();
  for (const each of controls) each.disabled = false;
  focused?.focus();
}
