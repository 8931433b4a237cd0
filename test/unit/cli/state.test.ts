import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localAdminToken, readLocalAdminToken } from "../../../cli/start/admin-token.ts";
import { freePort } from "../../../cli/start/port.ts";
import { listProcesses } from "../../../cli/start/process-table.ts";
import { claimState, findRun } from "../../../cli/start/state.ts";

let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rig-state-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

/** A process that waits to be killed, in a group of its own; `title` is what its command line shows. */
async function idle(title: string): Promise<{ pid: number; started: string; ended: Promise<unknown> }> {
  const script = "process.stdout.write('.'); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ["-e", script, title], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(child);
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  const info = (await listProcesses()).find(({ pid }) => pid === child.pid);
  if (info === undefined) throw new Error("the process is not in the list");
  return { pid: info.pid, started: info.started, ended };
}

const recordFile = () => join(directory, "rig", "run.json");

async function leaveRecord(record: unknown): Promise<void> {
  await mkdir(join(directory, "rig"), { recursive: true });
  await writeFile(recordFile(), typeof record === "string" ? record : JSON.stringify(record));
}

const dead = { pid: 2 ** 22 + 1, started: "0" };

describe("a state directory", () => {
  it("belongs to one run at a time", async () => {
    const claimed = await claimState(directory);
    expect(claimed).toMatchObject({ directory });
    expect(await claimState(directory)).toMatchObject({
      takenBy: { supervisor: { pid: process.pid }, url: null },
    });
    if (!("directory" in claimed)) throw new Error("not claimed");

    await claimed.record({ hostPid: process.pid, url: "http://127.0.0.1:1" });
    expect(await findRun(directory)).toMatchObject({ url: "http://127.0.0.1:1" });
    await claimed.release();
    expect(await findRun(directory)).toBeNull();
    expect(await claimState(directory)).toMatchObject({ directory });
  });

  it("is free again when its run is dead, or its record was never finished", async () => {
    for (const record of [{ supervisor: dead, host: null, url: null }, '{"supervisor":', ""]) {
      await leaveRecord(record);
      expect(await claimState(directory)).toMatchObject({ directory });
      await rm(recordFile());
    }
  });

  it("is not taken for used when the id of its run belongs to another process now", async () => {
    await leaveRecord({ supervisor: { pid: process.pid, started: "long ago" }, host: null, url: null });
    expect(await claimState(directory)).toMatchObject({ directory });
  });

  it("has what a dead run left on it ended before it is taken", async () => {
    const host = await idle("host");
    await leaveRecord({ supervisor: dead, host: { pid: host.pid, started: host.started }, url: null });
    expect(await claimState(directory)).toMatchObject({ directory });
    await host.ended;
  });

  it("never costs a process its life that only has the id of a dead one", async () => {
    const stranger = await idle("workerd");
    await leaveRecord({ supervisor: dead, host: { pid: stranger.pid, started: "long ago" }, url: null });
    await claimState(directory);
    expect((await listProcesses()).map(({ pid }) => pid)).toContain(stranger.pid);
  });

  it("keeps the admin token that it was given first", async () => {
    await mkdir(join(directory, "rig"));
    expect(await readLocalAdminToken(directory)).toBeNull();
    const token = await localAdminToken(directory);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await localAdminToken(directory)).toBe(token);
    expect(await readFile(join(directory, "rig", "admin-token"), "utf8")).toBe(`${token}\n`);
  });
});

describe("a free port", () => {
  it("is the first one from the wanted upwards that nobody listens on", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    expect(await freePort(address.port, "127.0.0.1")).toBeGreaterThan(address.port);
    server.close();
    await once(server, "close");
    expect(await freePort(address.port, "127.0.0.1")).toBe(address.port);
  });

  it("is any when none is wanted", async () => {
    expect(await freePort(0, "127.0.0.1")).toBeGreaterThan(0);
  });
});

it("lists this very process with its group and command", async () => {
  const self = (await listProcesses()).find(({ pid }) => pid === process.pid);
  expect(self?.command).toContain("node");
  expect(self?.group).toBeGreaterThan(0);
  expect(self?.started).not.toBe("");
});
