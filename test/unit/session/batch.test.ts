import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchText,
  chooseBatch,
  type Dispatch,
} from "../../../durable-objects/channel-session/engine/batch.ts";

const ann = { id: "1", name: "Ann" };
const ben = { id: "2", name: "Ben" };
const said = (author: typeof ann, text: string) => ({ author, text });

function mode(dispatch: Dispatch["dispatch"], queue: Partial<Dispatch["queue"]> = {}): Dispatch {
  return { dispatch, queue: { maxWaiting: 50, maxBatchMessages: 20, maxBatchTokens: 8000, ...queue } };
}

describe("the messages that one turn answers", () => {
  const waiting = [said(ann, "a"), said(ben, "b"), said(ann, "c")];

  it("are one, by message", () => {
    expect(chooseBatch(waiting, mode("per-message"))).toEqual([waiting[0]]);
  });

  it("are all that wait, by thread", () => {
    expect(chooseBatch(waiting, mode("per-thread"))).toEqual(waiting);
  });

  it("are all that wait from the sender of the oldest, by lane", () => {
    expect(chooseBatch(waiting, mode("per-lane"))).toEqual([waiting[0], waiting[2]]);
  });

  it("are never more than the limits allow, but always the oldest", () => {
    expect(chooseBatch(waiting, mode("per-thread", { maxBatchMessages: 2 }))).toEqual(waiting.slice(0, 2));
    const long = [said(ann, "x".repeat(100)), said(ann, "y")];
    expect(chooseBatch(long, mode("per-thread", { maxBatchTokens: 3 }))).toEqual([long[0]]);
    const three = [said(ann, "x".repeat(8)), said(ann, "y".repeat(4)), said(ann, "z")];
    expect(chooseBatch(three, mode("per-thread", { maxBatchTokens: 3 }))).toEqual(three.slice(0, 2));
    expect(chooseBatch(three, mode("per-thread", { maxBatchTokens: 4 }))).toEqual(three);
    expect(chooseBatch([], mode("per-thread"))).toEqual([]);
  });

  it("answers alone what waits for an answer of its own, whoever else waits", () => {
    const alone = { ...said(ann, "alone"), isAlone: true };
    expect(chooseBatch([...waiting, alone], mode("per-thread"))).toEqual(waiting);
    expect(chooseBatch([alone, ...waiting], mode("per-thread"))).toEqual([alone]);
  });

  it("are all answered in the end, each once, and each sender's in order", () => {
    const message = fc.record({ author: fc.constantFrom(ann, ben), text: fc.string({ maxLength: 60 }) });
    const dispatch = fc.constantFrom<Dispatch["dispatch"]>("per-message", "per-thread", "per-lane");
    const limits = fc.record({
      maxBatchMessages: fc.integer({ min: 1, max: 4 }),
      maxBatchTokens: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 15 }), dispatch, limits, (messages, name, queue) => {
        const answered: typeof messages = [];
        let left = messages;
        while (left.length > 0) {
          const batch = chooseBatch(left, mode(name, queue));
          expect(batch[0]).toBe(left[0]);
          answered.push(...batch);
          left = left.filter((one) => !batch.includes(one));
        }
        for (const author of [ann, ben]) {
          const own = (all: typeof messages) => all.filter((one) => one.author === author);
          expect(own(answered)).toEqual(own(messages));
        }
      }),
    );
  });
});

describe("a batch as the model reads it", () => {
  it("has names only where several people speak", () => {
    expect(batchText([said(ann, "one"), said(ann, "two")])).toBe("one\n\ntwo");
    expect(batchText([said(ann, "one"), said(ben, "two")])).toBe("Ann: one\n\nBen: two");
  });
});
