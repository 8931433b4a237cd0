/** Where a person writes. */
import { MAX_CHAT_TEXT } from "../../shared/chat/protocol.ts";

export interface Composer {
  readonly text: string;
  /** Replaces the text, as when another conversation is opened. */
  fill(text: string): void;
  focus(): void;
}

/** Wires the form: Enter sends, Shift+Enter breaks the line; the focus stays in the text. */
export function composer(
  { form, field, send }: { form: HTMLFormElement; field: HTMLTextAreaElement; send: HTMLButtonElement },
  on: { submit(text: string): void; change(): void },
): Composer {
  field.maxLength = MAX_CHAT_TEXT;

  function resize(): void {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
    send.disabled = field.value.trim() === "";
  }

  function fill(text: string): void {
    field.value = text;
    resize();
  }

  field.addEventListener("input", () => {
    resize();
    on.change();
  });
  field.addEventListener("keydown", (event) => {
    // Enter that ends an input method's composition chooses a word; it does not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    field.focus();
    if (text === "") return;
    fill("");
    on.submit(text);
  });

  resize();
  return {
    get text() {
      return field.value;
    },
    fill,
    focus: () => field.focus(),
  };
}
