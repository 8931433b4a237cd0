/** The line above the composer: nothing while all is well, else the one thing that matters most. */
import { setText } from "./dom.ts";
import type { ChatState } from "./state.ts";

/** A loss of connection shorter than this is nobody's concern, in milliseconds. */
const PATIENCE = 1_500;

export interface StatusStrip {
  /** Shows what the state calls for; `note` is what is wrong with the agent, if anything. */
  draw(state: ChatState, note: string | null): void;
  say(text: string): void;
}

/** Makes the line; it says nothing until it is told to. */
export function statusStrip(line: HTMLElement): StatusStrip {
  let patience: ReturnType<typeof setTimeout> | undefined;

  function show(text: string | null): void {
    line.hidden = text === null;
    setText(line, text ?? "");
  }

  return {
    say: show,
    draw(state, note) {
      if (state.connection === "offline") {
        patience ??= setTimeout(() => show(offlineText()), PATIENCE);
        return;
      }
      clearTimeout(patience);
      patience = undefined;
      show(state.problem ?? note);
    },
  };
}

function offlineText(): string {
  return navigator.onLine
    ? "Connecting… What you send is kept and goes out once the server answers."
    : "You are offline. What you send is kept and goes out when the connection is back.";
}
