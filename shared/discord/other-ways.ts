/** What Discord does not take in one way is said in another: which way comes next, as a table of what was asked and the code it met. */
import { DISCORD_CODE, type DiscordError, isFinal } from "./errors.ts";

/** What was asked for. `thread`: to start one. */
export type Asked = "create" | "edit" | "thread";

/** Another way of saying it. */
export type Way =
  /** The same without the reference to what it replies to. */
  | "without-reply"
  /** The same without its file; what the file was to hold is said in messages. */
  | "without-file"
  /** One neutral sentence in place of a text that is blocked. */
  | "held-back"
  /** A thread with a name that nobody objects to. */
  | "plain-name"
  /** Another message, in place of one that cannot be changed. */
  | "anew"
  /** In a thread of the message that is answered, where the one that was there is gone. */
  | "new-thread"
  /** In the channel that the message was written in. */
  | "in-channel"
  /** To whoever asked, alone. */
  | "in-dm";

interface Row {
  asked: readonly Asked[];
  /** Discord's error codes; absent: any. */
  codes?: readonly number[];
  /** HTTP status; absent: any. */
  status?: number;
  /** Among the fields that Discord does not take. */
  field?: RegExp;
  /** In the order in which they are tried. */
  ways: readonly Way[];
}

const { unknownChannel, replyNeedsHistory, threadArchived, threadLocked } = DISCORD_CODE;
const blocked = [DISCORD_CODE.blockedByAutoMod, DISCORD_CODE.blockedLinks];
const message: readonly Asked[] = ["create", "edit"];

/**
 * The first row that fits counts. Codes are those of Discord's "JSON Error Codes".
 *
 * @see https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
 */
export const WAYS: readonly Row[] = [
  { asked: ["thread"], codes: [DISCORD_CODE.titleBlocked], ways: ["plain-name", "in-channel"] },
  { asked: ["thread"], ways: ["in-channel"] },
  { asked: ["create"], codes: [replyNeedsHistory], ways: ["without-reply"] },
  { asked: ["create"], field: /^message_reference/, ways: ["without-reply"] },
  { asked: message, codes: blocked, ways: ["held-back", "in-channel"] },
  { asked: message, field: /^(?:files|attachments)/, ways: ["without-file"] },
  { asked: message, codes: [unknownChannel], ways: ["new-thread", "in-channel", "in-dm"] },
  { asked: message, codes: [threadArchived, threadLocked], ways: ["new-thread", "in-channel"] },
  { asked: message, status: 403, ways: ["without-file", "in-channel", "anew"] },
  { asked: ["create"], status: 404, ways: ["in-channel"] },
  { asked: message, ways: ["without-file", "anew"] },
];

/**
 * Ways that are left after a refusal, best first; none where a token is refused, or where it is no refusal: then the same is
 * tried again.
 *
 * @param had what the request had with it: what it had not cannot be left out.
 */
export function waysAround(
  asked: Asked,
  error: DiscordError,
  had: { reply?: boolean; file?: boolean } = {},
): readonly Way[] {
  if (!isFinal(error) || error.code === "unauthorized") return [];
  const row = WAYS.find(
    ({ asked: of, codes, status, field }) =>
      of.includes(asked) &&
      (codes === undefined || codes.includes(error.discordCode ?? 0)) &&
      (status === undefined || status === error.status) &&
      (field === undefined || error.fields.some((path) => field.test(path))),
  );
  const isPossible: Partial<Record<Way, boolean>> = {
    "without-reply": had.reply === true,
    "without-file": had.file === true,
    anew: asked === "edit",
  };
  return (row?.ways ?? []).filter((way) => isPossible[way] !== false);
}
