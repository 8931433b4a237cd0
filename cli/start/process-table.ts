/** The machine's processes, as far as `rig start` needs them to find what an earlier run has left behind. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** One process. Zombies are not listed: they hold nothing any more. */
export interface ProcessInfo {
  pid: number;
  /** Process group. */
  group: number;
  /** When it started, in words of the system: with `pid` it names a process for good, though pids are used again. */
  started: string;
  command: string;
}

/** Lists the processes of this machine that can be seen: from /proc where there is one, else from `ps`. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  return process.platform === "linux" ? listFromProc() : listFromPs();
}

async function listFromProc(): Promise<ProcessInfo[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => readProc(Number(pid)).catch(() => null)));
  return found.filter((info) => info !== null);
}

/** Reads `/proc/<pid>/stat` (proc_pid_stat(5)); the second field is in parentheses and may hold anything, even those. */
async function readProc(pid: number): Promise<ProcessInfo | null> {
  const [stat, commandLine] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    readFile(`/proc/${pid}/cmdline`, "utf8"),
  ]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, group, started] = [fields[0], fields[2], fields[19]];
  if (state === "Z" || group === undefined || started === undefined) return null;
  return { pid, group: Number(group), started, command: commandLine.replaceAll("\0", " ").trim() };
}

async function listFromPs(): Promise<ProcessInfo[]> {
  const columns = ["pid", "pgid", "stat", "lstart", "command"].flatMap((name) => ["-o", `${name}=`]);
  const { stdout } = await promisify(execFile)("ps", ["-A", ...columns], {
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 32 * 1024 * 1024,
  });
  return stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/.exec(line);
    const [, pid, group, state, started, command] = match ?? [];
    if (started === undefined || command === undefined || state?.startsWith("Z")) return [];
    return [{ pid: Number(pid), group: Number(group), started, command }];
  });
}
