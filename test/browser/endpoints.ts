import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { InDashboard } from "./dashboard.ts";

/** Presses the tabulator until the focus is on what has this name. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let n = 0; n < 60; n++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element) return "";
      const labels = (element as HTMLInputElement).labels;
      const label = labels?.[0]?.textContent;
      return (element.getAttribute("aria-label") ?? label ?? element.textContent ?? "").trim();
    });
    if (found === name) return;
    passed.push(found);
  }
  throw new Error(`The tabulator does not lead to "${name}". It passed ${passed.join(", ")}`);
}

/** Fails unless the browser has told of these refusals of the API, and of nothing else. */
export async function expectRefusals(
  { complaints, forgive }: InDashboard,
  ...statuses: number[]
): Promise<void> {
  const told = () => complaints.filter((one) => !one.endsWith("/ui/token"));
  const found = () => told().map((one) => Number(/status of (\d+)/.exec(one)?.[1]));
  await expect.poll(found).toEqual(statuses);
  forgive(...statuses);
}
