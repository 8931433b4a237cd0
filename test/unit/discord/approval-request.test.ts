import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { approvalPosts, type PendingCall } from "../../../shared/discord/approval-request.ts";
import { MAX_ROWS, readControlId } from "../../../shared/discord/controls.ts";
import type { DesiredPosts } from "../../../shared/discord/posting-plan.ts";
import { MAX_CONTENT } from "../../../shared/discord/split.ts";
import { anyCodePoint } from "../../support/any-code-point.ts";

const turn = "0b0e6a3c-6d0b-4b8e-9a53-111111111111";
const address = { turn, conversation: "1088510058284990999" };
const nothing = { above: "", text: "" };

const pending = (id: number, input: unknown, name = "post_payments"): PendingCall => ({
  ...{ id: String(id), name, input },
  until: 1_800_000_000_000,
});

function request(calls: readonly PendingCall[], conversation = address.conversation): string {
  return approvalPosts(nothing, calls, { turn, conversation }).parts.join("\n");
}

/** What each row of buttons does. */
function rows({ controls = [] }: DesiredPosts): object[][] {
  return controls.map((row) => row.map(({ id }) => readControlId(id) ?? {}));
}

describe("what people are asked to approve", () => {
  it("is the call with its arguments, until when, and two buttons", () => {
    const posts = approvalPosts(nothing, [pending(3, { body: { amount: 5 } })], address);
    expect(posts.parts).toEqual([
      [
        "✋ **This call needs approval:**",
        "`post_payments`",
        "```json",
        '{\n  "body": {\n    "amount": 5\n  }\n}',
        "```",
        "-# Declined by itself <t:1800000000:R> if nobody decides.",
      ].join("\n"),
    ]);
    expect(rows(posts)).toEqual([
      [
        { action: "approve", call: "3", ...address },
        { action: "decline", call: "3", ...address },
      ],
    ]);
    expect(posts.controls?.flat()).toMatchObject([
      { label: "Approve", style: "success" },
      { label: "Decline", style: "danger" },
    ]);
  });

  it("stands under what there is of the answer, in the same message where there is room", () => {
    const calls = [pending(1, {})];
    const short = approvalPosts({ above: "-# ✅ `get_x`", text: "I will pay." }, calls, address);
    expect(short.parts).toHaveLength(1);
    expect(short.parts[0]).toMatch(
      /^-# ✅ `get_x`\nI will pay\.\n\n✋ .*\n`post_payments`, without arguments\n/,
    );
    const long = approvalPosts({ above: "", text: "word ".repeat(390) }, calls, address);
    expect(long.parts).toHaveLength(2);
    expect(long.parts[1]).toMatch(/^✋/);
  });

  it("begins a message of its own as soon as both do not fit in one", () => {
    const alone = request([pending(1, {})]).length;
    const under = (length: number) =>
      approvalPosts({ above: "", text: "x".repeat(length) }, [pending(1, {})], address).parts;
    const room = MAX_CONTENT - alone - "\n\n".length;
    expect(under(room).map(({ length }) => length)).toEqual([MAX_CONTENT]);
    expect(under(room + 1).map(({ length }) => length)).toEqual([room + 1, alone]);
  });

  it("is cut into messages where several calls are longer than one, and shows them all", () => {
    const calls = [1, 2, 3, 4].map((id) => pending(id, { body: `${id}`.repeat(900) }));
    const { parts } = approvalPosts(nothing, calls, address);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(MAX_CONTENT);
    for (const id of [1, 2, 3, 4]) expect(parts.join("\n")).toContain(`${id}`.repeat(900));
  });

  it("says when the first of several calls is declined by itself", () => {
    const [first, second] = [pending(1, {}), pending(2, {})];
    const later = { ...first, until: first.until + 60_000 };
    for (const calls of [
      [later, second],
      [second, later],
    ])
      expect(request(calls)).toContain("Declined by itself <t:1800000000:R>");
  });

  it("names each of several calls by a number, which its buttons repeat", () => {
    const posts = approvalPosts(nothing, [pending(1, { n: 1 }), pending(2, { n: 2 })], address);
    expect(posts.parts[0]).toMatch(/\n1\. `post_payments`\n[\s\S]*"n": 1[\s\S]*\n2\. `post_payments`\n/);
    const labels = posts.controls?.map((row) => row.map((control) => "label" in control && control.label));
    expect(labels).toEqual([
      ["Approve 1", "Decline 1"],
      ["Approve 2", "Decline 2"],
    ]);
  });

  it("is no more calls than there are rows; it says how many more wait", () => {
    const calls = Array.from({ length: 8 }, (_, n) => pending(n, { n }));
    const posts = approvalPosts(nothing, calls, address);
    expect(rows(posts)).toHaveLength(MAX_ROWS);
    expect(posts.parts.join("\n")).toContain("3 more wait");
    expect(posts.parts.join("\n")).not.toContain('"n": 5');
  });

  it("is cut honestly where the arguments are long", () => {
    const text = request([pending(1, { body: "x".repeat(5_000) })]);
    expect(text).toMatch(/x{900,}\n```\n-# 4,0\d\d more characters of its arguments are not shown here\./);
  });

  it("is cut where the name is long, which is the model's too", () => {
    expect(request([pending(1, {}, "n".repeat(300))])).toMatch(/`n{100}`, without arguments/);
  });

  it("shows no secret, and nothing that looks like something else than it is", () => {
    const text = request([pending(1, { apiKey: "k-1", to: "a\u202Eb\u200Bc", note: "``` **not code**" })]);
    expect(text).not.toContain("k-1");
    expect(text).toContain("a\\u{202e}b\\u{200b}c");
    expect(text.match(/```/g)).toHaveLength(2);
  });

  it("says so where the conversation's name leaves no room for buttons", () => {
    const conversation = `assignment:${"o".repeat(90)}/repo#1`;
    const posts = approvalPosts(nothing, [pending(1, {})], { turn, conversation });
    expect(posts.controls).toEqual([]);
    expect(posts.parts[0]).toContain("too long for buttons");
  });

  it("fits Discord's limits, whatever a model asks for", () => {
    const call = fc
      .tuple(
        fc.nat(9_999),
        fc.oneof(
          fc.jsonValue(),
          fc.nat(1_200).map((length) => ({ body: "x".repeat(length) })),
        ),
        fc.string({ unit: anyCodePoint, maxLength: 300 }),
      )
      .map(([id, input, name]) => pending(id, input, name));
    const calls = fc.array(call, { minLength: 1, maxLength: 8 });
    const text = fc.nat(600).map((words) => "word ".repeat(words));
    fc.assert(
      fc.property(calls, text, (all, said) => {
        const posts = approvalPosts({ above: "", text: said }, all, address);
        for (const part of posts.parts) {
          expect(part.length).toBeLessThanOrEqual(MAX_CONTENT);
          expect(part.isWellFormed()).toBe(true);
        }
        expect(rows(posts)).toHaveLength(Math.min(all.length, MAX_ROWS));
        expect(posts.parts.join("")).toContain("Declined by itself");
      }),
      { numRuns: 100 },
    );
  });
});
