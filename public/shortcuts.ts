/** Keys that work anywhere on the page. */

export interface ShortcutActions {
  newChat(): void;
  /** Closes what is open or stops what runs; false when there was nothing to leave. */
  escape(): boolean;
  write(): void;
}

/** Ctrl or ⌘ + Shift + O: new conversation. Esc: stop. `/` outside a field: to the composer. */
export function listenForShortcuts(actions: ShortcutActions): void {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "o") {
      event.preventDefault();
      actions.newChat();
    } else if (event.key === "Escape") {
      if (actions.escape()) event.preventDefault();
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !isField(event.target)) {
      event.preventDefault();
      actions.write();
    }
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}
