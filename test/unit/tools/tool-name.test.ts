import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameTools } from "../../../shared/tools/tool-name.ts";

const url = "https://api.example";
const nameOf = (method: string, path: string) => nameTools([{ url, method, path }])[0];

describe("the name of a tool", () => {
  it.each([
    ["GET", "/quotes/random", "get_quotes_random"],
    ["GET", "/quotes/:id", "get_quotes_id"],
    ["DELETE", "/users/{userId}/posts/{post-id}", "delete_users_userId_posts_post-id"],
    ["POST", "/models/base:predict", "post_models_base_predict"],
    ["GET", "/v1.0/ünïcode path", "get_v1_0__n_code_path"],
    ["GET", "/search?kind=a", "get_search_kind_a"],
    ["GET", "/", "get"],
  ])("of %s %s is %s", (method, path, name) => {
    expect(nameOf(method, path)).toBe(name);
  });

  it("stays with the first endpoint when a later one would have the same", () => {
    const first = { url, method: "GET", path: "/a/b" };
    const names = nameTools([first, { url, method: "GET", path: "/a_b" }, first]);
    expect(names[0]).toBe("get_a_b");
    expect(new Set(names).size).toBe(3);
    expect(names[1]).toMatch(/^get_a_b_[0-9a-f]{8}$/);
  });

  it("is unique even when one endpoint stands there three times", () => {
    const endpoint = { url, method: "GET", path: "/a" };
    expect(new Set(nameTools([endpoint, endpoint, endpoint])).size).toBe(3);
  });

  it("does not depend on endpoints added after it", () => {
    const old = ["/a/b", "/a_b", `/${"long/".repeat(30)}`].map((path) => ({ url, method: "GET", path }));
    const added = { url, method: "POST", path: "/c" };
    expect(nameTools([...old, added]).slice(0, 3)).toEqual(nameTools(old));
  });

  it("tells two long paths apart that begin alike", () => {
    const start = "/segment".repeat(12);
    const names = nameTools([`${start}/x`, `${start}/y`].map((path) => ({ url, method: "GET", path })));
    expect(names[0]).not.toBe(names[1]);
    expect(names.map((name) => name.length)).toEqual([64, 64]);
  });

  it("is valid and unique whatever the paths are, and the same each time", () => {
    const piece = fc.oneof(
      fc.constantFrom("a", "_", "/", ":id", "{id}", "b".repeat(30)),
      fc.string({ unit: "grapheme" }),
    );
    const endpoint = fc.record({
      url: fc.constantFrom("https://a.example", "https://b.example"),
      method: fc.constantFrom("GET", "POST"),
      path: fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join("")}`),
    });
    fc.assert(
      fc.property(fc.array(endpoint, { maxLength: 30 }), (endpoints) => {
        const names = nameTools(endpoints);
        for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(new Set(names).size).toBe(endpoints.length);
        expect(nameTools(endpoints)).toEqual(names);
      }),
    );
  });
});
