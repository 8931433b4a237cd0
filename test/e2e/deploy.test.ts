import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CloudflareApi, startCloudflareApi } from "../support/cloudflare-api.ts";
import { copyProject, type ProjectCopy } from "../support/project-copy.ts";
import { runRig } from "../support/rig-run.ts";

const adminToken = "the-admin-token-of-this-test";

let project: ProjectCopy;
let api: CloudflareApi;
/** HOME and TMPDIR of the command: no login of who runs the tests, and every temporary file in sight. */
let home: string;

beforeEach(async () => {
  [project, api, home] = await Promise.all([
    copyProject(),
    startCloudflareApi(),
    mkdtemp(join(tmpdir(), "rig-home-")),
  ]);
});
afterEach(async () => {
  await Promise.all([project.remove(), api.close(), rm(home, { recursive: true, force: true })]);
  expect(api.unknown).toEqual([]);
});

/** After every deployment: a secret is in no output and in no file that was left behind. */
async function expectNoTrace({ stdout, stderr }: Outcome, secret: string): Promise<void> {
  expect(stdout + stderr).not.toContain(secret);
  expect(await filesWith(secret)).toEqual([]);
}

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function rig(args: string[], env: Record<string, string>): Promise<Outcome> {
  const run = runRig(args, { root: project.root, env: { HOME: home, TMPDIR: home, ...env } });
  const { code } = await run.ended;
  return { code, ...run.output() };
}

const deploy = (env: Record<string, string> = { ADMIN_TOKEN: adminToken }) =>
  rig(["deploy"], { ...api.env, ...env });

const wranglerToml = () => readFile(join(project.root, "wrangler.toml"), "utf8");

/** Any file of the command's TMPDIR that holds the text: what a `finally` forgot. */
async function filesWith(text: string): Promise<string[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return files.filter((_, index) => contents[index]?.includes(text));
}

async function nameAgentModel(agent: string, provider: string): Promise<void> {
  const file = join(project.root, "agents", agent, "character.json");
  const character: object = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...character, llm: { provider } }));
}

describe("rig deploy", () => {
  it("creates what is missing, in order, and the second time changes nothing but the script", async () => {
    const tomlBefore = await wranglerToml();
    const first = await deploy();
    expect(first, first.stdout + first.stderr).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^ {2}https:\/\/rig-edge\.test-account\.workers\.dev$/m);
    expect(first.stdout).toMatch(
      /https:\/\/rig-edge\.test-account\.workers\.dev\/login\?ticket=v1\.\d+\.[\w-]+\.[\w-]+/,
    );
    const [database] = api.databases.values();
    const id = database?.uuid ?? "";
    const steps = api.changes.filter((change) => !change.includes("assets"));
    expect(steps.slice(0, 2)).toEqual(["POST /d1/database", `POST /d1/database/${id}/query`]);
    expect(steps.slice(-2)).toEqual([
      "PUT /workers/scripts/rig-edge",
      "POST /workers/scripts/rig-edge/subdomain",
    ]);

    expect(await wranglerToml()).toBe(tomlBefore.replace('database_id = "local"', `database_id = "${id}"`));
    expect(first.stdout).toContain(`wrangler.toml: database_id = "${id}" (was "local")`);
    const tables = database?.sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    expect(tables).toContainEqual({ name: "used_tickets" });
    const worker = api.workers.get("rig-edge");
    expect(Object.fromEntries(worker?.secrets ?? [])).toEqual({ ADMIN_TOKEN: adminToken });
    expect(worker?.metadata.bindings).toContainEqual({ name: "DB", type: "d1", id });
    expect(worker?.migrationTag).toBe("v1");

    await expectNoTrace(first, adminToken);

    const tomlAfter = await wranglerToml();
    api.changes.length = 0;
    const second = await deploy();
    expect(second, second.stdout + second.stderr).toMatchObject({ code: 0 });
    const selects = [`POST /d1/database/${id}/query`];
    expect(api.changes.filter((change) => !change.includes("assets") && !selects.includes(change))).toEqual([
      "POST /workers/scripts/rig-edge/versions",
      "POST /workers/scripts/rig-edge/deployments",
      "PATCH /workers/scripts/rig-edge/script-settings",
      "POST /workers/scripts/rig-edge/subdomain",
    ]);
    expect(api.databases.size).toBe(1);
    expect(await wranglerToml()).toBe(tomlAfter);
    expect(Object.fromEntries(api.workers.get("rig-edge")?.secrets ?? [])).toEqual({
      ADMIN_TOKEN: adminToken,
    });
  });

  it("stops at missing secrets when nobody can be asked, with the command for each", async () => {
    await nameAgentModel("assistant", "anthropic");
    const { code, stdout, stderr } = await deploy({});
    expect(code).toBe(1);
    expect(stderr).toContain("npx wrangler secret put ADMIN_TOKEN");
    expect(stderr).toContain("npx wrangler secret put ANTHROPIC_API_KEY");
    expect(stderr).toContain("ASSISTANT__ANTHROPIC_API_KEY");
    expect(stderr).not.toContain("QUOTES_API_URL");
    expect(stdout).not.toContain("\nWorker\n");
    expect(api.workers.size).toBe(0);
  });

  it("takes an agent's own key for its key, and passes over what is optional by name", async () => {
    await nameAgentModel("assistant", "anthropic");
    const outcome = await deploy({ ADMIN_TOKEN: adminToken, ASSISTANT__ANTHROPIC_API_KEY: "its-own-key" });
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/QUOTES_API_URL is skipped/);
    expect(Object.fromEntries(api.workers.get("rig-edge")?.secrets ?? [])).toEqual({
      ADMIN_TOKEN: adminToken,
      ASSISTANT__ANTHROPIC_API_KEY: "its-own-key",
    });
    await expectNoTrace(outcome, "its-own-key");
  });

  it("asks for nothing that the Worker has, and leaves it as it is", async () => {
    api.addWorker("rig-edge", { ADMIN_TOKEN: "set by hand" });
    const { code, stdout } = await deploy({});
    expect(code).toBe(0);
    expect(stdout).toContain("ADMIN_TOKEN is set");
    expect(api.workers.get("rig-edge")?.secrets.get("ADMIN_TOKEN")).toBe("set by hand");
  });

  // wrangler makes a request again that fails, but not a query.
  it.each([
    ["/assets-upload-session", 3],
    ["/query", 1],
  ])("goes on where it failed at %s", async (pathEnd, times) => {
    api.fail(pathEnd, times);
    const failed = await deploy();
    expect(failed.code).toBe(1);
    await expectNoTrace(failed, adminToken);
    const repeated = await deploy();
    expect(repeated, repeated.stdout + repeated.stderr).toMatchObject({ code: 0 });
    expect(api.databases.size).toBe(1);
    expect(api.workers.get("rig-edge")?.secrets.get("ADMIN_TOKEN")).toBe(adminToken);
  });

  it("finds a database that another checkout has created", async () => {
    const id = api.addDatabase("rig-edge");
    const { code, stdout } = await deploy();
    expect(code).toBe(0);
    expect(stdout).toContain("found rig-edge");
    expect(await wranglerToml()).toContain(`database_id = "${id}"`);
    expect(api.databases.size).toBe(1);
  });

  it("does not guess when wrangler.toml names a database of another account", async () => {
    const file = join(project.root, "wrangler.toml");
    const toml = (await wranglerToml()).replace('"local"', '"5e1f0e58-7d0c-4d0c-9d55-0b1b1f8a5a11"');
    await writeFile(file, toml);
    const { code, stderr } = await deploy();
    expect(code).toBe(1);
    expect(stderr).toContain("CLOUDFLARE_ACCOUNT_ID");
    expect(api.changes).toEqual([]);
    expect(await wranglerToml()).toBe(toml);
  });

  it("deploys nothing while a character is wrong", async () => {
    await writeFile(join(project.root, "agents", "assistant", "character.json"), '{ "name": 7 }');
    const { code, stdout } = await deploy();
    expect(code).toBe(1);
    expect(stdout).toMatch(/agents\/assistant\/character\.json:\d+:\d+ +error/);
    expect(api.changes).toEqual([]);
  });

  it("says what to do when there is no login and nobody to make one", async () => {
    const { code, stderr } = await rig(["deploy"], {
      CLOUDFLARE_API_BASE_URL: api.env.CLOUDFLARE_API_BASE_URL,
      ADMIN_TOKEN: adminToken,
    });
    expect(code).toBe(1);
    expect(stderr).toContain("CLOUDFLARE_API_TOKEN");
  });

  it("rehearses without an account, a network or a change", async () => {
    const before = await wranglerToml();
    const { code, stdout, stderr } = await rig(["deploy", "--dry-run"], {});
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain("find or create the D1 database rig-edge");
    expect(stdout).toContain("ADMIN_TOKEN");
    expect(await wranglerToml()).toBe(before);
    expect(api.changes).toEqual([]);
  });
});

describe("docs/deploy.md", () => {
  it("leads to a deployment by single commands, too", async () => {
    const guide = await readFile(new URL("../../docs/deploy.md", import.meta.url), "utf8");
    const blocks = guide.split("## One command at a time")[1]?.matchAll(/```sh\n(.*?)```/gs) ?? [];
    const commands = [...blocks].flatMap(([, block]) => block?.trim().split("\n") ?? []);
    expect(commands).toHaveLength(4);
    for (const command of commands) {
      const run = runRig([], {
        root: project.root,
        command: ["sh", "-c", command],
        env: { HOME: home, ...api.env },
        input: adminToken,
      });
      const { code } = await run.ended;
      const { stdout, stderr } = run.output();
      expect(code, `${command}\n${stdout}\n${stderr}`).toBe(0);
      const id = /database_id = "(.*)"/.exec(stdout)?.[1];
      if (id === undefined) continue;
      const toml = (await wranglerToml()).replace('database_id = "local"', `database_id = "${id}"`);
      await writeFile(join(project.root, "wrangler.toml"), toml);
    }
    expect(Object.fromEntries(api.workers.get("rig-edge")?.secrets ?? [])).toEqual({
      ADMIN_TOKEN: adminToken,
    });
    const [database] = api.databases.values();
    expect(database?.sqlite.prepare("SELECT name FROM d1_migrations").all()).not.toEqual([]);
  });
});

describe("rig login-link", () => {
  it("makes the link of a deployment from the ADMIN_TOKEN of the shell, and shows nothing else", async () => {
    const { code, stdout } = await rig(["login-link", "--url", "https://my-worker.example/some/path"], {
      ADMIN_TOKEN: adminToken,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^https:\/\/my-worker\.example\/login\?ticket=v1\.\d+\.[\w-]{22}\.[\w-]{43}$/);
  });

  it("says which token it lacks", async () => {
    const { code, stderr } = await rig(["login-link", "--url", "https://my-worker.example"], {});
    expect(code).toBe(1);
    expect(stderr).toContain("ADMIN_TOKEN");
  });
});
