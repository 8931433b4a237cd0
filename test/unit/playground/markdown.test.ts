import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_BLOCK, renderBlock, splitBlocks } from "../../../public/markdown.ts";

const document = `# Title

Some **bold** text
over two lines, and https://example.com.

1. one

2. two

   with a paragraph

- a
- b

| a | b |
| - | - |
| 1 | 2 |

\`\`\`ts
const a = 1;

const b = "~~~";
\`\`\`
> quoted
`;

describe("a block", () => {
  it("becomes HTML", () => {
    expect(renderBlock("**Hi** `there`")).toBe("<p><strong>Hi</strong> <code>there</code></p>");
    expect(renderBlock("| a |\n| - |\n| 1 |")).toContain("<td>1</td>");
    expect(renderBlock("~~no~~ - [ ] not a task")).toContain("<del>no</del>");
    expect(renderBlock("- [x] done")).toContain('<input type="checkbox" disabled="" checked=""');
  });

  it.each([
    ["a link", "[x](https://example.com/?a=1&b=2)", "https://example.com/?a=1&amp;b=2"],
    ["a bare address", "see https://example.com/", "https://example.com/"],
    ["an address in angle brackets", "<https://example.com/>", "https://example.com/"],
    ["mail", "[x](mailto:a@example.com)", "mailto:a@example.com"],
    ["an image, which is never loaded", "![x](https://example.com/a.png)", "https://example.com/a.png"],
  ])("opens %s in a tab of its own that cannot look back", (_, text, address) => {
    const html = renderBlock(text);
    expect(html).toContain(`<a href="${address}" target="_blank" rel="noopener noreferrer">`);
    expect(html).not.toContain("<img");
  });

  it.each([
    ["a script", "[x](javascript:alert(1))"],
    ["a script in other letters", "[x](JaVaScRiPt:alert(1))"],
    ["a script behind a character reference", "[x](&#106;avascript:alert(1))"],
    ["a script behind white space", "[x](<\tjavascript:alert(1)>)"],
    ["a document in the address", '[x](data:text/html,<script>alert(1)</script> "title")'],
    ["a script of another age", "<vbscript:msgbox(1)>"],
    ["a file", "[x](file:///etc/passwd)"],
    ["a page of this site", "[x](/logout)"],
    ["this page itself", "[x](#/other/chat)"],
    ["a script by reference", "[x][y]\n\n[y]: javascript:alert(1)"],
  ])("makes no link to %s", (_, text) => {
    expect(renderBlock(text)).not.toContain("href");
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "text <b onclick=alert(1)>bold</b>",
    "<svg><style>@import 'x'</style></svg>",
    '<a href="https://example.com" target="_self">x</a>',
    "<!-- --><iframe src=//example.com>",
  ])("shows raw HTML as text: %s", (text) => {
    expect(tags(renderBlock(text)).filter((tag) => tag !== "p")).toEqual([]);
  });

  it("holds only harmless elements and absolute links, whatever the text", () => {
    const harmless =
      /^(a|blockquote|br|code|del|em|h[1-6]|hr|input|li|ol|p|pre|strong|table|tbody|td|th|thead|tr|ul)$/;
    const piece = fc.oneof(
      fc.constantFrom(
        "<script>",
        "](",
        "[",
        "![",
        "javascript:",
        '"',
        "'",
        "<",
        ">",
        "\n\n",
        "- ",
        "```\n",
        "|",
        "\n",
      ),
      fc.constantFrom(
        "https://example.com",
        " href=",
        "onload=",
        "&lt;",
        "&#60;",
        "\\",
        "<!--",
        "<![CDATA[",
        "\0",
      ),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const html = renderBlock(pieces.join(""));
        for (const tag of tags(html)) expect(tag).toMatch(harmless);
        for (const [tag] of html.matchAll(/<[a-z][^>]*>/g))
          expect(tag.replace(/"[^"]*"/g, "")).not.toMatch(/\son|style/);
        for (const [, address] of html.matchAll(/ href="([^"]*)"/g))
          expect(address).toMatch(/^(https?|mailto):/i);
      }),
      { numRuns: 500 },
    );
  });

  it("that is too long to format is shown as it was written", () => {
    const text = `${"_*".repeat(MAX_BLOCK)}<b>`;
    expect(renderBlock(text)).toBe(`<pre>${"_*".repeat(MAX_BLOCK)}&lt;b&gt;</pre>`);
  });

  it("of code is formatted at any length", () => {
    const html = renderBlock(`\`\`\`\n${"a = 1;\n".repeat(20_000)}\`\`\``);
    expect(html).toMatch(/^<pre><code>a = 1;/);
  });
});

describe("the blocks of a text", () => {
  it("hold what belongs together: loose lists, fences, tables", () => {
    expect(splitBlocks(document).map((block) => block.trim().split("\n")[0])).toEqual([
      "# Title",
      "Some **bold** text",
      "| a | b |",
      "```ts",
      "> quoted",
    ]);
  });

  it("look rendered one by one as the whole does", () => {
    const flat = (html: string) => html.replaceAll("\n", "");
    expect(flat(splitBlocks(document).map(renderBlock).join(""))).toBe(flat(renderBlock(document)));
  });

  it("stay as they are, all but the last, when lines are added", () => {
    const line = fc.constantFrom(
      "",
      "text",
      "- item",
      "  more",
      "1. one",
      "```",
      "```ts",
      "~~~~",
      "~~~",
      "# H",
      "> q",
      "    code",
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(line, { maxLength: 10 }), (before, after) => {
        const stable = splitBlocks(before.join("\n")).slice(0, -1);
        expect(splitBlocks([...before, ...after].join("\n")).slice(0, stable.length)).toEqual(stable);
      }),
    );
  });

  it("divide a long list, and its numbers go on", () => {
    const list = Array.from({ length: 100 }, (_, index) => `${index + 1}. ${"word ".repeat(20)}`).join(
      "\n\n",
    );
    const blocks = splitBlocks(list);
    expect(blocks.length).toBeGreaterThan(2);
    expect(blocks.every((block) => block.length < MAX_BLOCK)).toBe(true);
    expect(renderBlock(blocks[1] ?? "")).toMatch(/^<ol start="\d+">/);
  });

  it("are none for white space", () => {
    expect(splitBlocks(" \n\n ")).toEqual([]);
  });
});

function tags(html: string): string[] {
  return [...new Set([...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name ?? ""))];
}
