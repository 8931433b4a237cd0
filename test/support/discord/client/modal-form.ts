/** A modal as a form, in a dialog that traps the focus and closes with Escape ("Modal"). */
import type { APIModalInteractionResponseCallbackData } from "discord-api-types/v10";
import { element } from "../../../../public/dom.ts";
import type { UserFile } from "../files.ts";
import type { FieldValue } from "../interactions/modal.ts";

/** As much of a modal's component as is shown. */
interface Field {
  type: number;
  custom_id?: string;
  label?: string;
  description?: string;
  style?: number;
  value?: string;
  placeholder?: string;
  required?: boolean;
  min_length?: number;
  max_length?: number;
  max_values?: number;
  content?: string;
  options?: { label: string; value: string; default?: boolean }[];
  component?: Field;
  components?: Field[];
}

/** An element to fill in, and what was. */
interface Input {
  customId: string;
  control: HTMLElement;
  read(): FieldValue | Promise<FieldValue>;
}

const TYPE = { stringSelect: 3, textInput: 4, textDisplay: 10, fileUpload: 19 } as const;
/** "Text Input Styles": several lines. */
const PARAGRAPH = 2;

/**
 * Shows a modal until it is sent or cancelled.
 *
 * @param submit what was filled in, by the fields' custom ids; when it throws, the form stays and says why
 */
export function showModal(
  dialog: HTMLDialogElement,
  { title, components }: APIModalInteractionResponseCallbackData,
  submit: (values: Record<string, FieldValue>) => Promise<unknown>,
): void {
  const inputs: Input[] = [];
  const fields = (components as unknown as Field[]).map((field) => fieldView(field, inputs));
  const trouble = element("p", { class: "trouble", role: "alert" });
  const cancel = element("button", { type: "button", class: "component" }, "Cancel");
  cancel.addEventListener("click", () => dialog.close());
  const send = element("button", { type: "submit", class: "component primary" }, "Submit");
  const form = element(
    "form",
    {},
    element("h2", { id: "modal-title" }, title),
    ...fields,
    trouble,
    element("div", { class: "row" }, send, cancel),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const filled = inputs.map(async ({ customId, read }) => [customId, await read()] as const);
      await submit(Object.fromEntries(await Promise.all(filled)));
      dialog.close();
    } catch (error) {
      trouble.textContent = error instanceof Error ? error.message : String(error);
    }
    send.disabled = false;
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  inputs[0]?.control.focus();
}

/** Puts what can be filled in into `inputs`. */
function fieldView(field: Field, inputs: Input[]): HTMLElement {
  const { label = "", description, component, components } = field;
  if (components !== undefined)
    return element("div", {}, ...components.map((each) => fieldView(each, inputs)));
  if (field.type === TYPE.textDisplay) return element("p", {}, field.content ?? "");
  const input = inputOf(component ?? field);
  if (input === undefined)
    return element("em", { class: "unshown" }, `field of type ${field.type}, not shown here`);
  inputs.push(input);
  const hint = description === undefined ? [] : [element("small", {}, description)];
  return element("label", {}, label, ...hint, input.control);
}

function inputOf({ type, custom_id: customId, ...field }: Field): Input | undefined {
  if (customId === undefined) return undefined;
  switch (type) {
    case TYPE.textInput: {
      const control = field.style === PARAGRAPH ? element("textarea", { rows: "5" }) : element("input");
      control.value = field.value ?? "";
      control.placeholder = field.placeholder ?? "";
      control.required = field.required ?? true;
      if (field.min_length !== undefined) control.minLength = field.min_length;
      control.maxLength = field.max_length ?? 4000;
      return { customId, control, read: () => control.value };
    }
    case TYPE.stringSelect: {
      const control = element("select");
      control.multiple = (field.max_values ?? 1) > 1;
      for (const { label, value, default: isDefault = false } of field.options ?? []) {
        const option = element("option", { value }, label);
        option.selected = isDefault;
        control.append(option);
      }
      return { customId, control, read: () => [...control.selectedOptions].map(({ value }) => value) };
    }
    case TYPE.fileUpload: {
      const control = element("input", { type: "file" });
      control.multiple = (field.max_values ?? 1) > 1;
      control.required = field.required ?? true;
      return { customId, control, read: () => Promise.all([...(control.files ?? [])].map(userFile)) };
    }
    default:
      return undefined;
  }
}

async function userFile(file: File): Promise<UserFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  // One character for each byte, which is what btoa takes; all at once would be too many arguments.
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return { filename: file.name, base64: btoa(binary), ...(file.type && { contentType: file.type }) };
}
