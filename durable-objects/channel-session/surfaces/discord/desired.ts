/** What Discord should show of a turn: pure functions from its state, and from what stands there already. */
import {
  type AnswerAddress,
  retryControls,
  stopControls,
} from "../../../../shared/discord/answer-controls.ts";
import {
  type AnswerParts,
  finalPosts,
  heldBackPosts,
  incompletePosts,
  livePosts,
  stoppedPosts,
} from "../../../../shared/discord/answer-posts.ts";
import { approvalPosts } from "../../../../shared/discord/approval-request.ts";
import { controlIds } from "../../../../shared/discord/components.ts";
import type { ControlRow } from "../../../../shared/discord/controls.ts";
import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import { type ShownCall, toolLines } from "../../../../shared/discord/tool-lines.ts";
import { answerContents } from "../../../../shared/interaction/answer-place.ts";
import { type ToolCallState, type TurnState, textOf, toolCallsOf } from "../../engine/turn-state.ts";
import { asksForApproval } from "./outdated-controls.ts";
import type { PostRow } from "./schema.ts";

/** How answers of a conversation are shown. */
export interface Display {
  conversation: string;
  tools: "full" | "compact" | "none";
  /** What is to be shown now of an answer that has nothing to show yet, or `null`. */
  remark: string | null;
  /** `refused`: the bot may not attach files there. */
  files: "allowed" | "refused";
  /** A rule of the place blocks its text. */
  isHeldBack: boolean;
}

/**
 * What should stand there now.
 *
 * @param posted what was sent of it, as far as is known.
 * @returns `undefined`: whatever stands there stays, for there is nothing to show yet.
 */
export function desiredPosts(
  turn: TurnState,
  posted: readonly PostRow[],
  display: Display,
): DesiredPosts | undefined {
  switch (turn.phase) {
    case "waiting":
      return remarkOnly(display);
    case "running":
      return growing(turn, posted, display);
    case "parked":
      return request(turn, display);
    case "posting":
      return turn.unsaid === null ? undefined : complete(turn, turn.unsaid, posted, display);
    case "done":
    case "failed":
    case "cancelled":
    case "forgotten":
      return remains(turn, posted, display);
    default:
      return turn.phase satisfies never;
  }
}

/** An answer that is complete. */
export function complete(
  turn: TurnState,
  text: string,
  posted: readonly PostRow[],
  display: Display,
): DesiredPosts {
  if (display.isHeldBack) return heldBackPosts(standing(posted));
  const { failure, endNotice, retry, command } = turn;
  const controls = retry === "offered" ? retryControls(addressOf(turn, display)) : (command?.controls ?? []);
  const answer = { above: linesOf(turn, display), text, notice: failure ? null : endNotice, controls };
  return finalPosts(answer, display.files);
}

/**
 * An answer that is being written, where it shows more than what is there; one that is written again waits until it is longer.
 * Nothing waits where something can be pressed that is over.
 */
function growing(turn: TurnState, posted: readonly PostRow[], display: Display): DesiredPosts | undefined {
  // It may be that there is no answer.
  if (turn.event.mayBeQuiet) return undefined;
  const controls = stopControls(addressOf(turn, display));
  const desired = livePosts({ ...soFar(turn, display), controls });
  if (desired.parts.length === 0 && !posted.some(({ confirmed }) => confirmed)) return remarkOnly(display);
  return desired.parts.length > 0 && isOutdated(posted, controls) ? desired : ifLonger(desired, posted);
}

function isOutdated(posted: readonly PostRow[], offered: readonly ControlRow[]): boolean {
  const ids = controlIds(offered);
  return posted.some(({ controls }) => controls.some((id) => !ids.includes(id)));
}

function ifLonger(desired: DesiredPosts, rows: readonly PostRow[]): DesiredPosts | undefined {
  const posted = answerContents(rows.map(({ content }) => content));
  const isShown = desired.parts.every((content, part) => posted[part] === content);
  const isShorter = lengthOf(desired.parts) < lengthOf(posted) || desired.parts.length < posted.length;
  return isShown || isShorter ? undefined : desired;
}

function lengthOf(parts: readonly string[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}

/** What people are asked while a turn waits for approval. */
function request(turn: TurnState, display: Display): DesiredPosts {
  const calls = toolCallsOf(turn.parts);
  const others = calls.filter(({ status }) => status !== "pending");
  const pending = calls.flatMap(({ id, name, input, declinedAt }) =>
    declinedAt === undefined ? [] : [{ id, name, input, until: declinedAt }],
  );
  const answer = { above: toolLines(others.map(shownCall), display.tools), text: textOf(turn.parts) };
  return approvalPosts(answer, pending, addressOf(turn, display));
}

/** What stands there for good, with nothing to press. */
function remains(turn: TurnState, posted: readonly PostRow[], display: Display): DesiredPosts {
  const isStopped = turn.phase === "forgotten" || turn.phase === "cancelled";
  const wasAsked = turn.phase !== "forgotten" && posted.some(({ controls }) => asksForApproval(controls));
  const parts = wasAsked
    ? withoutRequest(turn, display)
    : // Of an answer that is complete nothing is missing, whatever else was sent before.
      answerContents(
        posted.filter(({ messageId }) => isStopped || messageId !== null).map(({ content }) => content),
      );
  if (turn.failure?.code === "undeliverable" && parts.length > 0) return incompletePosts(parts);
  // A deferral, or a remark in its place, was a promise.
  return isStopped ? stoppedPosts(parts.length > 0 ? parts : [""]) : { parts };
}

/** What Discord is known to show of an answer. */
export function standing(posted: readonly PostRow[]): string[] {
  const known = posted.filter(({ messageId, confirmed }) => messageId !== null && confirmed);
  return answerContents(known.map(({ content }) => content));
}

/** What there is of an answer that was asked about; of a quiet one what people have decided. */
function withoutRequest(turn: TurnState, display: Display): readonly string[] {
  const { above, text } = soFar(turn, display);
  return livePosts({ above, text: turn.phase === "done" ? "" : text }).parts;
}

function soFar(turn: TurnState, display: Display): Pick<AnswerParts, "above" | "text"> {
  return { above: linesOf(turn, display), text: textOf(turn.parts) };
}

function linesOf(turn: TurnState, { tools }: Display): string {
  return toolLines(toolCallsOf(turn.parts).map(shownCall), tools);
}

function remarkOnly({ remark }: Display): DesiredPosts | undefined {
  return remark === null ? undefined : { parts: [remark] };
}

function addressOf({ turn }: TurnState, { conversation }: Display): AnswerAddress {
  return { turn, conversation };
}

/** A call as the lines above an answer show it. */
function shownCall({ name, input, status, approval }: ToolCallState): ShownCall {
  const decision = approval && decisionOf(approval);
  return { name, input, state: status, ...(decision !== undefined && { decision }) };
}

function decisionOf(approval: NonNullable<ToolCallState["approval"]>): string | undefined {
  if (approval.state === "pending") return undefined;
  const { state, by } = approval;
  if (by === "clock") return `${state}: nobody decided in time`;
  if (by === "end") return `${state}: the answer ended first`;
  return `${state} by ${by.name}`;
}
