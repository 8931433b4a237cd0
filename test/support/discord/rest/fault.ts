/**
 * What goes wrong with REST requests: on command, or by itself because a profile says so. Plain JSON, so that another process
 * can say it.
 */

/** Which requests are met; each absent field meets all. */
export interface Matching {
  method?: string;
  /** A part of the path below `/api/v10`, e.g. `/typing`. */
  path?: string;
  /** A regular expression for that path, e.g. `/channels/\\d+/messages$`. */
  pattern?: string;
  /** A part of the body as it was sent, e.g. `message_reference`. */
  body?: string;
}

/** Comes instead of the answer; nothing is done. */
type Instead =
  | {
      /** Discord's own refusal, with one of its error codes; without one, 0 and a message that says so. */
      kind: "status";
      status: number;
      code?: number;
      message?: string;
    }
  | {
      /** An answer of whoever stands in between, to the letter. */
      kind: "answer";
      status: number;
      headers?: Readonly<Record<string, string>>;
      body?: string;
    }
  | {
      /** 429 without a cause. `scope: "shared"` is the one that does not count as invalid. */
      kind: "rate-limit";
      retryAfterMs: number;
      global?: boolean;
      scope?: "user" | "global" | "shared";
    }
  | {
      /**
       * Cloudflare's error 1015: from the first request that it meets on, each one is refused for so long, drawn between the
       * two. `Retry-After` tells what is left, in whole seconds.
       */
      kind: "ban";
      forMs: readonly [least: number, most: number];
    }
  | {
      /** The connection is reset before anything is done. */
      kind: "cut";
    };

/** Carried out; what comes of it does not arrive as it should. */
type Afterwards =
  | {
      /** The connection is reset: the client cannot know. */
      kind: "lose-response";
    }
  | {
      /** A 2xx with a body arrives with this share of it, 0 to 1. No other answer is met. */
      kind: "truncate";
      keep: number;
      /** The length of the whole was announced, and the connection is reset in the middle. */
      isCut?: true;
    };

export type RestFault = (Instead | Afterwards) & {
  /** Under which its effect is counted; its kind where absent. */
  name?: string;
  matching?: Matching;
  /** How many requests pass before the first that it meets. */
  after?: number;
  /** How many requests it meets, of a ban how many bans; absent: all, until `clear`. */
  times?: number;
  /** Which share of the requests it meets, 0 to 1, drawn with the seed of the fake. */
  share?: number;
};

/** Under which name a fault's effect is counted. */
export function nameOf({ name, kind }: RestFault): string {
  return name ?? kind;
}
