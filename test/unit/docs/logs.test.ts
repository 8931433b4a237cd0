/** docs/logs.md: its tables name what the code logs, no more and no less. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LOG_LEVEL_VARIABLE, LOG_LEVELS } from "../../../shared/log.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(join(root, "docs/logs.md"), "utf8");
const documented = new Set([...page.matchAll(/^\| `([a-z-]+\.[a-z_]+)`/gm)].map(([, name = ""]) => name));

const source = ["gateway", "workers", "durable-objects", "shared"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) =>
      join(root, folder, file),
    ),
  )
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

/** Literals and templates in a text, the latter's expressions as `*`. */
const literals = (text: string) =>
  [...text.matchAll(/"([^"\n]*)"|`([^`\n]*)`/g)].map(([, plain, template]) =>
    (plain ?? template ?? "").replaceAll(/\$\{[^}]*\}/g, "*"),
  );
const isEvent = (name: string) => /^[a-z*-]+\.[a-z_*]+$/.test(name) && name !== "*.*";
const matches = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replace(".", "\\.").replaceAll("*", "[a-z_-]+")}$`).test(name);

/** The names in calls of a logger's `log`, and in the lines that the Gateway's state machine asks for. */
const logged = [
  ...[...source.matchAll(/\.log\(\s*[^,]+?,\s*([^,)]+)/g)].map(([, name = ""]) => name),
  ...[...source.matchAll(/do: "log",[^}]*?event: ([^,]+),/g)].map(([, name = ""]) => name),
]
  .flatMap(literals)
  .filter(isEvent);

describe("docs/logs.md", () => {
  it("names every event that the code logs", () => {
    expect(logged.length).toBeGreaterThan(80);
    const missing = logged.filter((pattern) => ![...documented].some((name) => matches(pattern, name)));
    expect(missing).toEqual([]);
  });

  it("names no event that is logged no more", () => {
    const written = new Set(literals(source));
    const patterns = logged.filter((name) => name.includes("*"));
    const stale = [...documented].filter(
      (name) => !written.has(name) && !patterns.some((pattern) => matches(pattern, name)),
    );
    expect(stale).toEqual([]);
  });

  it("names the levels and their variable", () => {
    const levels = [...page.matchAll(/^\| `([a-z]+)` /gm)].map(([, level]) => level);
    expect(levels.toSorted()).toEqual([...LOG_LEVELS].toSorted());
    expect(page).toContain(`${LOG_LEVEL_VARIABLE}=debug npm start`);
  });
});
