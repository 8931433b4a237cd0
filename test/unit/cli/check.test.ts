import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkAgents } from "../../../cli/check/agents.ts";
import { checkCharacter } from "../../../cli/check/character.ts";
import { runCheck } from "../../../cli/check.ts";

const minimal = readFixture("minimal.json");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rig-check-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function readFixture(name: string): string {
  return readFileSync(new URL(`../../support/characters/${name}`, import.meta.url), "utf8");
}

/** Writes a project with these agents, each with its line in agents/index.ts. */
function project(characters: Record<string, string | Uint8Array>): void {
  const ids = Object.keys(characters);
  for (const [id, content] of Object.entries(characters)) write(`agents/${id}/character.json`, content);
  write("agents/index.ts", registry(ids.map((id) => [id, id])));
}

function registry(entries: [id: string, folder: string][]): string {
  return [
    'import { defineAgents } from "../shared/character/registry.ts";',
    ...entries.map(
      ([, folder], index) => `import agent${index} from "./${folder}/character.json" with { type: "json" };`,
    ),
    "export const agents = defineAgents({",
    ...entries.map(([id], index) => `  "${id}": agent${index},`),
    "});",
  ].join("\n");
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

/** The findings as one writes them down: `file:line:column severity path message`. */
function findings(): string[] {
  return checkAgents(root).findings.map(
    ({ file, line, column, severity, path, message }) =>
      `${file}:${line}:${column} ${severity} ${path} ${message}`,
  );
}

function run(...argv: string[]) {
  let output = "";
  const write = (text: string) => {
    output += text;
  };
  const exitCode = runCheck(argv, { root, write, colour: false });
  return { exitCode, output };
}

describe("rig check", () => {
  it.each([".", "examples/rig"])("has nothing against this repository's agents in %s", (folder) => {
    const { files, findings } = checkAgents(join(import.meta.dirname, "../../..", folder));
    expect(files).toContain("agents/index.ts");
    expect(findings.filter(({ severity }) => severity !== "info")).toEqual([]);
  });

  it("is pleased in one line", () => {
    project({ "dev-e": minimal });
    expect(run()).toEqual({ exitCode: 0, output: "2 files checked: all well.\n" });
  });

  it("prints every problem of every agent at once, by file and position", () => {
    project({
      "qa-e": '{\n  "name": "",\n  "lore": 1,\n  "personality": "x"\n}\n',
      "dev-e":
        '{\n  "name": "Dev-E",\n  "tools": [\n    { "endpoints": [{ "method": "FETCH", "path": "/" }] }\n  ]\n}\n',
    });
    expect(run()).toEqual({
      exitCode: 1,
      output: [
        "agents/dev-e/character.json:1:1  error    personality  found nothing, expected a text",
        "agents/dev-e/character.json:4:5  error    tools[0].url  found nothing, expected a text",
        'agents/dev-e/character.json:4:33  error    tools[0].endpoints[0].method  found "FETCH", expected one of GET, POST, PUT, PATCH, DELETE, HEAD',
        "agents/qa-e/character.json:2:11  error    name  found an empty text, expected a text that is not empty",
        "agents/qa-e/character.json:3:11  error    lore  found 1, expected a list",
        "",
        "3 files checked: 5 errors.\n",
      ].join("\n"),
    });
  });

  it("fails for a warning only with --strict", () => {
    project({ "dev-e": minimal.replace('"tools"', '"tolls"') });
    expect(run().exitCode).toBe(0);
    expect(run("--strict").exitCode).toBe(1);
    expect(run().output).toContain("2 files checked: 1 warning.");
  });

  it("does not fail for a piece of information, --strict or not", () => {
    project({ "dev-e": minimal.replace('"tools": []', '"tools": [{ "url": "env:API_URL" }]') });
    expect(run("--strict")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("info     (secrets)  reads API_URL; DEV_E__NAME is tried before NAME"),
    });
  });

  it("prints JSON for programs", () => {
    project({ "dev-e": minimal.replace('"name": "Minimal"', '"name": 5') });
    const { exitCode, output } = run("--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(output)).toEqual({
      files: ["agents/dev-e/character.json", "agents/index.ts"],
      findings: [
        {
          severity: "error",
          file: "agents/dev-e/character.json",
          line: 2,
          column: 11,
          path: "name",
          message: "found 5, expected a text",
        },
      ],
    });
  });

  it("colours severities on a terminal only", () => {
    project({ "dev-e": "{}" });
    let output = "";
    const write = (text: string) => {
      output += text;
    };
    runCheck([], { root, write, colour: true });
    expect(output).toContain("\u001b[31merror\u001b[0m  ");
    expect(run().output).not.toContain("\u001b");
  });

  it("explains itself when it is called wrongly", () => {
    expect(run("--stict")).toEqual({ exitCode: 2, output: expect.stringContaining("Usage: rig check") });
    expect(run("dev-e").exitCode).toBe(2);
    expect(run("--help").exitCode).toBe(0);
  });
});

describe("a warning", () => {
  it("names the unknown field, where it stands and what was probably meant", () => {
    project({
      "dev-e": '{\n  "name": "A",\n  "personality": "B",\n  "llm": { "max_tokens": 5 },\n  "zzz": 1\n}',
    });
    expect(findings()).toEqual([
      "agents/dev-e/character.json:4:12 warning llm.max_tokens unknown field, it is ignored; did you mean maxTokens?",
      "agents/dev-e/character.json:5:3 warning zzz unknown field, it is ignored",
    ]);
  });

  it.each<[about: string, fields: Record<string, unknown>, path: string, message: string]>([
    [
      "a stdio MCP server",
      { mcpServers: { github: { command: "npx" } } },
      "mcpServers.github",
      "a stdio server needs a runner: on a Worker alone it is skipped",
    ],
    [
      "an MCP server of neither kind",
      { mcpServers: { github: {} } },
      "mcpServers.github",
      "has neither command nor url: it is skipped",
    ],
    [
      "a webhook that is open to everybody",
      { webhooks: { open: { insecure: true } } },
      "webhooks.open",
      "insecure: everybody who knows the address can ask the agent anything",
    ],
    [
      "a webhook without a secret",
      { webhooks: { github: {} } },
      "webhooks.github",
      "no secret: every delivery is refused until it has one (env:NAME)",
    ],
    [
      "a webhook secret in the file",
      { webhooks: { github: { secret: "hunter2" } } },
      "webhooks.github.secret",
      "a secret in a committed file: set it as a secret and write env:NAME",
    ],
    [
      "a Discord webhook in the file",
      { cron: [{ prompt: "x", discordWebhookUrl: "https://discord.com/api/webhooks/1/hunter2" }] },
      "cron[0].discordWebhookUrl",
      "a secret in a committed file: set it as a secret and write env:NAME",
    ],
    [
      "a token in a header",
      { tools: [{ url: "https://x.example", headers: { "X-Api-Key": "hunter2" } }] },
      "tools[0].headers.X-Api-Key",
      "a secret in a committed file: set it as a secret and write env:NAME",
    ],
    [
      "a CLI provider",
      { llm: { provider: "claude-cli" } },
      "llm.provider",
      "claude-cli needs a runner: a Worker starts no programs",
    ],
    [
      "a CLI provider to switch to",
      { llm: { fallbackProviders: ["openai-api", "codex-cli"] } },
      "llm.fallbackProviders[1]",
      "codex-cli needs a runner: a Worker starts no programs",
    ],
    [
      "an API without a scheme",
      { tools: [{ url: "api.example.com" }] },
      "tools[0].url",
      "not an http(s) URL: every call will fail",
    ],
    [
      "Slack",
      { messaging: { platform: "slack" } },
      "messaging.platform",
      "slack is not served: the agent answers in the playground only",
    ],
    [
      "a Discord agent without channels",
      { discord: {} },
      "discord.channels",
      "no channels: in Discord the agent answers direct messages only",
    ],
  ])("is given for %s", (_, fields, path, message) => {
    project({ "dev-e": JSON.stringify({ name: "A", personality: "B", ...fields }) });
    const { findings } = checkAgents(root);
    expect(findings).toEqual([expect.objectContaining({ severity: "warning", path, message })]);
    expect(JSON.stringify(findings)).not.toContain("hunter2");
  });

  it("is given once for each surprise of a real coordinator", () => {
    project({ "conductor-e": readFixture("conductor-e.json") });
    expect(checkAgents(root).findings.map(({ severity, path }) => `${severity} ${path}`)).toEqual([
      "info (secrets)",
      "warning mcpServers.github",
      "warning persona",
    ]);
  });
});

describe("the file itself", () => {
  it("is read as far as it goes: syntax errors stand beside other problems, missing fields do not", () => {
    project({ "dev-e": '{\n  "name": "A"\n  "lore": 1,\n  // why\n  "bio": "B",\n}' });
    expect(findings()).toEqual([
      "agents/dev-e/character.json:3:3 error (file) found a text, expected a comma",
      "agents/dev-e/character.json:3:11 error lore found 1, expected a list",
      "agents/dev-e/character.json:4:3 error (file) found a comment, expected no comments",
      "agents/dev-e/character.json:6:1 error (file) found }, expected a field name in double quotes (JSON takes no comma after the last field)",
    ]);
  });

  it.each(["", " \n", "{", '{"name', "[1", '{"name": "A" "x"', "nul", "01", '{"a": "\t"}', '{"a": "\\x"}'])(
    "is an error with a position when it is %j",
    (text) => {
      project({ "dev-e": text });
      const syntax = checkAgents(root).findings.filter(({ path }) => path === "(file)");
      expect(syntax).toEqual([expect.objectContaining({ severity: "error" })]);
    },
  );

  it("may not repeat a field, whose first value would be lost", () => {
    project({ "dev-e": '{ "name": 1, "personality": "B",\n  "name": "A" }' });
    expect(findings()).toEqual([
      'agents/dev-e/character.json:2:3 warning (file) found "name" again, expected each field once: the last one counts',
    ]);
  });

  it("may start with a byte order mark, which is reported", () => {
    project({ "dev-e": `\uFEFF${minimal}` });
    expect(findings()).toEqual([
      "agents/dev-e/character.json:1:1 warning (file) found a byte order mark, expected UTF-8 without one",
    ]);
  });

  it("must be UTF-8", () => {
    const latin1 = Buffer.from('{\n  "name": "J\u00f8rn", "personality": "B" }', "latin1");
    project({ "dev-e": latin1, "qa-e": Buffer.from(`\uFEFF${minimal}`, "utf16le") });
    expect(findings()).toEqual([
      "agents/dev-e/character.json:2:13 error (file) found bytes that are not UTF-8, expected UTF-8",
      "agents/qa-e/character.json:1:1 error (file) found UTF-16, expected UTF-8",
    ]);
  });

  it("never makes the check itself fail, whatever its bytes", () => {
    const severities = ["error", "warning", "info"];
    const pieces = fc.constantFrom(
      '"',
      "{",
      "}",
      "]",
      ",",
      ":",
      "\\",
      "\n",
      "\t",
      "\u2028",
      "//",
      "/*",
      "0",
      "-",
      "'",
    );
    const damagedJson = fc.tuple(fc.json(), fc.nat(), pieces).map(([json, place, piece]) => {
      const cut = place % json.length;
      return Buffer.from(json.slice(0, cut) + piece + json.slice(cut + 1));
    });
    const anything = fc.oneof(fc.uint8Array(), damagedJson);
    fc.assert(
      fc.property(anything, (bytes) => {
        for (const { severity, line, column } of checkCharacter("dev-e", bytes)) {
          expect(severities).toContain(severity);
          expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("folders and agents/index.ts", () => {
  it("agree on every agent", () => {
    for (const id of ["dev-e", "qa-e"]) write(`agents/${id}/character.json`, minimal);
    write(
      "agents/index.ts",
      registry([
        ["dev-e", "dev-e"],
        ["gone-e", "gone-e"],
      ]),
    );
    expect(findings()).toEqual([
      'agents/index.ts:3:1 error (registry) found an import of "gone-e", expected agents/gone-e/character.json to exist',
      'agents/qa-e/character.json:1:1 error (registry) found no entry in agents/index.ts, expected import qaE from "./qa-e/character.json" with { type: "json" } and the entry "qa-e": qaE',
    ]);
  });

  it("agree on its id", () => {
    write("agents/dev-e/character.json", minimal);
    write("agents/index.ts", registry([["developer", "dev-e"]]));
    expect(findings()).toEqual([
      'agents/index.ts:4:3 error (registry) found the entry "developer", expected "dev-e", the name of its folder',
    ]);
  });

  it("disagree when a line is only a comment, or an import has no entry", () => {
    write("agents/dev-e/character.json", minimal);
    write("agents/qa-e/character.json", minimal);
    write(
      "agents/index.ts",
      [
        'import qaE from "./qa-e/character.json" with { type: "json" };',
        '// import devE from "./dev-e/character.json" with { type: "json" };',
        "export const agents = defineAgents({ /* devE */ });",
      ].join("\n"),
    );
    expect(checkAgents(root).findings.map(({ file, path }) => `${file} ${path}`)).toEqual([
      "agents/dev-e/character.json (registry)",
      "agents/qa-e/character.json (registry)",
    ]);
  });

  it("name an entry that nothing is imported for", () => {
    write("agents/index.ts", "export const agents = defineAgents({ assistant });");
    expect(findings()).toEqual([
      'agents/index.ts:1:38 error (registry) found the entry "assistant", expected an import of ./assistant/character.json',
    ]);
  });

  it("are errors when a folder is empty, is not kebab-case, or there is no index at all", () => {
    write("agents/Dev_E/character.json", minimal);
    write("agents/empty-e/notes.txt", "");
    expect(
      checkAgents(root).findings.map(({ file, path, severity }) => `${severity} ${file} ${path}`),
    ).toEqual([
      "error agents/Dev_E/character.json (folder)",
      "error agents/Dev_E/character.json (registry)",
      "error agents/empty-e/character.json (file)",
    ]);
  });

  it("may both be missing", () => {
    expect(run()).toEqual({ exitCode: 0, output: "No file checked: all well.\n" });
  });
});
