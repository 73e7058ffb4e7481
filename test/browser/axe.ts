import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Rules of best practice count too: they are what screen readers stumble over. */
const GRAVE = ["moderate", "serious", "critical"];
/** Rules whose judgement the colours change. All others find in the dark what they find in the light. */
const OF_COLOUR: RunOptions = {
  runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
};

/** Findings of axe on the page, of moderate impact or above. */
async function findingsOn(page: Page, options: RunOptions = {}): Promise<string[]> {
  // A page whose script is still on its way has no heading yet.
  await page.locator("h1").first().waitFor();
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(SOURCE);
  const violations = await page.evaluate(async (options) => {
    const { axe } = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    return (await axe.run({ ...options, resultTypes: ["violations"] })).violations;
  }, options);
  return violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ""))
    .map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`,
    );
}

interface Look {
  viewport: { width: number; height: number };
  colorScheme: "light" | "dark";
  options?: RunOptions;
}

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** Light and dark, wide and on a phone. */
const EVERYWHERE: readonly Look[] = [WIDE, PHONE].flatMap((viewport) => [
  { viewport, colorScheme: "light" as const },
  { viewport, colorScheme: "dark" as const, options: OF_COLOUR },
]);
/** Each of the four once, in two looks: for states that differ from others in one part of the page. */
export const IN_PAIRS: readonly Look[] = [
  { viewport: WIDE, colorScheme: "light" },
  { viewport: PHONE, colorScheme: "dark" },
];

/** Findings of axe in light and dark, wide and on a phone. */
export async function findingsEverywhere(page: Page, looks = EVERYWHERE): Promise<string[]> {
  const before = page.viewportSize();
  const found: string[] = [];
  for (const { viewport, colorScheme, options } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const findings = await findingsOn(page, options);
    found.push(...findings.map((finding) => `${colorScheme}, ${viewport.width} px: ${finding}`));
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
  return found;
}

/** Fails for each finding of axe on the page, of moderate impact or above. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await findingsOn(page), page.url()).toEqual([]);
}

/** Fails for findings of axe in light and dark, wide and on a phone. */
export async function expectAccessibleEverywhere(page: Page): Promise<void> {
  expect(await findingsEverywhere(page), page.url()).toEqual([]);
}
