import type { DevWorker } from "./dev-worker.ts";

export interface LivingWorker {
  readonly url: string;
  /** It changes whenever the Worker is started anew. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a Worker, and starts it anew on the same data whenever it dies: as Cloudflare would, and as `kill -9` asks for. */
export async function keepAlive(name: string, start: () => Promise<DevWorker>): Promise<LivingWorker> {
  let worker = await start();
  let stopped = false;
  void (async () => {
    for (;;) {
      await worker.exited;
      if (stopped) return;
      console.log(`\n${name} has died. It is started again, on the same data …`);
      try {
        worker = await start();
      } catch (error) {
        if (!stopped) console.error(`${name} could not be started again: ${error}`);
        return;
      }
      console.log(`${name} is back. To kill it once more: kill -9 -${worker.pid}`);
    }
  })();
  return {
    get url() {
      return worker.url;
    },
    get pid() {
      return worker.pid;
    },
    stop: () => {
      stopped = true;
      return worker.stop();
    },
  };
}
