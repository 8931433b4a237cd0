/**
 * The directory that outlives a run: what Miniflare keeps (D1, Durable Objects) under `v3/`, as `wrangler dev` does, and
 * what `rig start` keeps under `rig/`. Two runs never share one: a Durable Object is only single while one process
 * has its storage.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { listProcesses, type ProcessInfo } from "./process-table.ts";

const processSchema = z.object({ pid: z.int(), started: z.string() });

const recordSchema = z.object({
  supervisor: processSchema,
  /** Leads a process group of its own, with every process of the Worker in it. */
  host: processSchema.nullable(),
  url: z.string().nullable(),
});

/** Who runs on a state directory: `rig/run.json` in it. */
export type RunRecord = z.infer<typeof recordSchema>;

/** A state directory that this process has for itself. */
export interface ClaimedState {
  directory: string;
  /** Writes down what is known by now, so that whoever comes after a crash can clean up. */
  record(known: { hostPid: number; url?: string }): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a state directory, after ending what a killed run has left on it.
 *
 * @returns the record of the run that has it, when that run is alive.
 */
export async function claimState(directory: string): Promise<ClaimedState | { takenBy: RunRecord }> {
  await mkdir(join(directory, "rig"), { recursive: true });
  const file = recordFile(directory);
  const supervisor = await identify(process.pid);
  const claim: RunRecord = { supervisor, host: null, url: null };
  if (!(await createExclusively(file, claim))) {
    const takenBy = await findRun(directory);
    if (takenBy !== null) return { takenBy };
    await endOrphans(await readRecord(file));
    await rm(file, { force: true });
    if (!(await createExclusively(file, claim))) return { takenBy: (await findRun(directory)) ?? claim };
  }
  return {
    directory,
    record: async ({ hostPid, url }) =>
      writeFile(file, JSON.stringify({ ...claim, host: await identify(hostPid), url: url ?? null })),
    release: () => rm(file, { force: true }),
  };
}

/** The run that has a state directory now, or `null`. */
export async function findRun(directory: string): Promise<RunRecord | null> {
  const record = await readRecord(recordFile(directory));
  if (record === null) return null;
  return (await listProcesses()).some(isSame(record.supervisor)) ? record : null;
}

/** Kills what is left of a process group that the Worker ran in: its leader and every workerd. */
export async function endGroup(leader: number, orphans: readonly ProcessInfo[]): Promise<void> {
  const members = orphans.filter(
    ({ group, pid, command }) => group === leader && (pid === leader || command.includes("workerd")),
  );
  for (const { pid } of members) killIfThere(pid);
  await waitUntilGone(members);
}

async function endOrphans(record: RunRecord | null): Promise<void> {
  if (record?.host == null) return;
  const processes = await listProcesses();
  const leader = processes.find(({ pid }) => pid === record.host?.pid);
  // The id belongs to somebody else by now, and a group's id is only given away when the group is empty.
  if (leader !== undefined && !isSame(record.host)(leader)) return;
  await endGroup(record.host.pid, processes);
}

async function waitUntilGone(members: readonly ProcessInfo[]): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (Date.now() < deadline) {
    const processes = await listProcesses();
    if (!members.some((member) => processes.some(isSame(member)))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const isSame = (known: { pid: number; started: string }) => (info: ProcessInfo) =>
  info.pid === known.pid && info.started === known.started;

async function identify(pid: number): Promise<{ pid: number; started: string }> {
  const started = (await listProcesses()).find((info) => info.pid === pid)?.started;
  return { pid, started: started ?? "" };
}

const recordFile = (directory: string) => join(directory, "rig", "run.json");

async function readRecord(file: string): Promise<RunRecord | null> {
  const text = await readFile(file, "utf8").catch(() => "");
  const reading = recordSchema.safeParse(parseJson(text));
  return reading.success ? reading.data : null;
}

/** A run that was killed while it wrote leaves half a file: that is no record. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function createExclusively(file: string, record: RunRecord): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(record), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
