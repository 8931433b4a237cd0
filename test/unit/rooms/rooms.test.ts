import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { checkRooms } from "../../rooms/check.ts";
import { importsOf } from "../../rooms/imports.ts";
import { rooms } from "../../rooms/table.ts";
import { root } from "../../support/bundled-worker.ts";

const run = promisify(execFile);

/** What is said about one file that imports something. */
const check = (path: string, source: string) => checkRooms(new Map([[path, source]]), rooms).join("\n");
const importing = (path: string, specifier: string) => check(path, `import { a } from "${specifier}";`);

describe("the direction of the rooms", () => {
  const session = "durable-objects/channel-session";
  it.each([
    ["shared/log.ts", "node:fs", "node:fs, which shared may not"],
    ["shared/log.ts", "cloudflare:workers", "cloudflare:workers, which shared may not"],
    ["shared/log.ts", "../durable-objects/env.ts", "shared may not import durable-objects/env"],
    ["shared/log.ts", "../agents/index.ts", "shared may not import agents"],
    ["workers/app.ts", "../durable-objects/agent-hub/agent-hub.ts", "workers may not import"],
    ["workers/app.ts", "../durable-objects/agent-hub/ledger.ts", "workers may not import"],
    ["workers/app.ts", `../${session}/engine/run-turn.ts`, "workers may not import"],
    ["workers/index.ts", "../durable-objects/agent-hub/ledger.ts", "workers/entry may not import"],
    ["durable-objects/env.ts", "./agent-hub/agent-hub.ts", "durable-objects/env may not import"],
    ["durable-objects/contracts.ts", "./agent/find-agent.ts", "durable-objects/contracts may not import"],
    [
      "durable-objects/clients/calls.ts",
      "../agent-hub/agent-hub.ts",
      "durable-objects/clients may not import",
    ],
    ["durable-objects/agent/find-agent.ts", "../agent-hub/ledger.ts", "durable-objects/agent may not import"],
    ["durable-objects/gateway-link/intake.ts", "../agent-hub/ledger.ts", "gateway-link may not import"],
    [
      "durable-objects/gateway-link/gateway-link.ts",
      "../agent-hub/agent-hub.ts",
      "gateway-link/class may not import",
    ],
    ["durable-objects/agent-hub/ledger.ts", "../cron-schedule/store.ts", "agent-hub may not import"],
    ["durable-objects/agent-hub/ledger.ts", "./agent-hub.ts", "agent-hub may not import"],
    [`${session}/parts/spending.ts`, "../../agent-hub/ledger.ts", "channel-session/parts may not import"],
    [`${session}/engine/run-turn.ts`, "../surfaces/web/view.ts", "channel-session/engine may not import"],
    [`${session}/engine/run-turn.ts`, "../parts/spending.ts", "channel-session/engine may not import"],
    [`${session}/engine/run-turn.ts`, "../channel-session.ts", "channel-session/engine may not import"],
    [
      `${session}/engine/run-turn.ts`,
      "../../../shared/discord/split.ts",
      "channel-session/engine never does",
    ],
    [`${session}/engine/run-turn.ts`, "../../discord-client.ts", "channel-session/engine never does"],
    [`${session}/engine/run-turn.ts`, "discord-api-types/v10", "channel-session/engine never does"],
    [`${session}/engine/turn-state.ts`, "./journal.ts", "engine/turn-state may import types of"],
    [`${session}/surfaces/web/view.ts`, "../../engine/journal.ts", "surfaces/web may not import"],
    [`${session}/surfaces/web/view.ts`, "../discord/venue.ts", "surfaces/web may not import"],
    [
      `${session}/surfaces/discord-channel/a.ts`,
      "../discord-interaction/b.ts",
      "discord-channel may not import",
    ],
    [`${session}/surfaces/discord/venue.ts`, "../discord-channel/a.ts", "surfaces/discord may not import"],
    [`${session}/surfaces/discord/venue.ts`, "../../parts/spending.ts", "surfaces/discord may not import"],
    [`${session}/surfaces/reconciler.ts`, "./web/view.ts", "channel-session/surfaces may not import"],
    [`${session}/parts/spending.ts`, "../surfaces/web/view.ts", "channel-session/parts may not import"],
    [`${session}/database.ts`, "./engine/journal.ts", "channel-session may not import"],
    ["gateway/host.ts", "../cli/project.ts", "gateway may not import cli"],
    ["gateway/host.ts", "ws", "ws, which gateway may not"],
    ["public/state.ts", "../shared/chat/message.ts", "console may import types of shared only"],
    ["console/state.ts", "../workers/app.ts", "console may not import workers"],
    ["cli/run.ts", "../workers/app.ts", "cli may not import workers"],
    ["cli/run.ts", "../test/support/model-server.ts", "cli may not import test"],
    ["cli/run.ts", "../bench/pace.ts", "cli may not import bench"],
    ["examples/quotes-api/app.ts", "../../test/support/browser.ts", "examples may not import test"],
  ])("keeps %s from importing %s", (path, specifier, problem) => {
    const said = importing(path, specifier);
    expect(said).toContain(problem);
    expect(said).toMatch(new RegExp(`^${path}:1 imports .+\\. [A-Z][^\\n]+\\.$`));
  });

  it.each([
    ["shared/log.ts", "zod"],
    ["workers/index.ts", "../durable-objects/agent-hub/agent-hub.ts"],
    ["workers/routes/provider.ts", "../../durable-objects/clients/calls.ts"],
    ["workers/routes/provider.ts", "../../durable-objects/contracts.ts"],
    ["workers/routes/agents.ts", "../../durable-objects/agent/find-agent.ts"],
    ["durable-objects/agent-hub/agent-hub.ts", "./ledger.ts"],
    ["durable-objects/agent-hub/agent-hub.ts", "cloudflare:workers"],
    ["durable-objects/gateway-link/sessions.ts", "../clients/calls.ts"],
    [`${session}/channel-session.ts`, "./surfaces/discord-webhook/webhook.ts"],
    [`${session}/channel-session.ts`, "./parts/spending.ts"],
    [`${session}/engine/run-turn.ts`, "../../../shared/llm/provider.ts"],
    [`${session}/parts/spending.ts`, "../engine/journal.ts"],
    [`${session}/surfaces/discord-channel/a.ts`, "../discord/venue.ts"],
    [`${session}/surfaces/discord-channel/a.ts`, "../../engine/turn-state.ts"],
    [`${session}/surfaces/web/view.ts`, "../reconciler.ts"],
    ["gateway/host.ts", "node:http"],
    ["examples/rig/demo/stage.ts", "../../../test/support/github/small-github.ts"],
    ["public/state.ts", "../shared/chat/protocol.ts"],
    ["test/unit/log.test.ts", "../../shared/log.ts"],
    ["bench/run.ts", "../test/support/model-server.ts"],
  ])("lets %s import %s", (path, specifier) => {
    expect(importing(path, specifier)).toBe("");
  });

  const target = "../cli/project.ts";
  it.each([
    ["a type", `import type { A } from "${target}";`],
    ["a type among values", `import { a, type B } from "${target}";`],
    ["what it re-exports", `export { a } from "${target}";`],
    ["a type that it re-exports", `export type { A } from "${target}";`],
    ["all that it re-exports", `export * from "${target}";`],
    ["an effect", `import "${target}";`],
    ["what it loads later", `export const load = () => import("${target}");`],
    ["what it loads later, in other quotes", `export const load = () => import(\`${target}\`);`],
    ["a type where it is named", `export type A = import("${target}").A;`],
  ])("counts %s", (_, source) => {
    expect(check("gateway/a.ts", `// One line before.\n${source}`)).toContain(
      "gateway/a.ts:2 imports cli/project.ts: gateway may not import cli",
    );
  });

  it("does not count what only looks like an import", () => {
    const source = `// import { a } from "${target}";\nexport const text = 'import { a } from "${target}"';`;
    expect(check("gateway/a.ts", source)).toBe("");
  });

  it("lets pages and the gateway have types of what they may not load", () => {
    expect(check("public/a.ts", 'import type { A } from "../shared/log.ts";')).toBe("");
    expect(check("public/a.ts", 'import { type A, type B } from "../shared/log.ts";')).toBe("");
    expect(check("public/a.ts", 'import { type A, b } from "../shared/log.ts";')).toContain(
      "types of shared only",
    );
    expect(check("public/a.ts", 'import "../shared/log.ts";')).toContain("types of shared only");
    expect(check("gateway/a.ts", 'import type { A } from "discord-api-types/v10";')).toBe("");
  });

  it("lets pages have values only of files that import nothing when they run", async () => {
    const paths = rooms.flatMap(({ importsValuesOf = [] }) => importsValuesOf);
    expect(paths).not.toEqual([]);
    for (const path of paths) {
      const imports = importsOf(path, await readFile(join(root, path), "utf8"));
      expect(imports.filter(({ isType }) => !isType)).toEqual([]);
    }
  });

  it("refuses what nobody can check", () => {
    expect(check("cli/a.ts", "export const load = (path: string) => import(path);")).toContain("is computed");
    expect(() => importsOf("cli/a.ts", "import {")).toThrow("cli/a.ts: ");
  });

  it("wants a room for every file", () => {
    expect(check("durable-objects/new-object/a.ts", "")).toContain("no room");
    expect(check(`${session}/surfaces/slack/a.ts`, "")).toContain("no room");
    expect(importing("workers/app.ts", "../attic/a.ts")).toContain("attic/a.ts, which is in no room");
  });

  it("names in the table the rooms that there are, each once", () => {
    const names = rooms.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const { imports, importsTypesOf = [] } of rooms)
      for (const name of [...imports, ...importsTypesOf]) expect([...names, "*"]).toContain(name);
  });
});

describe("npm run check", () => {
  it("refuses a file as soon as it lies there", async () => {
    await using project = await projectOf({
      "shared/a.ts": 'import { b } from "./b.ts";',
      "shared/b.ts": "",
    });
    const script = [join(root, "test/rooms/run.ts"), project.folder];
    expect((await run(process.execPath, script)).stdout).toContain("2 files, 0 imports");

    await writeFile(join(project.folder, "shared/c.ts"), 'import "../workers/app.ts";');
    await expect(run(process.execPath, script)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("shared/c.ts:1 imports workers/app.ts: shared may not import workers"),
    });
  });

  it("refuses a circle, types counted", async () => {
    await using project = await projectOf({
      "shared/a.ts": 'import type { B } from "./b.ts";\n\nexport interface A {\n  b?: B;\n}\n',
      "shared/b.ts": 'import type { A } from "./c.ts";\n\nexport interface B {\n  a?: A;\n}\n',
      "shared/c.ts": 'export type { A } from "./a.ts";\n',
    });
    await copyFile(join(root, "biome.json"), join(project.folder, "biome.json"));
    const biome = () => run(join(root, "node_modules/.bin/biome"), ["check", "."], { cwd: project.folder });
    await expect(biome()).rejects.toMatchObject({
      stderr: expect.stringContaining("shared/a.ts:1:24 lint/suspicious/noImportCycles"),
    });

    await writeFile(join(project.folder, "shared/c.ts"), "export type A = string;\n");
    expect((await biome()).stderr).toContain("Checked 4 files");
  });
});

/** A repository of its own with these files. */
async function projectOf(files: Record<string, string>): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "rig-rooms-"));
  await run("git", ["init", "--quiet"], { cwd: folder });
  for (const [path, source] of Object.entries({ ".gitignore": "node_modules\n", ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
