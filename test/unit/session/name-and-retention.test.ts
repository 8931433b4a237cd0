import { describe, expect, it } from "vitest";
import { parseSessionName, sessionName } from "../../../shared/session/name.ts";
import { retainedSince, retentionMs } from "../../../shared/time/retention.ts";

describe("a retention", () => {
  it.each([
    ["12h", 12 * 3_600_000],
    ["30d", 30 * 86_400_000],
    ["2w", 14 * 86_400_000],
    ["6m", 180 * 86_400_000],
    ["1y", 365 * 86_400_000],
    ["indefinite", null],
  ])("%s is %d milliseconds", (text, expected) => {
    expect(retentionMs(text)).toBe(expected);
  });

  it.each(["", "30", "d", "30 d", "30s", "forever", "-1d"])(
    "refuses %j and says what is expected",
    (text) => {
      expect(() => retentionMs(text)).toThrow(/expected e\.g\. "30d"/);
    },
  );
});

describe("what a retention keeps", () => {
  it.each([
    ["1d", 86_400_000],
    ["indefinite", 0],
    ["9999999y", 0],
    [`${"9".repeat(400)}y`, 0],
  ])("with %s begins at %d", (text, expected) => {
    expect(retainedSince(text, 2 * 86_400_000)).toBe(expected);
  });
});

describe("a session's name", () => {
  it("is read back as it was made, slashes in the conversation included", () => {
    const address = { agent: "dev-e", conversation: "assignment:owner/repo#7" };
    expect(parseSessionName(sessionName(address))).toEqual(address);
  });

  it.each([undefined, "", "dev-e", "/chat:1"])("is refused when it is %j", (name) => {
    expect(() => parseSessionName(name)).toThrow(RangeError);
  });
});
