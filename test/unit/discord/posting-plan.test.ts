import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { controlIds } from "../../../shared/discord/components.ts";
import type { Control } from "../../../shared/discord/controls.ts";
import { type DesiredPosts, nextPost, type Post } from "../../../shared/discord/posting-plan.ts";

const post = (part: number, content: string | null, messageId: string | null = `m${part}`): Post => ({
  ...{ part, messageId, content },
  ...{ hasFile: false, controls: [] },
});
const button = (id: string): Control => ({ kind: "button", id, label: id, style: "secondary" });
const controls = [[button("stop")]];
const file = { name: "answer.md", type: "text/markdown", content: "all of it" };

describe("nextPost", () => {
  it.each<[string, DesiredPosts, Post[], object]>([
    ["makes the first message first", { parts: ["a", "b"] }, [], { do: "create", part: 0, content: "a" }],
    ["then the next", { parts: ["a", "b"] }, [post(0, "a")], { do: "create", part: 1, content: "b" }],
    [
      "changes what differs",
      { parts: ["ab"] },
      [post(0, "a")],
      { do: "edit", part: 0, messageId: "m0", content: "ab" },
    ],
    ["rests when all is there", { parts: ["a"] }, [post(0, "a")], { do: "nothing" }],
    [
      "sends again what may be there",
      { parts: ["a"] },
      [post(0, null, null)],
      { do: "create", part: 0, content: "a" },
    ],
    ["changes again what may have been changed", { parts: ["a"] }, [post(0, null)], { do: "edit", part: 0 }],
    [
      "deletes the last of what is too much",
      { parts: ["a"] },
      [post(0, "a"), post(1, "b"), post(2, "c")],
      { do: "delete", part: 2, messageId: "m2" },
    ],
    [
      "attaches a file to what is there",
      { parts: ["a"], file },
      [post(0, "a")],
      { do: "edit", part: 0, content: "a", file },
    ],
    ["sends a file with a new message", { parts: ["a"], file }, [], { do: "create", part: 0, file }],
    [
      "puts controls under a new message",
      { parts: ["a"], controls },
      [],
      { do: "create", part: 0, controls },
    ],
    [
      "puts controls under the last message only",
      { parts: ["a", "b"], controls },
      [],
      { do: "create", part: 0, controls: [] },
    ],
    [
      "takes controls away from what is no longer the last",
      { parts: ["a", "b"], controls },
      [{ ...post(0, "a"), controls: ["stop"] }],
      { do: "edit", part: 0, content: "a", controls: [] },
    ],
    [
      "puts controls under what is there",
      { parts: ["a"], controls },
      [post(0, "a")],
      { do: "edit", part: 0, content: "a", controls },
    ],
    [
      "takes controls away",
      { parts: ["a"] },
      [{ ...post(0, "a"), controls: ["stop"] }],
      { do: "edit", part: 0, content: "a", controls: [] },
    ],
    [
      "rests when the controls are there",
      { parts: ["a"], controls },
      [{ ...post(0, "a"), controls: ["stop"] }],
      { do: "nothing" },
    ],
  ])("%s", (_, desired, posted, action) => {
    expect(nextPost(desired, posted)).toMatchObject(action);
  });

  const step = fc.record({
    parts: fc.array(fc.string({ minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 }),
    hasFile: fc.boolean(),
    buttons: fc.uniqueArray(fc.constantFrom("stop", "approve", "decline")),
    /** What becomes of each request of this step: done and known, done and unknown, or not done and unknown. */
    fates: fc.array(fc.constantFrom("known", "unheard", "lost"), { maxLength: 6 }),
  });

  it("whatever is lost on the way and however often the answer changes: Discord has what was wanted last, in order, once", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
        const discord = new FakeChannel();
        const desired = ({ parts, hasFile, buttons }: (typeof steps)[number]) => ({
          ...{ parts, controls: [buttons.map(button)] },
          ...(hasFile && { file }),
        });
        for (const wanted of steps) discord.follow(desired(wanted), wanted.fates);
        const last = steps.at(-1);
        if (last) discord.follow(desired(last), []);
        expect(discord.contents()).toEqual(last?.parts);
        expect(discord.buttons()).toEqual(
          last?.parts.map((_, n, { length }) => (n === length - 1 ? last.buttons : [])),
        );
      }),
      { numRuns: 500 },
    );
  });
});

/** Discord, which knows a message by its nonce (here: its part), and the rows that a session keeps of it. */
class FakeChannel {
  readonly #messages = new Map<number, { content: string; controls: string[] }>();
  readonly #rows = new Map<number, Post>();

  contents(): string[] {
    return this.#inOrder().map(({ content }) => content);
  }

  /** Under each message. */
  buttons(): string[][] {
    return this.#inOrder().map(({ controls }) => controls);
  }

  #inOrder() {
    return [...this.#messages].sort(([a], [b]) => a - b).map(([, message]) => message);
  }

  /** Follows the plan until it rests, or every fate has come to pass. */
  follow(desired: DesiredPosts, fates: readonly string[]): void {
    for (let n = 0; n <= 100; n++) {
      const action = nextPost(
        desired,
        [...this.#rows.values()].sort((a, b) => a.part - b.part),
      );
      if (action.do === "nothing") return;
      const fate = fates[n] ?? "known";
      const { part } = action;
      const row = this.#rows.get(part) ?? { ...post(part, null, null) };
      if (action.do === "delete") {
        if (fate !== "lost") this.#messages.delete(part);
        if (fate === "known") this.#rows.delete(part);
        continue;
      }
      const sent = { content: action.content, controls: controlIds(action.controls) };
      this.#rows.set(part, { ...row, content: null, controls: sent.controls });
      const isMade = action.do === "create" && this.#messages.has(part);
      if (fate !== "lost" && !isMade) this.#messages.set(part, sent);
      if (fate !== "known") continue;
      const known = this.#messages.get(part) ?? sent;
      this.#rows.set(part, { part, messageId: `m${part}`, ...known, hasFile: row.hasFile || !!action.file });
    }
    throw new Error("the plan does not come to rest");
  }
}
