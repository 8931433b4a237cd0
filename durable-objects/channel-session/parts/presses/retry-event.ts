/** A failed answer that somebody wants to be tried again: the same message as a new event. */

import { switchAt } from "../../../../shared/interaction/answer-place.ts";
import { MAX_ATTACHMENTS } from "../../../../shared/session/attachment.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import { batchText } from "../../engine/batch.ts";
import { retryEventId } from "../../engine/try-again.ts";

/**
 * What a turn has answered, as one new event.
 *
 * @param answered the turn's events, oldest first; at least one.
 */
export function retryEvent(
  turn: string,
  answered: readonly [InboundEvent, ...InboundEvent[]],
  now: number,
): InboundEvent {
  const last = answered.at(-1) ?? answered[0];
  const attachments = answered.flatMap((event) => event.attachments ?? []).slice(0, MAX_ATTACHMENTS);
  return {
    id: retryEventId(turn),
    author: last.author,
    text: batchText(answered),
    ...(attachments.length > 0 && { attachments }),
    ...(last.command && { command: last.command }),
    target: targetNow(last.target, now),
  };
}

/** Where the answer to an interaction goes when its token is over; what only the user may read stays theirs. */
function targetNow(target: ReplyTarget, now: number): ReplyTarget {
  if (target.kind !== "interaction" || target.isPrivate || target.channelId === undefined) return target;
  if (now < switchAt(target.expiresAt)) return target;
  const { channelId, guildId } = target;
  return { kind: "discord", channelId, ...(guildId !== undefined && { guildId }) };
}
