/** What a running workerd takes of the machine. By Linux' /proc, and by the inspector of its isolate. */
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

/** The heap of the Worker's isolate, again and again, until it is stopped: answers the most it has held, in MiB. */
export class HeapWatch {
  mostMib = 0;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    this.#timer = setInterval(() => this.#ask(), 10);
  }

  static async start(port: number): Promise<HeapWatch> {
    // Wrangler lets in none but pages of this machine. Node takes headers here, which the standard has not.
    const page = { headers: { origin: `http://localhost:${port}` } } as unknown as string[];
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, page);
    await new Promise((opened, failed) => {
      socket.addEventListener("open", opened);
      socket.addEventListener("error", failed);
    });
    return new HeapWatch(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #ask(): void {
    this.#socket.send(JSON.stringify({ id: ++this.#id, method: "Runtime.getHeapUsage" }));
  }

  #take(text: string): void {
    const { result } = JSON.parse(text) as { result?: { usedSize?: number; backingStorageSize?: number } };
    if (result?.usedSize === undefined) return;
    this.mostMib = Math.max(this.mostMib, (result.usedSize + (result.backingStorageSize ?? 0)) / 2 ** 20);
  }
}
