import type { Request } from "playwright-core";
import { expect, test } from "vitest";
import { inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();
const SECONDS = 30;

test("the page with the most readings, each wanted every 1.5 seconds, sends at most 2 requests a second", async () => {
  await dashboard.createTenant();
  const page = await dashboard.openSignedIn("/ui/dev/first");
  await page.clock.install();
  await page.goto("/ui/dev/first");
  await page.locator("li.panel.next").first().waitFor();
  // From here on no time passes but what the test lets pass.
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 10_000);
  const underWay = new Set<Request>();
  const end = (request: Request) => void underWay.delete(request);
  let count = 0;
  page.on("request", (request) => {
    if (request.resourceType() !== "fetch") return;
    underWay.add(request);
    count++;
  });
  page.on("requestfinished", end);
  page.on("requestfailed", end);
  for (let passed = 0; passed < SECONDS * 1000; passed += 250) {
    await page.clock.runFor(250);
    await expect.poll(() => underWay.size).toBe(0);
  }
  // Five readings would be 100.
  expect(count).toBeLessThanOrEqual(2 * SECONDS);
  expect(count).toBeGreaterThan(SECONDS);
});
