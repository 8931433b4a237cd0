/** Doing what can go wrong, and saying so at the foot of the page. */
import { byId, setText } from "../../../../public/dom.ts";

/** What went wrong with the last thing that somebody did, and with the last look: neither hides the other. */
const troubles = { deed: "", look: "" };

/** Does something, and says what went wrong. */
export async function attempt(act: () => Promise<unknown>, kind: "deed" | "look" = "deed"): Promise<void> {
  try {
    await act();
    troubles[kind] = "";
  } catch (error) {
    troubles[kind] = error instanceof Error ? error.message : String(error);
  }
  setText(byId("trouble", HTMLElement), troubles.deed || troubles.look);
}

/** Runs `act` once more after calls that came while it ran; many events in a row cost two looks. */
export function coalesced(act: () => Promise<void>): () => void {
  let state: "idle" | "running" | "again" = "idle";
  const run = async () => {
    do {
      state = "running";
      await attempt(act, "look");
    } while ((state as string) === "again");
    state = "idle";
  };
  return () => {
    if (state === "idle") void run();
    else state = "again";
  };
}
