/** What a client of the REST API tells whoever watches it: what it waits for, and what it may no longer ask. */
import type { Logger } from "../log.ts";
import type { Stop } from "./invalid-requests.ts";
import type { LimitScope } from "./rest-answer.ts";

/** Which request is meant. Never a token, an id of a path, or what is sent. */
interface Asked {
  method: string;
  /** The path without ids and tokens. */
  route: string;
  /** The event for whose sake it is made; absent where there is none. */
  trace?: string | undefined;
}

/** What a request waits for before it is made, or made again. */
export type WaitCause =
  /** Requests of its route and channel that were asked for before; told when they are over. */
  | { for: "queue" }
  /** A limit of Discord's. `status`: a 429 said so. */
  | { for: "rate-limit"; scope: LimitScope; status?: 429 }
  /** The bot's turn among all of its conversations. */
  | { for: "permit" }
  /** An attempt has failed; absent `status`: there was no answer. */
  | { for: "backoff"; attempt: number; status?: number };

/** What has happened. `ms`: milliseconds. */
export type RestNews =
  | ({ type: "wait"; ms: number } & WaitCause)
  /** So many requests were refused in the last ten minutes, this one last; the client stops at `max`. */
  | { type: "invalid"; refused: number; max: number }
  /** Nothing more is sent, for so long at least. */
  | { type: "stop"; because: Stop; ms: number };

/** What has happened, and to which request. */
export type RestEvent = Asked & RestNews;

/** Tells a client's events as log lines. */
export function restLog(log: Logger): (event: RestEvent) => void {
  return ({ type, ...fields }) => {
    switch (type) {
      case "wait":
        return log.log("debug", "discord.waits", fields);
      case "invalid":
        return log.log("warn", "discord.refused_often", fields);
      case "stop":
        return log.log("error", "discord.stopped", fields);
      default:
        return type satisfies never;
    }
  };
}
