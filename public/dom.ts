/** The few DOM words this page needs. */

/** Makes an element; strings become text, never HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Finds an element of index.html. */
export function byId<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return found;
}

/** Makes `nodes` the children of `parent`, leaving those that stay in order untouched: they keep focus and selection. */
export function arrange(parent: Node, nodes: readonly Node[]): void {
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  while (next !== null) {
    const surplus = next;
    next = next.nextSibling;
    parent.removeChild(surplus);
  }
}

/** Sets an attribute or the text only when it differs, so that a finished page causes no work. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
