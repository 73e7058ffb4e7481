import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;
const PROBE_MS = 5_000;

/** Asks a server for its health until it answers, or has ended. */
export async function waitUntilReady(url: string, ended: AbortSignal): Promise<void> {
  while (!ended.aborted && !(await isReady(url, ended))) {
    await sleep(POLL_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

/** 503 means late deliveries, as after a crash; the server itself is ready. */
async function isReady(url: string, ended: AbortSignal): Promise<boolean> {
  try {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(PROBE_MS)]);
    const response = await fetch(`${url}/health`, { signal });
    await response.arrayBuffer();
    return response.ok || response.status === 503;
  } catch {
    return false;
  }
}
