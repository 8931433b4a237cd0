/** The sidebar on a narrow screen, where it lies over the conversation. */
import { byId } from "./dom.ts";

export interface Sidebar {
  /** Closes it; false when it was not open. */
  close(): boolean;
}

/** Wires the menu button and everything that closes the sidebar again. */
export function sidebar(): Sidebar {
  const menu = byId("menu", HTMLButtonElement);
  const panel = byId("sidebar", HTMLElement);

  function isOpen(): boolean {
    return document.body.dataset.sidebar === "open";
  }

  function open(): void {
    document.body.dataset.sidebar = "open";
    menu.setAttribute("aria-expanded", "true");
    panel.querySelector("a")?.focus();
  }

  function close(): boolean {
    if (!isOpen()) return false;
    delete document.body.dataset.sidebar;
    menu.setAttribute("aria-expanded", "false");
    menu.focus();
    return true;
  }

  menu.addEventListener("click", () => (isOpen() ? close() : open()));
  byId("backdrop", HTMLElement).addEventListener("click", close);
  panel.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("a")) close();
  });
  return { close };
}
