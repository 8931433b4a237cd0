import { describe, expect, it } from "vitest";
import { finalPosts, livePosts, MAX_PARTS, stoppedPosts } from "../../../shared/discord/answer-posts.ts";
import { MAX_CONTENT } from "../../../shared/discord/split.ts";

const paragraphs = (count: number) =>
  Array.from({ length: count }, (_, n) => `Paragraph ${n}. ${"word ".repeat(90)}`.trim()).join("\n\n");

describe("the posts of an answer", () => {
  it("carry what can be pressed, also where a file holds the whole answer; stopped ones do not", () => {
    const controls = [[{ kind: "button", id: "1", label: "Retry", style: "secondary" }]] as const;
    for (const text of ["short", paragraphs(40)])
      expect(finalPosts({ above: "", text, notice: null, controls })).toMatchObject({ controls });
    expect(livePosts({ above: "", text: "growing", controls })).toEqual({ parts: ["growing"], controls });
    expect(stoppedPosts(["growing"])).not.toHaveProperty("controls");
  });

  it("say that an answer was stopped, once, also where there was nothing of it", () => {
    expect(stoppedPosts(["a", "b"])).toEqual({ parts: ["a", "b\n-# stopped"] });
    expect(stoppedPosts([""])).toEqual({ parts: ["-# stopped"] });
    for (const { parts } of [stoppedPosts(["a"]), stoppedPosts([""])])
      expect(stoppedPosts(parts)).toEqual({ parts });
  });

  it("are one message with tool lines above and the remark below", () => {
    const posts = finalPosts({ above: "-# ✅ `get_x`", text: "Here.", notice: "It ends early." });
    expect(posts).toEqual({ parts: ["-# ✅ `get_x`\nHere.\n-# It ends early."] });
  });

  it("say so when there is no text", () => {
    expect(finalPosts({ above: "", text: " \n", notice: null }).parts).toEqual([
      "-# The model gave no text.",
    ]);
  });

  it("are up to five messages, all of which leave room for the mark of an answer that is stopped", () => {
    const { parts, file } = finalPosts({ above: "", text: paragraphs(18), notice: null });
    expect(parts.length).toBeGreaterThan(MAX_PARTS - 2);
    expect(file).toBeUndefined();
    for (const part of stoppedPosts(parts).parts) expect(part.length).toBeLessThanOrEqual(MAX_CONTENT);
  });

  it("of a longer answer are its beginning and a file that holds all of it", () => {
    const text = paragraphs(40);
    const { parts, file } = finalPosts({ above: "", text, notice: "It ends early." });
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatch(/^Paragraph 0\. /);
    expect(parts[0]).toContain(
      `The whole answer (${text.length.toLocaleString("en-US")} characters) is in the file.`,
    );
    expect(parts[0]).toContain("-# It ends early.");
    expect(parts[0]?.length).toBeLessThanOrEqual(MAX_CONTENT);
    expect(file).toMatchObject({ name: "answer.md", content: text });
  });

  it("are as many as it takes where files are refused", () => {
    const { parts, file } = finalPosts({ above: "", text: paragraphs(40), notice: null }, "refused");
    expect(parts.length).toBeGreaterThan(MAX_PARTS);
    expect(file).toBeUndefined();
  });

  it("of an answer that grows are at most those that its final form may keep", () => {
    const live = livePosts({ above: "", text: paragraphs(40) }).parts;
    expect(live).toHaveLength(MAX_PARTS);
    const all = finalPosts({ above: "", text: paragraphs(40), notice: null }, "refused").parts;
    expect(live).toEqual(all.slice(0, MAX_PARTS));
  });

  it("that were stopped say so once, below the last", () => {
    const once = stoppedPosts(["a", "b"]);
    expect(once.parts).toEqual(["a", "b\n-# stopped"]);
    expect(stoppedPosts(once.parts)).toEqual(once);
  });
});
