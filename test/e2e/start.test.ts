import { existsSync } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { copyProject, type ProjectCopy } from "../support/project-copy.ts";
import { type End, type ReadyLine, type RigRun, runRig } from "../support/rig-process.ts";

/** How long a condition may take to come true on a busy machine; nothing is promised about it. */
const patience = { timeout: 60_000, interval: 100 };

/** One folder for all. A run costs seconds of processor time, so tests share those that they can. */
let project: ProjectCopy;
const runs: RigRun[] = [];

beforeAll(async () => {
  project = await copyProject();
});
afterAll(async () => {
  await Promise.all(runs.map((run) => run.kill()));
  await project.remove();
});

interface StartOptions {
  /** What is run; by default `rig start --json`. */
  command?: string[];
  args?: string[];
  /** The state directory it is told to use; by default none. */
  state?: string;
  env?: Record<string, string>;
}

const rig = [process.execPath, "cli/rig.js"];

function start(options: StartOptions = {}): RigRun {
  const { command = [...rig, "start", "--json"], args = ["--port", "0"], state = "", env } = options;
  const run = runRig(args, { command, root: project.root, env: { RIG_STATE_DIR: state, ...env } });
  runs.push(run);
  return run;
}

/** A state directory that is called so. */
const stateOf = (name: string) => join(project.root, ".wrangler", name);

const recordFile = (state: string) => join(state, "rig", "run.json");

/** The two halves of the run that has a state directory. */
async function halvesOf(state: string): Promise<{ supervisor: number; host: number }> {
  const record: unknown = JSON.parse(await readFile(recordFile(state), "utf8"));
  const pid = expect.any(Number);
  expect(record).toMatchObject({ supervisor: { pid }, host: { pid } });
  const { supervisor, host } = record as Record<"supervisor" | "host", { pid: number }>;
  return { supervisor: supervisor.pid, host: host.pid };
}

const health = async (url: string) => (await fetch(`${url}/health`)).status;

/** Signs in with a login URL; the cookie, or `null` when the link did not work. */
async function signIn(login: string): Promise<string | null> {
  const response = await fetch(login, { redirect: "manual" });
  return response.headers.get("set-cookie")?.split(";")[0] ?? null;
}

const listAgents = (url: string, headers: Record<string, string>) => fetch(`${url}/agents`, { headers });

async function expectNoProcess(run: RigRun): Promise<void> {
  await vi.waitFor(() => expect(run.processes()).toEqual([]), patience);
}

/** It ends like this, and takes every process with it. */
async function expectEnd(run: RigRun, end: End): Promise<void> {
  expect(await run.ended, run.output().stderr).toEqual(end);
  await expectNoProcess(run);
}

/** Changes the name of an agent in its character.json, to any JSON. */
async function rename(from: string, to: string): Promise<void> {
  const file = join(project.root, "agents", "assistant", "character.json");
  const text = await readFile(file, "utf8");
  expect(text).toContain(`"name": ${from}`);
  await writeFile(file, text.replace(`"name": ${from}`, `"name": ${to}`));
}

it("refuses options it does not know", async () => {
  await expectEnd(start({ args: ["--prot", "1"] }), { code: 2, signal: null });
});

it("starts nothing while a character is wrong, and says where", async () => {
  await rename('"Assistant"', "7");
  const run = start();
  await expectEnd(run, { code: 1, signal: null });
  expect(run.output().stderr).toMatch(/agents\/assistant\/character\.json:\d+:\d+ +error +name/);
  expect(run.output().stdout).toBe("");
  await rename("7", '"Assistant"');
});

describe("with nothing configured", () => {
  let run: RigRun;
  let ready: ReadyLine;
  let cookie: string;

  beforeAll(async () => {
    run = start();
    ready = await run.ready();
    cookie = (await signIn(ready.login)) ?? "";
  });

  it("answers on this machine alone, as the demo, and keeps its state in .wrangler", async () => {
    expect(await health(ready.url)).toBe(200);
    expect(new URL(ready.url).hostname).toBe("127.0.0.1");
    expect(ready.stateDirectory).toBe(stateOf("state"));
    expect(ready.agents.map(({ id, provider }) => [id, provider.name, provider.ready])).toEqual([
      ["example-e", "demo", true],
      ["assistant", "demo", true],
    ]);
  });

  it("signs a browser in with its link, exactly once", async () => {
    expect((await listAgents(ready.url, { cookie })).status).toBe(200);
    expect(await signIn(ready.login)).toBeNull();
  });

  it("runs an agent by hand and prints what it says", async () => {
    const asked = runRig(["run", "assistant", "--prompt", "what do you know?"], {
      root: project.root,
      env: { RIG_STATE_DIR: ready.stateDirectory },
    });
    runs.push(asked);
    await expectEnd(asked, { code: 0, signal: null });
    expect(asked.output().stdout).toMatch(/demo model/);
  });

  it("keeps its admin token to its owner", async () => {
    const { mode } = await stat(join(ready.stateDirectory, "rig", "admin-token"));
    expect(mode & 0o777).toBe(0o600);
  });

  it("runs an edit without a restart", async () => {
    await rename('"Assistant"', '"Edited"');
    const names = async () => (await listAgents(ready.url, { cookie })).text();
    await vi.waitFor(async () => expect(await names()).toContain("Edited"), patience);
  });

  it("gives a second run another port and a state of its own; that one ends with the npm that started it", async () => {
    const { port } = new URL(ready.url);
    const second = start({ command: ["npm", "start", "--", "--json"], args: ["--port", port] });
    const { url, stateDirectory } = await second.ready();
    expect(stateDirectory).toBe(stateOf("state-2"));
    expect(Number(new URL(url).port)).toBeGreaterThan(Number(port));
    expect(second.output().stderr).toContain(ready.url);
    expect(await Promise.all([health(ready.url), health(url)])).toEqual([200, 200]);

    process.kill(second.process.pid, "SIGTERM");
    await expectNoProcess(second);
    // It has given its state back: that was an end in good order, not a death.
    expect(existsSync(recordFile(stateDirectory))).toBe(false);
  });

  it("never shares its state with a second run that was told to use it", async () => {
    const second = start({ state: ready.stateDirectory });
    await expectEnd(second, { code: 1, signal: null });
    expect(second.output().stderr).toContain(ready.url);
    expect(await health(ready.url)).toBe(200);
  });

  it("leaves nothing behind when it is killed, and goes on where it was", async () => {
    process.kill(ready.pid, "SIGKILL");
    await run.ended;
    await expectNoProcess(run);

    run = start({ args: ["--port", new URL(ready.url).port] });
    const again = await run.ready();
    expect(again.url).toBe(ready.url);
    expect((await listAgents(again.url, { cookie })).status).toBe(200);
    expect(await signIn(ready.login)).toBeNull();
  });

  it("has what is left of a run ended by the next one when its two halves were killed together", async () => {
    const { supervisor, host } = await halvesOf(ready.stateDirectory);
    process.kill(host, "SIGSTOP");
    process.kill(supervisor, "SIGKILL");
    process.kill(host, "SIGKILL");
    await run.ended;
    expect(run.processes()).not.toEqual([]);

    const next = start();
    expect(await health((await next.ready()).url)).toBe(200);
    await expectNoProcess(run);
    run = next;
  });

  it("ends with an error when the Worker's process is killed", async () => {
    process.kill((await halvesOf(ready.stateDirectory)).host, "SIGKILL");
    await expectEnd(run, { code: 1, signal: null });
  });

  it("leaves the database as wrangler would have migrated it", async () => {
    const list = start({
      command: ["node_modules/.bin/wrangler", "d1", "migrations", "list", "DB", "--local"],
      args: ["--persist-to", ready.stateDirectory],
    });
    expect(await list.ended).toEqual({ code: 0, signal: null });
    expect(list.output().stdout).toContain("No migrations to apply");
  });
});

describe("Ctrl-C", () => {
  // One state for all: each run gets one step further than the one before.
  it.each([
    ["wrangler is loaded", "worker-host.ts", 1],
    ["the database is migrated", "workerd", 1],
    ["the pages are built", "cli/build.ts", 1],
    ["the Worker starts", "workerd", 2],
  ])("ends it while %s", async (_, command, count) => {
    const state = stateOf("stopped");
    const run = start({ state });
    const isThere = () => {
      const found = run.processes().filter((line) => line.includes(command));
      expect(found.length).toBeGreaterThanOrEqual(count);
    };
    // Who looks too late to see it, stops a run that is ready.
    await Promise.race([vi.waitFor(isThere, { ...patience, interval: 25 }), run.ready()]);
    run.signalGroup("SIGINT");
    await expectEnd(run, { code: 0, signal: null });
  });

  it("ends a run that has taken its settings from .dev.vars, and from the shell before them", async () => {
    const devVars = ["ADMIN_TOKEN=of-the-file", "ASSISTANT__ANTHROPIC_API_KEY=its-own", "OPENAI_API_KEY="];
    await writeFile(join(project.root, ".dev.vars"), devVars.join("\n"));
    const state = stateOf("stopped");
    const run = start({ state, env: { ADMIN_TOKEN: "of-the-shell", RIG_LOG_LEVEL: "loud" } });
    const { url, agents } = await run.ready();
    await rm(join(project.root, ".dev.vars"));
    expect(agents.map(({ id, provider }) => [id, provider.name])).toEqual([
      ["example-e", "demo"],
      ["assistant", "anthropic"],
    ]);
    const statusFor = async (token: string) =>
      (await listAgents(url, { authorization: `Bearer ${token}` })).status;
    expect(await statusFor("of-the-shell")).toBe(200);
    expect(await statusFor("of-the-file")).toBe(401);
    // What the Worker was told about its log is wrong, so it says so and goes on.
    const told = '"event":"log.level_unknown","variable":"RIG_LOG_LEVEL","found":"loud"';
    await vi.waitFor(() => expect(run.output().stderr).toContain(told), patience);

    run.signalGroup("SIGINT");
    await expectEnd(run, { code: 0, signal: null });
    expect(existsSync(recordFile(state))).toBe(false);
  });
});

describe("under an older Node", () => {
  const asNode20 = 'Object.defineProperty(process.versions, "node", { value: "20.0.0" })';
  const older = [process.execPath, "--import", `data:text/javascript,${asNode20}`, "cli/rig.js"];

  it.each([
    ["SIGTERM", { code: 0, signal: null }],
    ["SIGHUP", { code: 0, signal: null }],
    ["SIGKILL", { code: null, signal: "SIGKILL" }],
  ] as const)(
    "runs in the Node that the project brings, and ends in good order on %s",
    async (signal, end) => {
      const state = stateOf("older");
      const run = start({ command: [...older, "start", "--json"], state });
      const { supervisor } = await vi.waitFor(() => halvesOf(state), patience);
      expect(supervisor).not.toBe(run.process.pid);
      process.kill(run.process.pid, signal);
      await expectEnd(run, end);
      expect(existsSync(recordFile(state))).toBe(false);
    },
  );

  it("hands the exit code of a wrong call back", async () => {
    const wrong = start({ command: [...older, "chekc"], args: [] });
    expect(await wrong.ended).toEqual({ code: 2, signal: null });
    expect(wrong.output().stderr).toContain('did you mean "check"?');
  });
});
