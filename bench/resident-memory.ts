import { readFile } from "node:fs/promises";

export interface ResidentMemory {
  /** What the process has in memory (`VmRSS`). */
  totalMiB: number;
  /** What of it is no file's, such as Node's own code: what the kernel cannot take back. */
  anonymousMiB: number;
}

/** Memory of a process (Linux, proc(5)). @throws Error when it has ended. */
export async function residentMemory(pid: number): Promise<ResidentMemory> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { totalMiB: mib("VmRSS"), anonymousMiB: mib("RssAnon") };
}
