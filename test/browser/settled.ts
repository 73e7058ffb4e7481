import type { Page } from "playwright-core";
import { waitUntil } from "../support/programs/dev-server.ts";

/** Waits until a page that is watched has read what it shows. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1").waitFor();
  const busy = page.locator("main [aria-busy]");
  const isStill = async () => (await busy.count()) === 0 && (await isQuiet(page));
  await waitUntil(`${page.url()} to be read`, async () => (await isStill()) && isStill());
}

/** Reports that two frames have passed without a request that is under way. */
async function isQuiet(page: Page): Promise<boolean> {
  const underWay = () => under.get(page)?.size ?? 0;
  await page.evaluate(
    () => new Promise<void>((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))),
  );
  return underWay() === 0;
}

const under = new WeakMap<Page, Set<unknown>>();

/** Counts the requests of a page that are under way, for `settled`. */
export function watch(page: Page): void {
  const requests = new Set<unknown>();
  under.set(page, requests);
  const end = (request: unknown) => void requests.delete(request);
  page.on("request", (request) => requests.add(request));
  page.on("requestfinished", end);
  page.on("requestfailed", end);
}
