import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { chartDirectory, currentReadme, readValues, renderReadme } from "../../charts/readme.ts";
import { ofKind, render } from "../support/chart.ts";
import { runTool } from "../support/kubernetes-tools.ts";

describe("README.md", () => {
  const read = (file: string) => readFileSync(chartDirectory + file, "utf8");

  it("is what npm run chart:readme writes", () => {
    expect(read("README.md")).toBe(currentReadme());
  });

  it("would change with a value's comment or default", () => {
    const changed = read("values.yaml").replace("replicas: 2", "replicas: 5");
    expect(renderReadme(read("README.md"), changed, read("moved.yaml"))).toContain(
      "| `defaults.replicas` | `5` |",
    );
  });

  it("cannot be made while a value has no comment", () => {
    expect(() => readValues("# First.\na: 1\nb:\n  # Inner.\n  c: 1\n  d: 2\n")).toThrow(
      "values.yaml: b.d: expected a comment",
    );
    expect(readValues("# The file.\n\n# First.\na: 1\nb:\n  # Inner.\n  c: [1]\n")).toEqual([
      { path: "a", default: 1, meaning: "First." },
      { path: "b.c", default: [1], meaning: "Inner." },
    ]);
  });

  /** What stands in its fenced blocks of a language. */
  const blocks = (language: string) =>
    [...read("README.md").matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
      ([, block = ""]) => block,
    );

  it("shows values that the chart takes", async () => {
    const [least = {}, sharded, ...others] = blocks("yaml").map((block) =>
      z.looseObject({}).parse(parse(block)),
    );
    expect(others).toEqual([]);
    expect(ofKind("Deployment", await render(least))).toHaveLength(1);
    expect(ofKind("Deployment", await render({ ...least, ...sharded }))).toHaveLength(2);
  });

  it("makes the Secret that the pods read", async () => {
    const [command = ""] = blocks("sh")
      .flatMap((block) => block.replaceAll("\\\n", " ").split("\n"))
      .filter((line) => line.startsWith("kubectl create secret "));
    const [, ...args] = command.split(/\s+/);
    const { stdout } = await runTool("kubectl", [...args, "--dry-run=client", "--output=json"]);
    const { data, metadata } = z
      .object({ metadata: z.object({ name: z.string() }), data: z.record(z.string(), z.string()) })
      .parse(JSON.parse(stdout));
    const [deployment] = ofKind(
      "Deployment",
      await render(z.looseObject({}).parse(parse(blocks("yaml")[0] ?? ""))),
    );
    const [container] = deployment?.spec?.template.spec?.containers ?? [];
    const read = container?.env?.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []) ?? [];
    expect(read).toEqual(Object.keys(data).map((key) => ({ name: metadata.name, key })));
  });
});
