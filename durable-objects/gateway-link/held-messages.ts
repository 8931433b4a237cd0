/** Sends messages that are held to their sessions, each channel's in order. */
import type { Logger } from "../../shared/log.ts";
import type { Admission } from "./admission.ts";
import type { MessageStore } from "./message-store.ts";
import type { Sessions } from "./sessions.ts";

export interface HeldMessageParts {
  admission: Admission;
  messages: MessageStore;
  sessions: Sessions;
  log: Logger;
}

/** @returns whether none is left; otherwise a session is busy or away, and it is to be tried again. */
export async function sendHeld(channelId: string, parts: HeldMessageParts): Promise<boolean> {
  const { admission, messages, sessions, log } = parts;
  for (let row = messages.next(channelId); row; row = messages.next(channelId)) {
    const { messageId, message } = row;
    const admitted = admission.admit(message);
    if (admitted) {
      const { conversation, event } = admitted;
      try {
        const receipt = await sessions.accept(conversation, messageId, event);
        if (receipt.status === "busy") return false;
      } catch (error) {
        log.log("warn", "session.unreachable", { trace: event.id, conversation, cause: String(error) });
        return false;
      }
    }
    messages.drop([messageId]);
  }
  return true;
}
