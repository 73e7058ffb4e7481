import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { settled, watch } from "./settled.ts";

/** Answers of the API to the pages of the pictures, of which they are drawn again and again. */
export interface Recording {
  /** Instant at which they were given, in milliseconds: that of the pages' clock. */
  at: number;
  /** Paths of the pages below `/ui/`, by the names of their pictures. */
  pages: Record<string, string>;
  /** Bodies, by address without the instants that move with the clock. */
  answers: Record<string, unknown>;
}

export const IMAGES = join(import.meta.dirname, "../../docs/images");
export const RECORDED = join(import.meta.dirname, "recorded.json");
export const readRecording = () => JSON.parse(readFileSync(RECORDED, "utf8")) as Recording;

const SCHEMES = ["light", "dark"] as const;
type Open = (path: string, options: BrowserContextOptions) => Promise<Page>;

/** Draws the pages, in light and dark, as PNG by the names of their files. */
export async function draw({ at, pages, answers }: Recording, open: Open): Promise<Map<string, Buffer>> {
  const drawn = new Map<string, Buffer>();
  for (const colorScheme of SCHEMES) {
    const page = await open("/docs", lookOf(colorScheme));
    watch(page);
    await page.clock.setFixedTime(at);
    await page.route("**/v1/**", (route) => {
      const json = answers[keyOf(route.request().url())];
      return json === undefined ? route.abort() : route.fulfill({ json });
    });
    await page.goto(`/ui/#${OPERATOR_TOKEN}`);
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`/ui/${path}`);
      await settled(page);
      drawn.set(`${name}-${colorScheme}.png`, await page.screenshot({ animations: "disabled" }));
    }
    await page.context().close();
  }
  return drawn;
}

/** Visits the pages, and keeps what the API answers them. */
export async function record(
  browser: Browser,
  url: string,
  pages: Record<string, string>,
): Promise<Recording> {
  const page = await browser.newPage({ baseURL: url, ...lookOf("light") });
  watch(page);
  const answers: Recording["answers"] = {};
  await page.route("**/v1/**", async (route) => {
    const response = await route.fetch();
    if (response.ok()) answers[keyOf(response.url())] = await response.json();
    await route.fulfill({ response });
  });
  await page.goto(`/ui/#${OPERATOR_TOKEN}`);
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await settled(page);
  for (const path of Object.values(pages)) {
    await page.goto(`/ui/${path}`);
    await settled(page);
  }
  const at = Date.now();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.context().close();
  return { at, pages, answers };
}

function keyOf(address: string): string {
  const { pathname, searchParams } = new URL(address);
  searchParams.delete("since");
  return searchParams.size > 0 ? `${pathname}?${searchParams}` : pathname;
}

const lookOf = (colorScheme: (typeof SCHEMES)[number]): BrowserContextOptions => ({
  colorScheme,
  viewport: { width: 1280, height: 800 },
  locale: "en-US",
  timezoneId: "UTC",
  deviceScaleFactor: 1,
});
