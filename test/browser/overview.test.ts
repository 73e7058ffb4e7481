import type { Page, Request, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();
const { openSignedIn, call, createTenant, createEndpoint, commit, until, forgive } = dashboard;

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
async function openWithClock(path: string, shows = ".standing"): Promise<Page> {
  const page = await openSignedIn(path);
  await page.clock.install();
  await page.goto(path);
  await page.locator(shows).first().waitFor();
  return page;
}

/** A page's requests to the API and to the path that is counted from now on, and time that passes on it. */
function watchRequests(page: Page, counted = "/v1/overview") {
  let count = 0;
  const pending = new Set<Request>();
  const end = (request: Request) => void pending.delete(request);
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/") || pathname === counted) pending.add(request);
    if (pathname === counted) count++;
  });
  page.on("requestfinished", end);
  page.on("requestfailed", end);
  return {
    /** Number of requests to the path. */
    looks: () => count,
    /** Lets time pass, and waits for the requests of this time. */
    async pass(ms: number): Promise<void> {
      await page.clock.runFor(ms);
      // Requests leave in their order, so those of this time have left.
      await page.evaluate(() => fetch("/ui/", { cache: "no-store" }));
      await expect.poll(() => pending.size).toBe(0);
    },
  };
}

const hide = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);

describe("before anything is delivered", () => {
  test("the overview says what to do first, and is accessible", async () => {
    const page = await openSignedIn("/ui/");
    await expect.poll(() => sentenceOf(page)).toBe("All is well");
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
    await expect
      .poll(() => page.locator("pre").allTextContents())
      .toEqual([
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
    await expect.poll(() => sentenceOf(page)).toBe("All is well");
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    const tenant = await createDead(500);
    await page.getByText("1 tenant needs attention").waitFor();
    const reason = page.getByRole("link", { name: "1 dead letter" }).first();
    await expect.poll(() => reason.getAttribute("href")).toBe(`/ui/t/${tenant}/dead`);
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
  });

  test("counts tenants, and each tenant's troubles lead to their lists", async () => {
    const [dead, blocked] = [await createDead(400), await createDead(500, { order: "strict" })];
    const page = await openSignedIn("/ui/");
    await page.getByText("3 tenants need attention").waitFor();
    const rows = rowsOf(page, "Tenants by trouble");
    await expect.poll(() => rows.count()).toBe(3);
    const links = (tenant: string) =>
      rows
        .filter({ hasText: tenant })
        .getByRole("link")
        .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute("href")]));
    await expect.poll(() => links(dead)).toContainEqual(["1 dead letter", `/ui/t/${dead}/dead`]);
    await expect.poll(() => links(blocked)).toContainEqual(["1 blocked key", `/ui/t/${blocked}/blocked`]);
    await expect.poll(() => rows.first().locator("a.opener").textContent()).toBe(blocked);
  });
});

describe("a tile", () => {
  test("of blocked keys leads to the tenants that have them", async () => {
    await createDead(500, { order: "strict" });
    const page = await openSignedIn("/ui/");
    await expect.poll(() => tile(page, "Blocked").locator("strong").textContent()).toBe("2");
    await tile(page, "Blocked").click();
    expect(new URL(page.url()).search).toBe("?trouble=blockedKeys");
    const rows = rowsOf(page, "Tenants by trouble");
    await expect.poll(() => rows.count()).toBe(2);
    await expect.poll(() => rows.getByRole("link", { name: "1 blocked key" }).count()).toBe(2);
  });

  test("of disabled endpoints leads to the list of them, with the failing ones", async () => {
    await createDead(410);
    await createDead(410);
    const page = await openSignedIn("/ui/");
    const disabled = tile(page, "Disabled");
    await expect.poll(() => disabled.locator("strong").textContent()).toBe("2");
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
    const { looks, pass } = watchRequests(page);
    await pass(6000);
    await hide(page, true);
    await pass(1000);
    const seen: string[] = [];
    page.on("request", (request) => seen.push(new URL(request.url()).pathname));
    await pass(12_000);
    expect(seen).toEqual(["/ui/"]);
    const before = looks();
    expect(before).toBeGreaterThan(0);
    await hide(page, false);
    await pass(10);
    expect(looks()).toBe(before + 1);
  });
});

describe("readings that are refused", () => {
  test.each([429, 503])("as %i slow down, say so, and recover", async (status) => {
    await createDead(400);
    const page = await openWithClock("/ui/");
    const { looks, pass } = watchRequests(page);
    const inMinute = async () => {
      const before = looks();
      for (let n = 0; n < 20; n++) await pass(3000);
      return looks() - before;
    };
    const slowed = page.getByText("Live updates slowed");
    expect(await inMinute()).toBeGreaterThan(6);
    const problem = { code: "refused", title: "No" };
    await page.route("**/v1/**", (route) => route.fulfill({ status, json: problem }));
    expect(await inMinute()).toBeLessThan(4);
    await expect.poll(() => slowed.isVisible()).toBe(true);
    await page.unroute("**/v1/**");
    await expect.poll(async () => (await pass(10_000)) ?? slowed.isVisible()).toBe(false);
    expect(await inMinute()).toBeGreaterThan(6);
    forgive(status);
  });

  test("slow down by themselves: an answer from elsewhere, as of the inspector, tells nothing of them", async () => {
    await createTenant();
    const page = await openWithClock("/ui/dev/first", ".steps");
    forgive(503);
    const problem = { code: "storage_unavailable", title: "Storage unavailable" };
    await page.route("**/v1/**", (route) => route.fulfill({ status: 503, json: problem }));
    const refused = watchRequests(page, "/v1/tenants");
    const answered = watchRequests(page, "/ui/dev/receiver");
    for (let n = 0; n < 20; n++) await answered.pass(3000);
    expect(refused.looks()).toBeGreaterThan(2);
    expect(refused.looks()).toBeLessThan(9);
    expect(answered.looks()).toBeGreaterThan(9);
    expect(await page.getByText("Live updates slowed").isVisible()).toBe(true);
  });

  test("leave what was read, dimmed, with its time and the reason, until the database is back", async () => {
    const page = await openSignedIn("/ui/");
    await page.getByText(/tenants need attention/).waitFor();
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
    await expect.poll(() => sentenceOf(page)).toBe(sentence);
    await expect.poll(() => page.locator(".stale .standing").count()).toBe(1);
    await expectAccessibleEverywhere(page);
    await page.unroute("**/v1/**");
    await problem.getByRole("button", { name: "Try again" }).click();
    await page.locator(".stale .standing").waitFor({ state: "detached" });
    forgive(503);
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
    await expect.poll(() => page.locator("html").getAttribute("lang")).toBe("es");
    await expectAccessibleEverywhere(page);
  });
});
