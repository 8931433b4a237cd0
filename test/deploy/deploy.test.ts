import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ensureLogin } from "../../cli/deploy/account.ts";
import { ensureDatabase } from "../../cli/deploy/database.ts";
import { type CloudflareApi, startCloudflareApi } from "../support/cloudflare-api.ts";
import { copyProject, type ProjectCopy } from "../support/project-copy.ts";
import { runRig } from "../support/rig-process.ts";

const adminToken = "the-admin-token-of-this-test";

let project: ProjectCopy;
let api: CloudflareApi;
/** HOME and TMPDIR of the command: no login of who runs the tests, and every temporary file in sight. */
let home: string;

/** Checkout and account of all tests of a describe: a deployment costs many seconds of processor time. */
function shareOneCheckout(): void {
  beforeAll(async () => {
    [project, api, home] = await Promise.all([
      copyProject(),
      startCloudflareApi(),
      mkdtemp(join(tmpdir(), "rig-home-")),
    ]);
  });
  afterEach(() => expect(api.unknown).toEqual([]));
  afterAll(() => Promise.all([project.remove(), api.close(), rm(home, { recursive: true, force: true })]));
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

const deploy = (env: Record<string, string>) => rig(["deploy"], { ...api.env, ...env });

const wranglerToml = () => readFile(join(project.root, "wrangler.toml"), "utf8");

const character = (agent: string) => join(project.root, "agents", agent, "character.json");

const secretsOfWorker = () => Object.fromEntries(api.workers.get("rig-edge")?.secrets ?? []);

/** What has changed on the account since the last look, the upload of pages left out. */
function takeChanges(): string[] {
  return api.changes.splice(0).filter((change) => !change.includes("assets"));
}

/** A secret is in no output and in no file that was left behind. */
async function expectNoTrace({ stdout, stderr }: Outcome, ...secrets: string[]): Promise<void> {
  const files = await filesLeft();
  for (const secret of secrets) {
    expect(stdout + stderr).not.toContain(secret);
    expect(files.filter(({ text }) => text.includes(secret)).map(({ file }) => file)).toEqual([]);
  }
}

/** Every file of the command's HOME and TMPDIR: what a `finally` forgot. */
async function filesLeft(): Promise<{ file: string; text: string }[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "utf8") })));
}

// The way of one checkout to its deployment, with what can go wrong on it. Each test goes on where the one before
// has stopped; no step is made twice.
describe("rig deploy", () => {
  shareOneCheckout();
  const keys = { ADMIN_TOKEN: adminToken, ASSISTANT__ANTHROPIC_API_KEY: "its-own-key" };
  let tomlBefore: string;
  const databaseId = () => [...api.databases.keys()].join();

  it("deploys nothing while a character is wrong", async () => {
    tomlBefore = await wranglerToml();
    const right: object = JSON.parse(await readFile(character("assistant"), "utf8"));
    await writeFile(character("assistant"), '{ "name": 7 }');
    const { code, stdout } = await deploy(keys);
    expect(code).toBe(1);
    expect(stdout).toMatch(/agents\/assistant\/character\.json:\d+:\d+ +error/);
    expect(api.changes).toEqual([]);
    await writeFile(character("assistant"), JSON.stringify({ ...right, llm: { provider: "anthropic" } }));
  });

  it("rehearses without an account, a network or a change", async () => {
    const { code, stdout, stderr } = await rig(["deploy", "--dry-run"], {});
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain("find or create the D1 database rig-edge");
    expect(stdout).toContain("ADMIN_TOKEN");
    expect(await wranglerToml()).toBe(tomlBefore);
    expect(api.changes).toEqual([]);
  });

  it("writes the id of the database that it creates into wrangler.toml, and stops when a migration fails", async () => {
    // wrangler makes a request again that fails, but not a query.
    api.fail("/query", 1);
    const outcome = await deploy(keys);
    expect(outcome.code).toBe(1);
    expect(takeChanges()).toEqual(["POST /d1/database"]);
    expect(outcome.stdout).toContain(`wrangler.toml: database_id = "${databaseId()}" (was "local")`);
    expect(await wranglerToml()).toBe(
      tomlBefore.replace('database_id = "local"', `database_id = "${databaseId()}"`),
    );
    await expectNoTrace(outcome, ...Object.values(keys));
  });

  it("finds the database from another checkout, migrates it, and stops at missing secrets when nobody can be asked", async () => {
    await writeFile(join(project.root, "wrangler.toml"), tomlBefore);
    const { code, stdout, stderr } = await deploy({});
    expect(code).toBe(1);
    expect(stdout).toContain("found rig-edge");
    expect(await wranglerToml()).toContain(`database_id = "${databaseId()}"`);
    expect(new Set(takeChanges())).toEqual(new Set([`POST /d1/database/${databaseId()}/query`]));
    const tables = api.databases.get(databaseId())?.sqlite.prepare("SELECT name FROM sqlite_master").all();
    expect(tables).toContainEqual({ name: "used_tickets" });

    expect(stderr).toContain("npx wrangler secret put ADMIN_TOKEN");
    expect(stderr).toContain("npx wrangler secret put ANTHROPIC_API_KEY");
    expect(stderr).toContain("ASSISTANT__ANTHROPIC_API_KEY");
    expect(stderr).not.toContain("QUOTES_API_URL");
    expect(api.workers.size).toBe(0);
  });

  it("leaves no secret behind when the upload fails", async () => {
    api.fail("/assets-upload-session", 3);
    const outcome = await deploy(keys);
    expect(outcome.code).toBe(1);
    expect(api.workers.size).toBe(0);
    await expectNoTrace(outcome, ...Object.values(keys));
  });

  it("goes on where it failed, uploads the Worker with its secrets, and says where it is", async () => {
    takeChanges();
    const outcome = await deploy(keys);
    expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ code: 0 });
    expect(outcome.stdout).toMatch(/^ {2}https:\/\/rig-edge\.test-account\.workers\.dev$/m);
    expect(outcome.stdout).toMatch(
      /https:\/\/rig-edge\.test-account\.workers\.dev\/login\?ticket=v1\.\d+\.[\w-]+\.[\w-]+/,
    );
    expect(outcome.stdout).toMatch(/QUOTES_API_URL is skipped/);
    expect(takeChanges().slice(-3)).toEqual([
      "PUT /workers/scripts/rig-edge",
      "POST /workers/scripts/rig-edge/subdomain",
      "PUT /workers/scripts/rig-edge/schedules",
    ]);
    expect(api.workers.get("rig-edge")?.crons).toEqual(["* * * * *"]);
    expect(secretsOfWorker()).toEqual(keys);
    const worker = api.workers.get("rig-edge");
    expect(worker?.metadata.bindings).toContainEqual({ name: "DB", type: "d1", id: databaseId() });
    const migrationTags = [...(await wranglerToml()).matchAll(/^tag = "(.+)"$/gm)].map(([, tag]) => tag);
    expect(worker?.migrationTag).toBe(migrationTags.at(-1));
    await expectNoTrace(outcome, ...Object.values(keys));
  });

  it("changes nothing but the script the next time: asks for nothing, and keeps a secret that was set by hand", async () => {
    const tomlAfter = await wranglerToml();
    api.workers.get("rig-edge")?.secrets.set("ADMIN_TOKEN", "set by hand");
    const outcome = await deploy({});
    expect(outcome, outcome.stdout + outcome.stderr).toMatchObject({ code: 0 });
    expect(outcome.stdout).toContain("ADMIN_TOKEN is set");
    const reads = `POST /d1/database/${databaseId()}/query`;
    expect(takeChanges().filter((change) => change !== reads)).toEqual([
      "POST /workers/scripts/rig-edge/versions",
      "POST /workers/scripts/rig-edge/deployments",
      "PATCH /workers/scripts/rig-edge/script-settings",
      "POST /workers/scripts/rig-edge/subdomain",
      "PUT /workers/scripts/rig-edge/schedules",
    ]);
    expect(api.databases.size).toBe(1);
    expect(await wranglerToml()).toBe(tomlAfter);
    expect(secretsOfWorker()).toEqual({ ...keys, ADMIN_TOKEN: "set by hand" });
  });
});

describe("a step of rig deploy", () => {
  shareOneCheckout();

  /** The step runs in this process, and the wrangler that it starts sees what the command's would. */
  const environment = (env: Record<string, string>) => {
    for (const [name, value] of Object.entries({ HOME: home, XDG_CONFIG_HOME: home, ...env }))
      vi.stubEnv(name, value);
  };
  afterEach(() => void vi.unstubAllEnvs());

  it("does not guess when wrangler.toml names a database of another account", async () => {
    environment(api.env);
    const ensured = ensureDatabase({ name: "rig-edge", id: "5e1f0e58-7d0c-4d0c-9d55-0b1b1f8a5a11" });
    await expect(ensured).rejects.toThrow("CLOUDFLARE_ACCOUNT_ID");
    expect(api.changes).toEqual([]);
  });

  it("says what to do when there is no login and nobody to make one", async () => {
    environment({ ...api.env, CLOUDFLARE_API_TOKEN: "" });
    await expect(ensureLogin(false)).rejects.toThrow("set CLOUDFLARE_API_TOKEN");
  });
});

describe("docs/deploy.md", () => {
  shareOneCheckout();

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
    expect(secretsOfWorker()).toEqual({ ADMIN_TOKEN: adminToken });
    const [database] = api.databases.values();
    expect(database?.sqlite.prepare("SELECT name FROM d1_migrations").all()).not.toEqual([]);
  });
});

describe("rig login-link", () => {
  shareOneCheckout();

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
