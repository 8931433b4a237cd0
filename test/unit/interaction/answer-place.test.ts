import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DesiredPosts } from "../../../shared/discord/posting-plan.ts";
import {
  answerContents,
  deferredBy,
  nextPostIn,
  remarkAt,
  switchAt,
  type VenueKind,
  type VenuePost,
  venueKindOf,
} from "../../../shared/interaction/answer-place.ts";

const MINUTE = 60_000;
const expiresAt = 15 * MINUTE;

const post = (part: number, content: string | null, place: VenueKind = "token"): VenuePost => ({
  ...{ part, content, place, messageId: `${place}${part}` },
  ...{ hasFile: false, controls: [] },
});
const file = { name: "answer.md", type: "text/markdown", content: "all of it" };

describe("venueKindOf", () => {
  const situation = { now: 0, expiresAt, isPrivate: false, hasChannel: true, isTokenRefused: false };

  it.each<[string, VenuePost[], Partial<typeof situation>, VenueKind]>([
    ["goes by the token while it lives", [], { now: 14 * MINUTE - 1 }, "token"],
    ["leaves it one minute before its end", [post(0, "a")], { now: 14 * MINUTE }, "channel"],
    ["for a DM where only the user may read it", [], { now: 14 * MINUTE, isPrivate: true }, "dm"],
    ["for a DM where there is no channel for the bot", [], { now: 14 * MINUTE, hasChannel: false }, "dm"],
    ["leaves a token that Discord does not take", [], { isTokenRefused: true }, "channel"],
    ["stays in the channel whatever the clock says then", [post(0, "a", "channel")], {}, "channel"],
    ["stays in the DM", [post(0, "a"), post(1, "b", "dm")], {}, "dm"],
    [
      "goes from the channel to the DM when the bot is turned away",
      [post(0, "a", "channel")],
      { hasChannel: false },
      "dm",
    ],
  ])("%s", (_, posted, difference, place) => {
    expect(venueKindOf(posted, { ...situation, ...difference })).toBe(place);
  });
});

describe("the last minutes of a token", () => {
  it("have a remark for a minute, and then nothing more is said by it", () => {
    const at = (now: number, isPrivate = false) => remarkAt(now, { expiresAt, isPrivate });
    expect(at(13 * MINUTE - 1)).toBeNull();
    expect(at(13 * MINUTE)).toMatch(/will come as a message\.$/);
    expect(at(13 * MINUTE, true)).toMatch(/will come as a direct message\.$/);
    expect(at(switchAt(expiresAt) - 1)).not.toBeNull();
    expect(at(switchAt(expiresAt))).toBeNull();
  });

  it("and in its first ten seconds its deferral may be on the way", () => {
    expect(deferredBy(expiresAt)).toBe(10_000);
  });
});

describe("nextPostIn", () => {
  const remark = remarkAt(13 * MINUTE, { expiresAt, isPrivate: false }) ?? "";

  it("lets the bot edit in the channel what the token has made", () => {
    const action = nextPostIn("channel", { parts: ["ab"] }, [post(0, "a")]);
    expect(action).toMatchObject({ do: "edit", part: 0, messageId: "token0", content: "ab" });
  });

  it("replaces a remark while the token lives, and says in the channel beside it what it has announced", () => {
    expect(nextPostIn("token", { parts: ["a"] }, [post(0, remark)])).toMatchObject({ do: "edit", part: 0 });
    expect(nextPostIn("channel", { parts: ["a"] }, [post(0, remark)])).toMatchObject({
      do: "create",
      part: 0,
    });
  });

  it("begins a DM with a line saying why, and the first part that is not shown as it has to be", () => {
    const action = nextPostIn("dm", { parts: ["a", "b", "c"] }, [post(0, "a"), post(1, "half")]);
    expect(action).toMatchObject({ do: "create", part: 1, content: expect.stringMatching(/^-# .+\nb$/) });
    expect(answerContents(["content" in action ? action.content : ""])).toEqual(["b"]);
  });

  it("opens no DM when everything is shown already", () => {
    expect(nextPostIn("dm", { parts: ["a", "b"] }, [post(0, "a"), post(1, "b")])).toEqual({ do: "nothing" });
  });

  it("sends again in the DM what nobody knows to be shown", () => {
    const unheard = { ...post(1, null), messageId: null };
    expect(nextPostIn("dm", { parts: ["a", "b"] }, [post(0, "a"), unheard])).toMatchObject({
      do: "create",
      part: 1,
    });
  });

  it("puts a file into the DM when the message that should have it is not there", () => {
    expect(nextPostIn("dm", { parts: ["a"], file }, [post(0, "a")])).toMatchObject({
      do: "create",
      part: 0,
      file,
    });
  });
});

describe("whatever is lost, whenever the token ends and however often the answer changes", () => {
  const step = fc.record({
    /** Few contents, so that parts of one answer are often those of the next. */
    parts: fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 4 }),
    hasFile: fc.boolean(),
    /** What becomes of each request: done and known, done and unheard of, or not done and unheard of. */
    fates: fc.array(fc.constantFrom("known", "unheard", "lost"), { maxLength: 6 }),
    /** Nothing is there to be said yet; it would be remarked. */
    isEmpty: fc.boolean(),
  });

  it.each([
    { isPrivate: false, hasChannel: true },
    { isPrivate: false, hasChannel: false },
    { isPrivate: true, hasChannel: true },
  ])("the user reads what was wanted last, in order ($isPrivate, $hasChannel)", (circumstances) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), fc.nat(5), (steps, switchesAt) => {
        const discord = new FakeInteraction(circumstances);
        const remark = remarkAt(13 * MINUTE, { expiresAt, ...circumstances }) ?? "";
        for (const [n, { parts, hasFile, fates, isEmpty }] of steps.entries()) {
          discord.now = n < switchesAt ? 0 : 14 * MINUTE;
          if (isEmpty && discord.isBlank && n < switchesAt) discord.follow({ parts: [remark] }, fates);
          else discord.follow({ parts, ...(hasFile && { file }) }, fates);
        }
        const last = steps.at(-1);
        discord.follow({ parts: last?.parts ?? [], ...(last?.hasFile && { file }) }, []);
        expect(discord.read(last?.parts ?? [])).toEqual(last?.parts);
      }),
      { numRuns: 300 },
    );
  });
});

interface Shown {
  place: VenueKind;
  content: string;
}

/**
 * Discord, which knows bot messages by their nonce (here: part and take) and those of the token by the interaction, and
 * the rows that a session keeps of them.
 */
class FakeInteraction {
  now = 0;
  readonly #circumstances: { isPrivate: boolean; hasChannel: boolean };
  readonly #messages = new Map<string, Shown>();
  readonly #rows = new Map<number, VenuePost & { take: number }>();

  constructor(circumstances: { isPrivate: boolean; hasChannel: boolean }) {
    this.#circumstances = circumstances;
  }

  get isBlank(): boolean {
    return this.#messages.size === 0 && this.#rows.size === 0;
  }

  /** What the user has read of the answer when all is said: what stands as it should, and then what is in the DM. */
  read(wanted: readonly string[]): string[] {
    const shown = (isDm: boolean) =>
      answerContents(
        [...this.#messages]
          .sort(([a], [b]) => a.localeCompare(b))
          .flatMap(([, { place, content }]) => ((place === "dm") === isDm ? [content] : [])),
      );
    const dm = shown(true);
    const { isPrivate, hasChannel } = this.#circumstances;
    const isFixed = (isPrivate || !hasChannel) && this.now > 0;
    // What is too much there can no longer be taken away.
    const elsewhere = shown(false).slice(0, isFixed ? wanted.length - dm.length : undefined);
    return [...elsewhere, ...dm];
  }

  /** Follows the plan until it rests, or every fate has come to pass. */
  follow(desired: DesiredPosts, fates: readonly string[]): void {
    for (let n = 0; n <= 100; n++) {
      const place = venueKindOf([...this.#rows.values()], {
        ...{ now: this.now, expiresAt, isTokenRefused: false },
        ...this.#circumstances,
      });
      if (place === "channel") this.#settle();
      const rows = [...this.#rows.values()].sort((a, b) => a.part - b.part);
      const action = nextPostIn(place, desired, rows);
      if (action.do === "nothing") return;
      const fate = fates[n] ?? "known";
      const { part } = action;
      const earlier = this.#rows.get(part);
      if (action.do === "delete") {
        if (fate !== "lost") this.#messages.delete(this.#key(earlier));
        if (fate === "known") this.#rows.delete(part);
        continue;
      }
      const isMoved = action.do === "create" && earlier !== undefined && earlier.place !== place;
      const row = {
        ...{ part, place: action.do === "create" ? place : (earlier?.place ?? place) },
        messageId: action.do === "edit" ? action.messageId : null,
        ...{ content: null, controls: [], hasFile: !isMoved && earlier?.hasFile === true },
        take: (earlier?.take ?? 0) + (isMoved ? 1 : 0),
      };
      this.#rows.set(part, row);
      const key = this.#key(row);
      const isMade = action.do === "create" && this.#messages.has(key);
      if (fate !== "lost" && !isMade) this.#messages.set(key, { place: row.place, content: action.content });
      if (fate !== "known") continue;
      const content = this.#messages.get(key)?.content ?? null;
      this.#rows.set(part, { ...row, messageId: key, content, hasFile: row.hasFile || !!action.file });
    }
    throw new Error("the plan does not come to rest");
  }

  /** Looks in the channel for what the token may have made. */
  #settle(): void {
    for (const row of this.#rows.values()) {
      if (row.place !== "token" || row.messageId !== null) continue;
      const found = this.#messages.get(this.#key(row));
      if (found) this.#rows.set(row.part, { ...row, messageId: this.#key(row), content: found.content });
      else this.#rows.set(row.part, { ...row, place: "channel", take: row.take + 1 });
    }
  }

  #key(row: { part: number; take: number; place: VenueKind } | undefined): string {
    return `${row?.part}.${row?.take}.${row?.place}`;
  }
}
