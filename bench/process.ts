/** What a running workerd takes of the machine. By Linux' /proc. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The workerd that has files of this folder open: wrangler runs a second one, for its own ends. */
export function findWorkerd(data: string): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => nameOf(pid) === "workerd" && hasOpen(pid, data));
  if (!found) throw new Error(`No workerd has files of ${data} open`);
  return Number(found);
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

function hasOpen(pid: string, folder: string): boolean {
  const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return targets.some((target) => target.startsWith(folder));
}

/** Milliseconds of processor time that all of its threads have had. */
export function cpuMsOf(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  });
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

/** MiB of memory that it holds, as the system counts. */
export function residentMibOf(pid: number): number {
  const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}
