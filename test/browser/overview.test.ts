import type { Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();
const { openSignedIn, call, createTenant, createEndpoint, commit, until, complaints } = dashboard;

const sentenceOf = (page: Page) => page.locator(".standing strong").first().textContent();
const tile = (page: Page, name: string) => page.locator("a.tile", { hasText: name });
const rowsOf = (page: Page, name: string) => page.getByRole("region", { name }).locator("tbody tr");

/** A tenant with a dead letter, whose endpoint answers so. */
async function createDead(status: number, fields: object = {}, key = "order-1"): Promise<string> {
  const tenant = await createTenant();
  await createEndpoint(tenant, fields, { status });
  await until(tenant, await commit(tenant, { orderingKey: key }), "dead");
  return tenant;
}

/** Answers of the API as a database that is away makes them. */
const away = (route: Route) =>
  route.fulfill({
    status: 503,
    contentType: "application/problem+json",
    json: {
      title: "Storage unavailable",
      detail: "The database does not answer.",
      code: "storage_unavailable",
      requestId: "the-request",
    },
  });

/** Signed in, on a page whose time is in the test's hands. */
async function openWithClock(path: string): Promise<Page> {
  const page = await openSignedIn(path);
  await page.clock.install();
  await page.goto(path);
  await page.locator(".standing").waitFor();
  return page;
}

/** Number of requests to an address since it was called. */
function countRequests(page: Page, path: string): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.startsWith(path)) count++;
  });
  return () => count;
}

const hide = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

describe("before anything is delivered", () => {
  test("the overview says what to do first, and is accessible", async () => {
    const page = await openSignedIn("/ui/");
    expect(await sentenceOf(page)).toBe("All is well");
    await page.locator("ol.steps").waitFor();
    expect(await page.locator("a.tile").count()).toBe(0);
    await expectAccessibleEverywhere(page);
  });

  test("the overview of production has the lines for it, and no steps", async () => {
    const page = await openSignedIn("/ui/");
    await page.route(/\/ui\/$/, async (route) => {
      const body = await (await route.fetch()).text();
      await route.fulfill({ body: body.replace('environment="development"', 'environment="production"') });
    });
    await page.reload();
    await page.getByText("Nothing has been delivered yet").waitFor();
    expect(await page.locator("pre").allTextContents()).toEqual([
      expect.stringContaining("v1/tenants "),
      expect.stringContaining("v1/tenants/acme/endpoints "),
      expect.stringContaining("v1/tenants/acme/messages "),
    ]);
    expect(await page.locator("ol.steps").count()).toBe(0);
    await expectAccessibleEverywhere(page);
  });
});

describe("the sentence", () => {
  test("changes without a reload when a receiver fails, and its reason leads to what is wrong", async () => {
    const page = await openSignedIn("/ui/");
    expect(await sentenceOf(page)).toBe("All is well");
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    const tenant = await createDead(500);
    await page.getByText("1 tenant needs somebody").waitFor();
    const reason = page.getByRole("link", { name: "1 dead letter" }).first();
    expect(await reason.getAttribute("href")).toBe(`/ui/t/${tenant}/dead`);
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
  });

  test("counts tenants, and each tenant's troubles lead to their lists", async () => {
    const [dead, blocked] = [await createDead(400), await createDead(500, { order: "strict" })];
    const page = await openSignedIn("/ui/");
    await page.getByText("3 tenants need somebody").waitFor();
    const rows = rowsOf(page, "Tenants by trouble");
    expect(await rows.count()).toBe(3);
    const links = (tenant: string) =>
      rows
        .filter({ hasText: tenant })
        .getByRole("link")
        .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute("href")]));
    expect(await links(dead)).toContainEqual(["1 dead letter", `/ui/t/${dead}/dead`]);
    expect(await links(blocked)).toContainEqual(["1 blocked key", `/ui/t/${blocked}/blocked`]);
    expect(await rows.first().locator("a.opener").textContent()).toBe(blocked);
  });
});

describe("a tile", () => {
  test("of blocked keys leads to the tenants that have them", async () => {
    await createDead(500, { order: "strict" });
    const page = await openSignedIn("/ui/");
    expect(await tile(page, "Blocked").locator("strong").textContent()).toBe("2");
    await tile(page, "Blocked").click();
    expect(new URL(page.url()).search).toBe("?trouble=blockedKeys");
    const rows = rowsOf(page, "Tenants by trouble");
    await expect.poll(() => rows.count()).toBe(2);
    expect(await rows.getByRole("link", { name: "1 blocked key" }).count()).toBe(2);
  });

  test("of disabled endpoints leads to the list of them, with the failing ones", async () => {
    await createDead(410);
    await createDead(410);
    const page = await openSignedIn("/ui/");
    const disabled = tile(page, "Disabled");
    expect(await disabled.locator("strong").textContent()).toBe("2");
    await disabled.click();
    await page.getByRole("heading", { level: 1, name: "Failing endpoints" }).waitFor();
    const rows = rowsOf(page, "Failing endpoints");
    await expect.poll(() => rows.filter({ hasText: "gone: it answered 410" }).count()).toBe(2);
    await expectAccessibleEverywhere(page);
  });
});

describe("a page that nobody sees", () => {
  test("sends nothing, and asks again when it is seen", async () => {
    const page = await openWithClock("/ui/");
    await hide(page, true);
    const requests = countRequests(page, "/");
    await page.clock.runFor(12_000);
    expect(requests()).toBe(0);
    await hide(page, false);
    await page.clock.runFor(10);
    await expect.poll(requests).toBeGreaterThan(0);
  });
});

describe("readings that are refused", () => {
  test.each([429, 503])("as %i slow down, say so, and recover", async (status) => {
    const page = await openWithClock("/ui/");
    await page.clock.pauseAt(Date.now() + 3600_000);
    const isSlowed = async () => {
      await page.clock.runFor(1000);
      return page.getByText("Live updates slowed").isVisible();
    };
    const requests = countRequests(page, "/v1/overview");
    const problem = { code: "refused", title: "No" };
    await page.route("**/v1/**", (route) => route.fulfill({ status, json: problem }));
    await expect.poll(isSlowed).toBe(true);
    const refused = requests();
    await page.clock.runFor(5000);
    expect(requests()).toBe(refused);
    await page.unroute("**/v1/**");
    await expect.poll(isSlowed).toBe(false);
    await expect.poll(requests).toBeGreaterThan(refused);
    expect(complaints.splice(0).every((one) => one.includes(String(status)))).toBe(true);
  });

  test("leave what was read, dimmed, with its time and the reason, until the database is back", async () => {
    const page = await openSignedIn("/ui/");
    await page.getByText(/tenants need somebody/).waitFor();
    const sentence = await sentenceOf(page);
    await page.route("**/v1/**", away);
    const problem = page.getByRole("alert").first();
    await problem.waitFor();
    const told = await problem.textContent();
    for (const part of [
      "Storage unavailable",
      "The database does not answer.",
      "storage_unavailable",
      "the-request",
      "as of ",
    ]) {
      expect(told).toContain(part);
    }
    expect(await sentenceOf(page)).toBe(sentence);
    expect(await page.locator(".stale .standing").count()).toBe(1);
    await expectAccessibleEverywhere(page);
    await page.unroute("**/v1/**");
    await problem.getByRole("button", { name: "Try again" }).click();
    await page.locator(".stale .standing").waitFor({ state: "detached" });
    expect(complaints.splice(0).every((one) => one.includes("503"))).toBe(true);
  });
});

describe("the overview with trouble", () => {
  test("is accessible, and on a small screen is not scrolled sideways", async () => {
    await call("PATCH", "tenants/tenant-1", { name: `<img src=x onerror=alert(1)>\u202e"'&` });
    const page = await openSignedIn("/ui/");
    await page.getByText("<img src=x onerror=alert(1)>⟨202e⟩\"'&").first().waitFor();
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 640 });
    await expectNoSidewaysScroll(page);
  });

  test("speaks Spanish", async () => {
    const page = await openSignedIn("/ui/", { locale: "en-US" });
    await page.evaluate(() => localStorage.setItem("edge-outbox-language", "es"));
    await page.reload();
    await page.getByText(/inquilinos necesitan atención/).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("es");
    await expectAccessibleEverywhere(page);
  });
});
