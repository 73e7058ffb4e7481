import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 60_000;

/**
 * Fires the cron at once, and then every minute or at the given interval, as `wrangler dev` never does. At once,
 * because a crash may have left deliveries behind.
 */
export async function standInForCron(
  serverUrl: string,
  ending: AbortSignal,
  everyMs = EVERY_MS,
): Promise<void> {
  while (!ending.aborted) {
    await fireCron(serverUrl, ending);
    await sleep(everyMs, undefined, { signal: ending, ref: false }).catch(() => undefined);
  }
}

async function fireCron(serverUrl: string, ending: AbortSignal): Promise<void> {
  try {
    const signal = AbortSignal.any([ending, AbortSignal.timeout(EVERY_MS)]);
    const response = await fetch(`${serverUrl}/cdn-cgi/local/scheduled?cron=*+*+*+*+*`, { signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  } catch (error) {
    if (!ending.aborted) console.error(`The cron could not be fired, and will be tried again: ${error}`);
  }
}
