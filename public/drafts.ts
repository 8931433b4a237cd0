/** What a person wrote and the server does not have yet, kept per conversation in this browser. */

export interface Draft {
  /** Text in the composer. */
  text: string;
  /** Messages sent but not known to be stored. */
  unsent: { id: string; text: string }[];
}

/** The draft of a conversation; empty when there is none. */
export function loadDraft(agent: string, chat: string): Draft {
  try {
    const stored: Partial<Draft> = JSON.parse(localStorage.getItem(key(agent, chat)) ?? "{}");
    return { text: stored.text ?? "", unsent: stored.unsent ?? [] };
  } catch {
    // Storage is denied, or holds what another program wrote there.
    return { text: "", unsent: [] };
  }
}

/** Keeps a draft; an empty one leaves nothing behind. */
export function saveDraft(agent: string, chat: string, draft: Draft): void {
  try {
    if (draft.text === "" && draft.unsent.length === 0) localStorage.removeItem(key(agent, chat));
    else localStorage.setItem(key(agent, chat), JSON.stringify(draft));
  } catch {
    // Storage is denied or full: the draft lives as long as the page.
  }
}

function key(agent: string, chat: string): string {
  return `rig-edge:draft:${agent}/${chat}`;
}
