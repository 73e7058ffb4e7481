import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const SECRET = "reader-token-of-a-test";
const dashboard = inDashboard({
  OPERATOR_TOKEN: `operator:admin:${OPERATOR_TOKEN},ada:read:${SECRET}`,
  RETENTION_DAYS: "7.5",
  OTLP_METRICS_URL: "http://localhost:9/v1/metrics?key=in-the-query",
  OTLP_HEADERS: "authorization=in-the-headers",
});
const { openSignedIn, call, createTenant, createEndpoint } = dashboard;

const rowsOf = (page: Page, name: string) => page.getByRole("region", { name }).locator("tbody tr");
const textOf = async (page: Page) => (await page.locator("main").textContent()) ?? "";

describe("the audit", () => {
  test("of nothing says so, and is accessible", async () => {
    const page = await openSignedIn("/ui/acts");
    await page.getByText("Nobody has changed anything yet").waitFor();
    await expectAccessibleEverywhere(page);
  });

  test("tells who did what, with links to what was changed, and keeps its filters in the address", async () => {
    const [one, other] = [await createTenant("acme"), await createTenant("globex")];
    const { id } = await createEndpoint(one);
    await createEndpoint(other);
    await call("POST", `tenants/${one}/endpoints/${id}/secret/rotate`, {});
    const page = await openSignedIn("/ui/acts");
    const rows = rowsOf(page, "Audit");
    await expect.poll(() => rows.count()).toBe(5);
    const first = rows.first();
    await expect.poll(() => first.textContent()).toContain("rotate secret");
    await expect.poll(() => first.textContent()).toContain("operator admin");
    await expect.poll(() => first.textContent()).toContain("secret rotated");
    await expect
      .poll(() => first.getByRole("link", { name: id }).getAttribute("href"))
      .toBe(`/ui/t/acme/e/${id}`);
    await expectAccessibleEverywhere(page);

    await page.getByLabel("Tenant").fill("globex");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByLabel("Operation").fill("createTenant");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBe(1);
    await page.reload();
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByLabel("Caller").selectOption("token");
    await page.getByText("Nothing matches").waitFor();
    await page.locator(".empty").getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(() => rows.count()).toBe(5);
    await page.getByLabel("Since").fill("2100-01-01T00:00");
    await page.getByText("Nothing matches").waitFor();
  });

  test("counts what comes meanwhile, and does not jump", async () => {
    const page = await openSignedIn("/ui/acts");
    const rows = rowsOf(page, "Audit");
    const before = await rows.first().textContent();
    await createTenant("initech");
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect((await rows.first().textContent())?.includes("initech")).toBe(false);
    expect(before).toContain("rotate secret");
    await page.getByRole("button", { name: "1 new" }).click();
    await expect.poll(() => rows.first().textContent()).toContain("initech");
  });

  test("of one tenant is reached from its page, also when it is deleted", async () => {
    const page = await openSignedIn("/ui/t/globex");
    await page.locator(".actions").getByRole("link", { name: "Audit" }).click();
    await page.getByRole("heading", { level: 1, name: "Audit of globex" }).waitFor();
    await expect.poll(() => rowsOf(page, "Audit").count()).toBe(2);
    await call("DELETE", "tenants/globex");
    await page.reload();
    await expect.poll(() => rowsOf(page, "Audit").first().textContent()).toContain("delete tenant");
  });
});

describe("the system's page", () => {
  test("tells settings in force, keys, operators, limits and the cron, and no secret", async () => {
    const page = await openSignedIn("/ui/system");
    await page.getByText("The outbox is well").waitFor();
    const settings = rowsOf(page, "Settings in force");
    const setting = (name: string) => settings.filter({ hasText: name }).first();
    await expect
      .poll(() => setting("RETENTION_DAYS").locator("td").allTextContents())
      .toEqual(["RETENTION_DAYS", "7.5", "set"]);
    await expect
      .poll(() => setting("LEASE_SECONDS").locator("td").allTextContents())
      .toEqual(["LEASE_SECONDS", "60", "default"]);
    await expect
      .poll(() => setting("OPERATOR_TOKEN").locator("td").allTextContents())
      .toEqual(["OPERATOR_TOKEN", "", "secret, set"]);
    await expect
      .poll(() => setting("OTLP_METRICS_URL").textContent())
      .toContain("http://localhost:9/v1/metrics");
    const text = await textOf(page);
    for (const told of [
      "ada",
      "6,000",
      "256 KiB",
      "Late deliveries looked for",
      "development",
      "seals and signs",
    ]) {
      expect(text).toContain(told);
    }
    const { secretKeys } = await call("GET", "deployment");
    expect(text).toContain(secretKeys[0]);
    for (const secret of [OPERATOR_TOKEN, SECRET, "in-the-query", "in-the-headers"]) {
      expect(text).not.toContain(secret);
    }
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 640 });
    await expectNoSidewaysScroll(page);
  });

  test("says what is wrong with the outbox itself, and where to look", async () => {
    const page = await openSignedIn("/ui/system");
    const deployment = await call("GET", "deployment");
    const health = {
      ...deployment.health,
      troubles: ["unwatched", "overdue", "storage"],
      oldestDueAt: "2026-01-01T00:00:00.000Z",
      storage: { bytes: 9e9, maxBytes: 1e10, level: "nearly_full" },
    };
    const emailEvents = { waiting: 10_000, aside: 3, capped: true, oldestAt: "2026-01-01T00:00:00.000Z" };
    const told = { ...deployment, health, emailEvents };
    await page.route("**/v1/deployment", (route) => route.fulfill({ json: told }));
    await page.reload();
    await page.getByText("The outbox needs attention").waitFor();
    const text = await textOf(page);
    for (const words of [
      "The cron has not run",
      "The database is nearly full",
      "9 GB of 10 GB",
      "Events of e-mails that wait for their e-mail10,000+",
      "Events of e-mails that cannot be recorded3+",
      "docs/operate/operations.md",
    ]) {
      expect(text).toContain(words);
    }
    await expect
      .poll(() => page.getByRole("link", { name: "more than five minutes late" }).getAttribute("href"))
      .toBe("/ui/?trouble=late");
    await expectAccessibleEverywhere(page);
  });
});
