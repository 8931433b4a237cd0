import { describe, expect, it } from "vitest";
import { componentsOf, controlIds, shownControlIds } from "../../../shared/discord/components.ts";
import type { ControlRow } from "../../../shared/discord/controls.ts";

const rows: ControlRow[] = [
  [
    { kind: "button", id: "a", label: "Approve", style: "success" },
    { kind: "button", id: "b", label: "Decline", style: "danger" },
  ],
  [
    {
      ...{ kind: "select", id: "c", placeholder: "A model" },
      options: [
        { label: "One", value: "1", isDefault: true },
        { label: "Two", value: "2" },
      ],
    },
  ],
];

describe("controls as Discord's components", () => {
  it("are rows of buttons, or of one select", () => {
    expect(componentsOf(rows)).toEqual([
      {
        type: 1,
        components: [
          { type: 2, style: 3, label: "Approve", custom_id: "a" },
          { type: 2, style: 4, label: "Decline", custom_id: "b" },
        ],
      },
      {
        type: 1,
        components: [
          {
            ...{ type: 3, custom_id: "c", placeholder: "A model" },
            options: [
              { label: "One", value: "1", default: true },
              { label: "Two", value: "2" },
            ],
          },
        ],
      },
    ]);
  });

  it("are known again by their ids under a message", () => {
    expect(controlIds(rows)).toEqual(["a", "b", "c"]);
    const numbered = componentsOf(rows).map((row, id) => ({ ...row, id }));
    expect(shownControlIds(numbered)).toEqual(["a", "b", "c"]);
  });

  it("are not seen in what is none of ours", () => {
    const link = { type: 1, components: [{ type: 2, style: 5, url: "https://example.com" }] };
    expect(shownControlIds([link, null, { type: 10, content: "text" }])).toEqual([]);
  });
});
