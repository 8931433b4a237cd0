import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ControlId, readControlId, writeControlId } from "../../../shared/discord/controls.ts";

const conversation = fc.oneof(
  fc.bigInt({ min: 10n ** 16n, max: 10n ** 19n }).map(String),
  fc.constantFrom(
    "cron:daily:manual:x",
    "assignment:acme/shop#12",
    "webhook:github",
    "interaction:1088510058284990888",
  ),
);
const turn = fc.uuid();
const call = fc.integer({ min: 0, max: 9999 }).map(String);
const anyId: fc.Arbitrary<ControlId> = fc.oneof(
  fc.record({ action: fc.constantFrom("stop" as const, "retry" as const), turn, conversation }),
  fc.record({ action: fc.constantFrom("approve" as const, "decline" as const), turn, call, conversation }),
  fc.record({ action: fc.constant("ask" as const), isPrivate: fc.boolean() }),
  fc.constant({ action: "model" as const }),
);

describe("a control's id", () => {
  it("says the same after any restart", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        const text = writeControlId(id);
        expect(text?.length).toBeLessThanOrEqual(100);
        expect(readControlId(text ?? "")).toEqual(id);
      }),
    );
  });

  it("is not made where it would not fit", () => {
    const longest = { action: "stop", turn: crypto.randomUUID(), conversation: "x".repeat(60) } as const;
    expect(writeControlId(longest)).toHaveLength(100);
    expect(writeControlId({ ...longest, conversation: "x".repeat(61) })).toBeNull();
  });

  it.each([
    "",
    "1",
    "2:model",
    "1:model:more",
    "1:ask:secret",
    "1:stop",
    "1:stop:00000000000040008000000000000000",
    "1:stop:not-a-turn:c",
    "1:approve:00000000000040008000000000000000:x:c",
    "1:approve:00000000000040008000000000000000:1",
    "somebody:else's",
  ])("%j is none of ours", (text) => {
    expect(readControlId(text)).toBeNull();
  });

  it("is read from any text without an error", () => {
    fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => void readControlId(text)));
  });
});
