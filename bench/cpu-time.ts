import { readFile } from "node:fs/promises";

/** USER_HZ, which is 100 wherever Linux runs. */
const TICK_MS = 10;

/** CPU time of a process so far, user and system, all threads, in milliseconds (Linux, proc_pid_stat(5)). @throws Error when it has ended. */
export async function cpuTimeMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Field 2, the command, may hold anything; the fields behind it begin with the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
