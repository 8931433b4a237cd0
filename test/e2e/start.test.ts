import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { copyProject, type ProjectCopy } from "../support/project-copy.ts";
import { type RigRun, runRig } from "../support/rig-run.ts";

let project: ProjectCopy;
let stateDirectory: string;
const runs: RigRun[] = [];

beforeAll(async () => {
  project = await copyProject();
});
afterAll(() => project.remove());
beforeEach(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "rig-state-"));
});
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.kill()));
  await rm(stateDirectory, { recursive: true, force: true });
});

interface StartOptions {
  args?: string[];
  env?: Record<string, string>;
  command?: string[];
}

function start({ args = ["--port", "0"], env = {}, command }: StartOptions = {}): RigRun {
  const run = runRig(command === undefined ? ["start", "--json", ...args] : args, {
    root: project.root,
    env: { RIG_STATE_DIR: stateDirectory, ...env },
    ...(command !== undefined && { command }),
  });
  runs.push(run);
  return run;
}

const health = async (url: string) => (await fetch(`${url}/health`)).status;

/** Signs in with a login URL; the cookie, or `null` when the link did not work. */
async function signIn(login: string): Promise<string | null> {
  const response = await fetch(login, { redirect: "manual" });
  return response.headers.get("set-cookie")?.split(";")[0] ?? null;
}

const listAgents = (url: string, cookie: string) => fetch(`${url}/agents`, { headers: { cookie } });

async function portOf(listen: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer().listen(listen, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    close: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

async function expectNoProcess(run: RigRun): Promise<void> {
  await vi.waitFor(async () => expect(await run.processes()).toEqual([]), { timeout: 5_000 });
}

describe("rig start", () => {
  it("answers with nothing configured, and its link signs a browser in exactly once", async () => {
    const { url, login, agents, stateDirectory: directory } = await start().ready();
    expect(await health(url)).toBe(200);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    expect(directory).toBe(stateDirectory);
    expect(agents.map(({ id, provider }) => [id, provider.name, provider.ready])).toEqual([
      ["example-e", "demo", true],
      ["assistant", "demo", true],
    ]);

    const cookie = await signIn(login);
    expect((await listAgents(url, cookie ?? "")).status).toBe(200);
    expect(await signIn(login)).toBeNull();
  });

  it("keeps its admin token to its owner, and a browser signed in over a restart", async () => {
    const first = start();
    const cookie = (await signIn((await first.ready()).login)) ?? "";
    const { mode } = await stat(join(stateDirectory, "rig", "admin-token"));
    expect(mode & 0o777).toBe(0o600);
    first.signalGroup("SIGINT");
    await first.ended;

    const { url } = await start().ready();
    expect((await listAgents(url, cookie)).status).toBe(200);
  });

  it("takes settings from .dev.vars, and from the shell before them", async () => {
    const devVars = join(project.root, ".dev.vars");
    await writeFile(devVars, "ADMIN_TOKEN=of-the-file\nANTHROPIC_API_KEY=of-the-file\nOPENAI_API_KEY=\n");
    try {
      const { url, agents } = await start({ env: { ADMIN_TOKEN: "of-the-shell" } }).ready();
      expect(agents.map(({ provider }) => provider.name)).toEqual(["anthropic", "anthropic"]);
      const statusFor = async (token: string) =>
        (await fetch(`${url}/agents`, { headers: { authorization: `Bearer ${token}` } })).status;
      expect(await statusFor("of-the-shell")).toBe(200);
      expect(await statusFor("of-the-file")).toBe(401);
    } finally {
      await rm(devVars);
    }
  });

  it("gives an agent the key that is its alone", async () => {
    const { agents } = await start({ env: { ASSISTANT__ANTHROPIC_API_KEY: "its-own" } }).ready();
    expect(agents.map(({ id, provider }) => [id, provider.demo])).toEqual([
      ["example-e", true],
      ["assistant", false],
    ]);
  });

  it("runs an edit without a restart", async () => {
    const file = join(project.root, "agents", "assistant", "character.json");
    const original = await readFile(file, "utf8");
    try {
      const { url, login } = await start().ready();
      const cookie = (await signIn(login)) ?? "";
      await writeFile(file, original.replace('"name": "Assistant"', '"name": "Edited"'));
      await vi.waitFor(async () => expect(await (await listAgents(url, cookie)).text()).toContain("Edited"), {
        timeout: 20_000,
      });
    } finally {
      await writeFile(file, original);
    }
  });

  it("leaves the local database as wrangler would have migrated it", async () => {
    const run = start();
    await run.ready();
    run.signalGroup("SIGINT");
    await run.ended;
    const wrangler = ["d1", "migrations", "list", "DB", "--local", "--persist-to", stateDirectory];
    const list = start({ command: ["node_modules/.bin/wrangler"], args: wrangler });
    expect(await list.ended).toEqual({ code: 0, signal: null });
    expect(list.output().stdout).toContain("No migrations to apply");
  });

  it("starts nothing while a character is wrong, and says where", async () => {
    const file = join(project.root, "agents", "assistant", "character.json");
    const original = await readFile(file, "utf8");
    try {
      await writeFile(file, original.replace('"name": "Assistant"', '"name": 7'));
      const run = start();
      expect(await run.ended).toEqual({ code: 1, signal: null });
      expect(run.output().stderr).toMatch(/agents\/assistant\/character\.json:\d+:\d+ +error +name/);
      expect(run.output().stdout).toBe("");
      await expectNoProcess(run);
    } finally {
      await writeFile(file, original);
    }
  });

  it("refuses options it does not know", async () => {
    const run = start({ args: ["--prot", "1"] });
    expect(await run.ended).toEqual({ code: 2, signal: null });
  });
});

describe("two at once", () => {
  it("takes the next port when one is taken", async () => {
    const taken = await portOf(0);
    try {
      const { url } = await start({ args: ["--port", String(taken.port)] }).ready();
      expect(Number(new URL(url).port)).toBeGreaterThan(taken.port);
      expect(await health(url)).toBe(200);
    } finally {
      await taken.close();
    }
  });

  it("gives a second run in the same folder another port and a state of its own", async () => {
    const free = await portOf(0);
    await free.close();
    const args = ["--port", String(free.port)];
    const first = await start({ args, env: { RIG_STATE_DIR: "" } }).ready();
    const secondRun = start({ args, env: { RIG_STATE_DIR: "" } });
    const second = await secondRun.ready();
    expect(first.stateDirectory).toBe(join(project.root, ".wrangler", "state"));
    expect(second.stateDirectory).toBe(join(project.root, ".wrangler", "state-2"));
    expect(Number(new URL(second.url).port)).toBeGreaterThan(free.port);
    expect(secondRun.output().stderr).toContain(first.url);
    expect(await Promise.all([health(first.url), health(second.url)])).toEqual([200, 200]);
  });

  it("never lets two runs share the state they were told to use", async () => {
    const { url } = await start().ready();
    const second = start();
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.output().stderr).toContain(url);
    await expectNoProcess(second);
    expect(await health(url)).toBe(200);
  });
});

describe("the end of it", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s leaves no process within two seconds",
    async (signal) => {
      const run = start();
      await run.ready();
      expect((await run.processes()).length).toBeGreaterThan(2);
      const before = performance.now();
      run.signalGroup(signal);
      expect(await run.ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - before).toBeLessThan(2_000);
      await expectNoProcess(run);
    },
  );

  // The Worker's host, its build, the two workerd processes: whatever has been started by then.
  it.each([2, 3, 4, 5])("can be stopped on its way, with %i processes", async (count) => {
    const run = start();
    await vi.waitFor(async () => expect((await run.processes()).length).toBeGreaterThanOrEqual(count), {
      timeout: 20_000,
      interval: 5,
    });
    const before = performance.now();
    run.signalGroup("SIGINT");
    expect(await run.ended, run.output().stderr).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(2_000);
    await expectNoProcess(run);
  });

  it("leaves nothing behind when it is killed, and goes on from the same state", async () => {
    const killed = start();
    const { login, pid, url } = await killed.ready();
    const cookie = (await signIn(login)) ?? "";
    process.kill(pid, "SIGKILL");
    await killed.ended;
    await expectNoProcess(killed);

    const again = await start({ args: ["--port", new URL(url).port] }).ready();
    expect(again.url).toBe(url);
    expect((await listAgents(again.url, cookie)).status).toBe(200);
    expect(await signIn(login)).toBeNull();
  });

  it("ends what is left of a run whose two halves were killed together", async () => {
    const killed = start();
    const { pid } = await killed.ready();
    const record: unknown = JSON.parse(await readFile(join(stateDirectory, "rig", "run.json"), "utf8"));
    expect(record).toMatchObject({ supervisor: { pid }, host: { pid: expect.any(Number) } });
    const host = (record as { host: { pid: number } }).host.pid;
    process.kill(host, "SIGSTOP");
    process.kill(pid, "SIGKILL");
    process.kill(host, "SIGKILL");
    await killed.ended;
    expect(await killed.processes()).not.toEqual([]);

    const { url } = await start().ready();
    expect(await health(url)).toBe(200);
    await expectNoProcess(killed);
  });

  it("ends with an error when the Worker's process is killed", async () => {
    const run = start();
    await run.ready();
    const record: unknown = JSON.parse(await readFile(join(stateDirectory, "rig", "run.json"), "utf8"));
    process.kill((record as { host: { pid: number } }).host.pid, "SIGKILL");
    expect(await run.ended).toEqual({ code: 1, signal: null });
    await expectNoProcess(run);
  });

  it("ends when npm, which started it, is stopped", async () => {
    const run = start({ command: ["npm", "start", "--", "--json", "--port", "0"], args: [] });
    await run.ready();
    process.kill(run.process.pid, "SIGTERM");
    await expectNoProcess(run);
  });
});

describe("under an older Node", () => {
  const asNode20 = 'Object.defineProperty(process.versions, "node", { value: "20.0.0" })';
  const command = [process.execPath, "--import", `data:text/javascript,${asNode20}`, "cli/rig.js"];

  it("runs in the Node that the project brings, and hands signals and exit code on", async () => {
    const run = start({ command, args: ["start", "--json", "--port", "0"] });
    const { pid } = await run.ready();
    expect(pid).not.toBe(run.process.pid);
    process.kill(run.process.pid, "SIGTERM");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    await expectNoProcess(run);

    const wrong = start({ command, args: ["chekc"] });
    expect(await wrong.ended).toEqual({ code: 2, signal: null });
    expect(wrong.output().stderr).toContain('did you mean "check"?');
  });

  it("leaves nothing behind when the older Node is killed", async () => {
    const run = start({ command, args: ["start", "--json", "--port", "0"] });
    await run.ready();
    process.kill(run.process.pid, "SIGKILL");
    await expectNoProcess(run);
  });
});
