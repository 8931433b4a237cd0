import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { USER_AGENT } from "../../../shared/discord/user-agent.ts";
import { root } from "../../support/bundled-worker.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const project = z
  .object({
    version: z.string(),
    homepage: z.string(),
    repository: z.object({ url: z.string() }),
    bugs: z.string(),
  })
  .parse(JSON.parse(read("package.json")));
const address = project.homepage.replace(/#readme$/, "");

describe("Chart.yaml", () => {
  const https = z.url({ protocol: /^https$/ });
  const chart = z
    .object({
      home: https,
      sources: z.array(https).min(1),
      maintainers: z.array(z.object({ name: z.string().min(1), url: https })).min(1),
      icon: https,
    })
    .parse(parse(read("charts/gateway-bridge/Chart.yaml")));

  it("leads to this repository, and to what is there", () => {
    expect(chart.home).toBe(address);
    for (const source of chart.sources) {
      expect(source.startsWith(`${address}/tree/main/`)).toBe(true);
      expect(existsSync(join(root, source.slice(`${address}/tree/main/`.length)))).toBe(true);
    }
  });

  it("has an icon that is one of the project's files", () => {
    const raw = `${address.replace("//github.com/", "//raw.githubusercontent.com/")}/main/`;
    expect(chart.icon.startsWith(raw)).toBe(true);
    expect(read(chart.icon.slice(raw.length))).toMatch(/^<svg /);
  });
});

describe("the project's address", () => {
  it("is the same wherever it is told", () => {
    expect(project.repository.url).toBe(`git+${address}.git`);
    expect(project.bugs).toBe(`${address}/issues`);
    for (const file of ["SECURITY.md", "CHANGELOG.md", ".github/ISSUE_TEMPLATE/config.yml"]) {
      const told = [...read(file).matchAll(/https:\/\/github\.com\/[^/\s]+\/[^/\s)]+/g)].map(
        ([link]) => link,
      );
      expect(new Set(told)).toEqual(new Set([address]));
    }
  });

  it("and version are what Discord is told", () => {
    expect(USER_AGENT).toBe(`DiscordBot (${address}, ${project.version})`);
  });
});

describe(".editorconfig", () => {
  it("makes editors write what npm run check wants", () => {
    const [, settings = ""] = /^\[\*\]\n((?:\S.*\n)+)/m.exec(read(".editorconfig")) ?? [];
    const { formatter } = z
      .object({
        formatter: z.object({ indentStyle: z.string(), indentWidth: z.number(), lineWidth: z.number() }),
      })
      .parse(JSON.parse(read("biome.json")));
    expect(
      Object.fromEntries(
        settings
          .trim()
          .split("\n")
          .map((line) => line.split(" = ")),
      ),
    ).toEqual({
      charset: "utf-8",
      // Biome's own defaults.
      end_of_line: "lf",
      insert_final_newline: "true",
      trim_trailing_whitespace: "true",
      indent_style: formatter.indentStyle,
      indent_size: String(formatter.indentWidth),
      max_line_length: String(formatter.lineWidth),
    });
  });
});
