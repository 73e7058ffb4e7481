import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectAccessibleEverywhere } from "./axe.ts";
import { UNANSWERED } from "./browser.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";
import { commitMany, confirm, countDead, FATAL, makeDead, statusOf, untilDead } from "./dying.ts";

const dashboard = inDashboard();
const { call, createTenant, openSignedIn } = dashboard;

const groupsOf = (page: Page) => page.getByRole("list", { name: "Failed alike" }).getByRole("listitem");
const rowsOf = (page: Page) => page.getByRole("region", { name: "As they came" }).locator("tbody tr");

test("500 failures in three groups are three lines; one is replayed, one dismissed, and the counts follow", async () => {
  const tenant = await createTenant();
  const typed = (count: number, eventType: string) => Array.from({ length: count }, () => ({ eventType }));
  const make = (description: string, eventType: string, status: number, body: string) =>
    dashboard.createEndpoint(tenant, { ...FATAL, description, eventTypes: [eventType] }, { status, body });
  const warehouse = await make("Warehouse", "stock.changed", 503, "maintenance until four");
  await make("CRM", "customer.changed", 422, "no such customer");
  await make("Ledger", "entry.posted", 500, "out of balance");
  const kinds = [
    ...typed(320, "stock.changed"),
    ...typed(130, "customer.changed"),
    ...typed(50, "entry.posted"),
  ];
  await commitMany(dashboard, tenant, kinds);
  await untilDead(dashboard, tenant, 500);

  const page = await openSignedIn(`/ui/t/${tenant}/failures`);
  await expect.poll(() => groupsOf(page).count()).toBe(3);
  // The names of endpoints come with an answer of their own.
  await expect
    .poll(() => groupsOf(page).allTextContents())
    .toEqual([
      expect.stringMatching(/^320Warehouse503maintenance until four.*first.*last.*example/),
      expect.stringMatching(/^130CRM422no such customer/),
      expect.stringMatching(/^50Ledger500out of balance/),
    ]);
  await expect.poll(() => groupsOf(page).first().locator(".sparkline rect").count()).toBe(24);

  await warehouse.hook.answer({ status: 200 });
  await groupsOf(page).first().getByRole("button", { name: "Replay its dead letters …" }).click();
  await page.getByRole("heading", { name: "Replay 320 dead letters of Warehouse?" }).waitFor();
  await expect
    .poll(() => page.getByRole("dialog").textContent())
    .toContain("100 a second at most: the last one in about 3.2 sec");
  await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
  await expect
    .poll(() => statusOf(page).textContent())
    .toMatch(/^Replayed: 320\. The last one goes out in \d sec/);
  await expect.poll(() => countDead(dashboard, tenant)).toBe(180);

  await groupsOf(page).nth(1).getByRole("link", { name: "Dead letters" }).click();
  await page.getByRole("heading", { name: "Dead letters", level: 1 }).waitFor();
  const deadGroups = page.getByRole("list", { name: "Died alike" }).getByRole("listitem");
  await expect.poll(() => deadGroups.allTextContents()).toEqual([expect.stringMatching(/^130CRM422/)]);
  await confirm(page, deadGroups.first().getByRole("button", { name: "Dismiss …" }), "Dismiss");
  await expect.poll(() => statusOf(page).textContent()).toBe("Dismissed: 130.");
  await page.getByRole("button", { name: "Clear filters" }).first().click();
  await expect.poll(() => deadGroups.allTextContents()).toEqual([expect.stringMatching(/^50Ledger500/)]);
});

describe("the tail of failures", () => {
  test("keeps its place while new ones come, which wait behind a button", async () => {
    const tenant = await createTenant();
    await makeDead(dashboard, tenant, { count: 60, answer: { status: 500, body: "no" } });
    const page = await openSignedIn(`/ui/t/${tenant}/failures`);
    await expect.poll(() => rowsOf(page).count()).toBe(50);
    const row = rowsOf(page).nth(30);
    const text = await row.locator("a").first().getAttribute("href");
    await row.evaluate((element) => element.scrollIntoView({ block: "center" }));
    const topOf = () => row.evaluate((element) => element.getBoundingClientRect().top);
    const before = await topOf();
    await commitMany(
      dashboard,
      tenant,
      Array.from({ length: 12 }, () => ({})),
    );
    await untilDead(dashboard, tenant, 72);
    await page.getByRole("button", { name: "12 new" }).waitFor({ state: "attached" });
    expect(Math.abs((await topOf()) - before)).toBeLessThan(1);
    await expect.poll(() => row.locator("a").first().getAttribute("href")).toBe(text);
    await expect.poll(() => rowsOf(page).count()).toBe(50);

    await page.getByRole("button", { name: "12 new" }).click();
    await page.getByRole("button", { name: "12 new" }).waitFor({ state: "detached" });
    await expect.poll(() => rowsOf(page).nth(42).locator("a").first().getAttribute("href")).toBe(text);
  });

  test("is filtered by endpoint, error, status and time, each in the address, and each line opens its message", async () => {
    const tenant = await createTenant();
    const one = await makeDead(dashboard, tenant, { count: 2, answer: { status: 503 }, eventTypes: ["a"] });
    await makeDead(dashboard, tenant, {
      count: 3,
      answer: { status: 422 },
      description: "CRM",
      eventTypes: ["b"],
    });
    const page = await openSignedIn(`/ui/t/${tenant}/failures`);
    await expect.poll(() => rowsOf(page).count()).toBe(5);
    await page.getByLabel("Endpoint").selectOption("CRM");
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await expect.poll(() => groupsOf(page).count()).toBe(1);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Status").fill("503");
    await page.getByLabel("Status").press("Enter");
    await expect.poll(() => rowsOf(page).count()).toBe(2);
    await expect.poll(() => groupsOf(page).count()).toBe(1);
    await page.goto(`${page.url()}&error=timeout&until=2020-01-01T00:00:00Z`);
    await page.getByText("Nothing matches").waitFor();
    await page.goto(`/ui/t/${tenant}/failures?endpointId=${one.id}`);
    await expect.poll(() => rowsOf(page).count()).toBe(2);
    // Such an endpoint has no description: its URL is its name.
    await expect
      .poll(() => rowsOf(page).first().textContent())
      .toContain(one.hook.url.replace("http://", ""));
    await rowsOf(page).first().locator("a.opener").click();
    expect(new URL(page.url()).pathname).toBe(`/ui/t/${tenant}/m/${one.ids.at(-1)}`);
  });
});

test("an endpoint is paused from its group, and the page says so", async () => {
  const tenant = await createTenant();
  const { id } = await makeDead(dashboard, tenant, {
    count: 1,
    answer: { status: 500 },
    description: "Shop",
  });
  const page = await openSignedIn(`/ui/t/${tenant}/failures`);
  const pause = groupsOf(page).first().getByRole("button", { name: "Pause …" });
  await confirm(page, pause, "Pause");
  await expect.poll(() => statusOf(page).textContent()).toBe("Shop is paused.");
  expect(await call("GET", `tenants/${tenant}/endpoints/${id}`)).toMatchObject({ state: "paused" });
  await expect.poll(() => pause.getAttribute("title")).toBe("Shop is paused already");
});

test("the page is accessible empty and full, and tells when the outbox does not answer, with what was known", async () => {
  const tenant = await createTenant();
  const page = await openSignedIn(`/ui/t/${tenant}/failures`);
  await page.getByText("No failures", { exact: true }).waitFor();
  await expectAccessibleEverywhere(page);
  const answer = { status: 500, body: "<b>no</b> ".repeat(300) };
  await makeDead(dashboard, tenant, { count: 2, answer, description: "x".repeat(500) });
  await page.getByText("<b>no</b>").first().waitFor();
  await expectAccessibleEverywhere(page);
  await page.setViewportSize({ width: 320, height: 700 });
  await expectNoSidewaysScroll(page);

  await page.route("**/failures*", (route) => route.abort());
  await page.getByText("The outbox could not be reached").first().waitFor();
  await expect.poll(() => rowsOf(page).count()).toBe(2);
  await expectAccessibleEverywhere(page);
  await page.unroute("**/failures*");
  await page.getByRole("button", { name: "Try again" }).last().click();
  await expect.poll(() => page.getByText("The outbox could not be reached").count()).toBeLessThan(2);
  dashboard.forgive(UNANSWERED);
});
