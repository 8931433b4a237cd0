import { describe, expect, it } from "vitest";
import { type ShownCall, toolLines } from "../../../shared/discord/tool-lines.ts";

const call = (name: string, input: unknown = {}, state: ShownCall["state"] = "ok"): ShownCall => ({
  ...{ name, input, state },
});

describe("tool lines", () => {
  it("are none without calls, and none where none are wanted", () => {
    expect(toolLines([], "full")).toBe("");
    expect(toolLines([call("get_x")], "none")).toBe("");
  });

  it("show each call's state on one line", () => {
    const calls = [call("a"), call("b", {}, "error"), call("c", {}, "unknown"), call("d", {}, "running")];
    expect(toolLines(calls, "compact")).toBe("-# ✅ `a` · ❌ `b` · ❔ `c` · ⏳ `d`");
  });

  it("show arguments in full, one line for each call", () => {
    const calls = [call("get_x", { query: { q: "a\n```b" } }), call("get_y")];
    expect(toolLines(calls, "full")).toBe('-# ✅ `get_x` `{"query":{"q":"a\\n\'b"}}`\n-# ✅ `get_y`');
  });

  it("never show what looks like a secret, and cut what is long", () => {
    const lines = toolLines(
      [call("post_login", { user: "u", Password: "hunter2", nested: { apiKey: "k-1" } })],
      "full",
    );
    expect(lines).not.toMatch(/hunter2|k-1/);
    expect(toolLines([call("post_x", { text: "🙂".repeat(500) })], "full").length).toBeLessThan(130);
  });

  it("say who has decided on a call, also where others are not shown", () => {
    const paid: ShownCall = { ...call("post_payments", { n: 1 }), decision: "approved by M`ia" };
    const declined: ShownCall = { ...call("post_b", {}, "declined"), decision: "declined by Ben" };
    const calls = [call("get_x"), paid, declined];
    expect(toolLines(calls, "none")).toBe(
      "-# ✅ `post_payments` `approved by M'ia` · 🚫 `post_b` `declined by Ben`",
    );
    expect(toolLines(calls, "compact")).toBe(
      "-# ✅ `get_x` · ✅ `post_payments` `approved by M'ia` · 🚫 `post_b` `declined by Ben`",
    );
    expect(toolLines([paid], "full")).toBe('-# ✅ `post_payments` `{"n":1}` `approved by M\'ia`');
  });

  it("stay short however many calls there are", () => {
    const calls = Array.from({ length: 99 }, (_, n) =>
      call(`get_a_rather_long_tool_name_${n}`, { n: "x".repeat(99) }),
    );
    for (const display of ["full", "compact"] as const) {
      const lines = toolLines(calls, display);
      expect(lines.length).toBeLessThan(1_300);
      expect(lines).toMatch(/… \d+ more/);
      expect(lines).toContain("get_a_rather_long_tool_name_98");
    }
  });
});
