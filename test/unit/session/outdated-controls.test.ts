import { describe, expect, it } from "vitest";
import {
  asksForApproval,
  isOutdated,
} from "../../../durable-objects/channel-session/surfaces/discord/outdated-controls.ts";
import { approvalControls, retryControls, stopControls } from "../../../shared/discord/answer-controls.ts";
import { controlIds } from "../../../shared/discord/components.ts";
import { writeControlId } from "../../../shared/discord/controls.ts";

const address = { turn: "0b0e6a3c-6d0b-4b8e-9a53-111111111111", conversation: "1088510058284990999" };

describe("under an answer that is over", () => {
  it.each([
    ["Stop", stopControls(address), true, true],
    ["Approve and Decline", approvalControls(address, "1"), true, true],
    ["Retry", retryControls(address), false, true],
  ])("%s leads nowhere: %#", (_, controls, atFirst, afterRetry) => {
    const ids = controlIds(controls);
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) {
      expect(isOutdated(id, { wasRetried: false })).toBe(atFirst);
      expect(isOutdated(id, { wasRetried: true })).toBe(afterRetry);
    }
  });

  it("a choice of models stays, and what is none of ours is left alone", () => {
    for (const id of [writeControlId({ action: "model" }) ?? "", "something-else"])
      expect(isOutdated(id, { wasRetried: true })).toBe(false);
  });

  it("a request for approval is known by its buttons", () => {
    expect(asksForApproval(controlIds(approvalControls(address, "1")))).toBe(true);
    expect(asksForApproval(controlIds(stopControls(address)))).toBe(false);
  });
});
