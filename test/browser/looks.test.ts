import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inDashboard } from "./dashboard.ts";
import { makeDead } from "./dying.ts";

const dashboard = inDashboard();
const { createTenant, openPortal, openSignedIn } = dashboard;

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "es-ES" };
/** Height of one line of text, and of not yet two. */
const ONE_LINE = 30;

async function heightsOf(found: Locator): Promise<number[]> {
  await found.first().waitFor();
  return found.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().height)));
}

/** Edges of elements: those in one line have the same. */
async function edgesOf(found: Locator, edge: "top" | "bottom"): Promise<number[]> {
  await found.first().waitFor();
  return found.evaluateAll(
    (all, edge) => [...new Set(all.map((one) => Math.round(one.getBoundingClientRect()[edge])))],
    edge,
  );
}

describe("at 1280 px", () => {
  const WIDE = { viewport: { width: 1280, height: 800 } };

  test("the audit breaks no word, and names a token by its description", async () => {
    const tenant = await createTenant("globex-of-somewhere");
    const portal = await openPortal(tenant, ["read", "manage"], "/portal/endpoints/new");
    await portal.getByLabel("URL").fill("https://example.com/hooks");
    await portal.getByRole("button", { name: "Add an endpoint" }).click();
    await portal.getByRole("button", { name: "I have stored it" }).click();
    const page = await openSignedIn("/ui/acts", WIDE);
    const row = page.getByRole("row").filter({ hasText: "create endpoint" });
    expect(Math.max(...(await heightsOf(page.locator("td .one-line"))))).toBeLessThan(ONE_LINE);
    await expect.poll(() => row.locator("[title^=tok_]").textContent()).not.toMatch(/^tok_/);
  });

  test("a dialog's cross stays beside a long title", async () => {
    const tenant = await createTenant();
    const description = "https://receiver.example.com/a/rather/long/path/of/an/endpoint";
    await makeDead(dashboard, tenant, { count: 1, answer: { status: 500 }, description });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`, WIDE);
    const group = page.getByRole("list", { name: "Died alike" });
    await group.getByRole("button", { name: "Replay …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: /receiver\.example/ }).waitFor();
    const [title, cross] = await Promise.all([
      dialog.getByRole("heading").boundingBox(),
      dialog.getByRole("button", { name: "Close" }).boundingBox(),
    ]);
    expect(cross?.y).toBeLessThan((title?.y ?? 0) + ONE_LINE);
    expect(cross?.x).toBeGreaterThan((title?.x ?? 0) + (title?.width ?? 0) - 1);
  });
});

describe("on a phone, in Spanish", () => {
  async function open(path: string): Promise<Page> {
    const page = await openSignedIn("/ui/", { ...PHONE, locale: "en-US" });
    await page.evaluate(() => localStorage.setItem("edge-outbox-language", "es"));
    await page.goto(path);
    await page.locator("main h1").waitFor();
    return page;
  }

  test("the bar's names lie on one line", async () => {
    const tenant = await createTenant();
    const page = await open(`/ui/t/${tenant}/dead`);
    const names = page.locator(".tabbar span");
    expect(Math.max(...(await heightsOf(names)))).toBeLessThan(ONE_LINE / 1.5);
    expect(await edgesOf(names, "top")).toHaveLength(1);
  });

  test("figures of a row lie on one line, also beside a name of two lines", async () => {
    const page = await open("/ui/");
    await page.locator(".tile").first().waitFor();
    // Eight tiles, three in a row.
    expect(await edgesOf(page.locator(".tile strong"), "top")).toHaveLength(3);
  });

  test("the columns of all pages begin at the same height", async () => {
    const tenant = await createTenant();
    const page = await open(`/ui/t/${tenant}/messages`);
    await page.locator(".tabbar button").tap();
    const tops = await page
      .locator("dialog li")
      .evaluateAll((all) => all.map((one) => [one.getBoundingClientRect().x, one.getBoundingClientRect().y]));
    const firstOf = (x: number) => Math.min(...tops.flatMap(([at, top]) => (at === x ? [top ?? 0] : [])));
    const columns = [...new Set(tops.map(([x]) => x ?? 0))];
    expect(columns).toHaveLength(2);
    expect(new Set(columns.map(firstOf)).size).toBe(1);
  });
});
