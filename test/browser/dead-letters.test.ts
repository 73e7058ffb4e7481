import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { UNANSWERED } from "./browser.ts";
import { type Body, expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";
import { commitMany, confirm, countDead, makeDead, statusOf, untilDead } from "./dying.ts";

const dashboard = inDashboard({
  OPERATOR_TOKEN: `${OPERATOR_TOKEN},eve:read:a-token-that-only-reads`,
});
const { call, createTenant, openSignedIn } = dashboard;

const rowsOf = (page: Page) => page.getByRole("region", { name: "One by one" }).locator("tbody tr");
const groupsOf = (page: Page) => page.getByRole("list", { name: "Died alike" }).getByRole("listitem");
const button = (within: Pick<Page, "getByRole">, name: string) =>
  within.getByRole("button", { name, exact: true });
/** Writes that were carried out, by the audit. */
const writesOf = async (tenant: string, operation: string): Promise<number[]> => {
  const { data } = await call("GET", `tenants/${tenant}/audit?operation=${operation}`);
  return data.map(({ affected }: Body) => affected);
};
const isChange = (post: string | null) => post !== null && JSON.parse(post).dryRun !== true;

describe("a dead letter", () => {
  test("is found, its reason read, the receiver repaired, and it is replayed and goes", async () => {
    const tenant = await createTenant();
    const answer = { status: 500, body: "the disk of the warehouse is full" };
    const { hook, ids } = await makeDead(dashboard, tenant, { count: 1, answer, description: "Warehouse" });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    const row = rowsOf(page).first();
    await row.getByText("the disk of the warehouse is full").waitFor();
    await expect
      .poll(() => row.textContent())
      .toMatch(/order\.placed[\s\S]*Warehouse[\s\S]*500[\s\S]*gives up on this status/);

    await hook.answer({ status: 200 });
    await confirm(page, button(row, "Replay …"), "Replay");
    await expect.poll(() => statusOf(page).textContent()).toBe("Replayed: 1.");
    await dashboard.until(tenant, ids[0] ?? "", "delivered");
    await page.getByText("No dead letters").waitFor();
    await expect.poll(() => page.getByText("curl -X GET").isVisible()).toBe(true);
  });

  test("comes into the list without moving it, and leads to its message", async () => {
    const tenant = await createTenant();
    const { ids } = await makeDead(dashboard, tenant, { count: 3, answer: { status: 500 } });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await commitMany(dashboard, tenant, [{}, {}]);
    await untilDead(dashboard, tenant, 5);
    await button(page, "2 new").waitFor();
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await button(page, "2 new").click();
    await expect.poll(() => rowsOf(page).count()).toBe(5);
    const links = await rowsOf(page)
      .locator("a.opener")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links.slice(2)).toEqual(ids.toReversed().map((one) => `/ui/t/${tenant}/m/${one}`));
  });
});

describe("of many dead letters", () => {
  test("those that are selected are replayed, then all, and the API tells how many", async () => {
    const tenant = await createTenant();
    const { hook } = await makeDead(dashboard, tenant, { count: 6, answer: { status: 503 } });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await expect.poll(() => rowsOf(page).count()).toBe(6);
    await hook.answer({ status: 200 });
    for (const n of [0, 2, 4]) await rowsOf(page).nth(n).getByRole("checkbox").check();
    const bar = page.locator(".chosen");
    await expect.poll(() => bar.textContent()).toContain("3 selected");
    await confirm(page, button(bar, "Replay …"), "Replay");
    await expect.poll(() => statusOf(page).textContent()).toBe("Replayed: 3.");
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await expect.poll(() => bar.isHidden()).toBe(true);

    await page.keyboard.press("r");
    await page.getByRole("heading", { name: "Replay 3 dead letters?" }).waitFor();
    await expect.poll(() => page.locator(":focus").textContent()).toBe("Cancel");
    await button(page.getByRole("dialog"), "Replay").click();
    await page.getByText("No dead letters").waitFor();
    expect(await writesOf(tenant, "replayDeadLetters")).toEqual([3, 3]);
    await expect.poll(async () => (await hook.received()).length).toBe(12);
  });

  test("a group is replayed, another dismissed, and the counts follow", async () => {
    const tenant = await createTenant();
    const warehouse = { answer: { status: 503, body: "maintenance" }, description: "Warehouse" };
    const { hook } = await makeDead(dashboard, tenant, { ...warehouse, count: 4, eventTypes: ["a"] });
    const crm = { answer: { status: 422, body: "no such customer" }, description: "CRM" };
    await makeDead(dashboard, tenant, { ...crm, count: 3, eventTypes: ["b"] });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await expect.poll(() => groupsOf(page).count()).toBe(2);
    const [first = "", second = ""] = await groupsOf(page).allInnerTexts();
    expect(first).toMatch(/^4[\s\S]*Warehouse[\s\S]*503[\s\S]*maintenance/);
    expect(second).toMatch(/^3[\s\S]*CRM[\s\S]*422[\s\S]*no such customer/);

    await hook.answer({ status: 200 });
    await groupsOf(page).first().getByRole("button", { name: "Replay …" }).click();
    await page.getByRole("heading", { name: "Replay 4 dead letters of Warehouse?" }).waitFor();
    await button(page.getByRole("dialog"), "Replay").click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Replayed: 4.");
    await expect.poll(() => groupsOf(page).count()).toBe(1);

    await groupsOf(page).first().getByRole("link", { name: "Show these" }).click();
    await expect
      .poll(() => page.url())
      .toMatch(/endpointId=ep_\w+&reason=given_up&error=http_status&httpStatus=422/);
    await confirm(page, button(page, "Dismiss all that match …"), "Dismiss");
    await expect.poll(() => statusOf(page).textContent()).toBe("Dismissed: 3.");
    await page.getByText("Nothing matches").waitFor();
    await page.locator(".empty").getByRole("button", { name: "Clear filters" }).click();
    await page.getByText("No dead letters").waitFor();
    expect(await countDead(dashboard, tenant)).toBe(0);
    expect(await writesOf(tenant, "dismissDeadLetters")).toEqual([3]);
  });

  test("only those that match the filters are changed, and the filters stand in the address", async () => {
    const tenant = await createTenant();
    await makeDead(dashboard, tenant, { count: 2, answer: { status: 500 }, eventTypes: ["a"] });
    await makeDead(dashboard, tenant, { count: 3, answer: { status: 500 }, eventTypes: ["b"] });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await page.getByLabel("Event type").fill("b");
    await page.getByLabel("Event type").press("Enter");
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await page.getByLabel("Channel").selectOption("webhook");
    await page.getByLabel("Since").fill("2020-01-01T00:00");
    expect(new URL(page.url()).searchParams.get("since")).toMatch(/^20(19|20)-.*Z$/);
    await confirm(page, button(page, "Dismiss all that match …"), "Dismiss");
    await expect.poll(() => statusOf(page).textContent()).toBe("Dismissed: 3.");
    expect(await countDead(dashboard, tenant)).toBe(2);
    await page.reload();
    await expect.poll(() => page.getByLabel("Event type").inputValue()).toBe("b");
  });

  test("those that die while a replay runs are counted, and are not replayed with it", async () => {
    const tenant = await createTenant();
    await makeDead(dashboard, tenant, { count: 2, answer: { status: 500 } });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await page.route("**/dead-letters/dismiss", async (route) => {
      if (isChange(route.request().postData())) {
        await commitMany(dashboard, tenant, [{}, {}, {}]);
        await untilDead(dashboard, tenant, 5);
      }
      await route.continue();
    });
    await confirm(page, button(page, "Dismiss all …"), "Dismiss");
    await expect.poll(() => statusOf(page).textContent()).toBe("Dismissed: 2. 3 more died while this ran.");
    expect(await countDead(dashboard, tenant)).toBe(3);
  });
});

describe("a replay", () => {
  test("to a disabled endpoint says that it will wait, and enables it where that is ticked", async () => {
    const tenant = await createTenant();
    const made = await makeDead(dashboard, tenant, {
      count: 2,
      answer: { status: 500 },
      description: "Shop",
    });
    await call("POST", `tenants/${tenant}/endpoints/${made.id}/disable`);
    await made.hook.answer({ status: 200 });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await button(page, "Replay all …").click();
    await page.getByLabel("Enable Shop now").check();
    await button(page.getByRole("dialog"), "Replay").click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Shop is enabled. Replayed: 2.");
    for (const id of made.ids) await dashboard.until(tenant, id, "delivered");
  });

  test("happens once for a double click", async () => {
    const tenant = await createTenant();
    const { hook } = await makeDead(dashboard, tenant, { count: 2, answer: { status: 500 } });
    await hook.answer({ status: 200 });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    await button(page, "Replay all …").click();
    await button(page.getByRole("dialog"), "Replay").dblclick();
    await expect.poll(() => statusOf(page).textContent()).toBe("Replayed: 2.");
    expect(await writesOf(tenant, "replayDeadLetters")).toEqual([2]);
  });

  test("whose answers are lost says so, and tried again has happened once", async () => {
    const tenant = await createTenant();
    const { hook } = await makeDead(dashboard, tenant, { count: 2, answer: { status: 500 } });
    await hook.answer({ status: 200 });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    const keys: (string | undefined)[] = [];
    await page.route("**/dead-letters/replay", async (route) => {
      const request = route.request();
      if (!isChange(request.postData())) return route.continue();
      keys.push(request.headers()["idempotency-key"]);
      // The outbox carries it out, and the answer does not arrive.
      await route.fetch();
      return keys.length <= 4 ? route.abort() : route.fulfill({ response: await route.fetch() });
    });
    await confirm(page, button(page, "Replay all …"), "Replay");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("The outbox could not be reached").waitFor();
    await expect.poll(() => dialog.textContent()).toContain("Trying again is safe: it happens once.");
    await button(dialog, "Replay").click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Replayed: 2.");
    expect(new Set(keys).size).toBe(1);
    expect(await writesOf(tenant, "replayDeadLetters")).toEqual([2]);
    await expect.poll(async () => (await hook.received()).length).toBe(4);
    dashboard.forgive(UNANSWERED);
  });

  const asOf = "2026-11-23T23:10:00.000Z";
  const slice = (matched: number, replayed: number) => ({
    json: { matched, replayed, left: matched - replayed, capped: false, asOf },
    status: 202,
  });

  test("of many goes on in slices, shows how far it is, and can be stopped between them", async () => {
    const tenant = await createTenant();
    await makeDead(dashboard, tenant, { count: 1, answer: { status: 500 } });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    let left = 23_410;
    const seen: string[] = [];
    const stopped = Promise.withResolvers<void>();
    await page.route("**/dead-letters/replay", async (route) => {
      const body = route.request().postData() ?? "";
      if (!isChange(body)) return route.fulfill(slice(left, 0));
      seen.push(JSON.parse(body).asOf);
      if (seen.length === 2) await stopped.promise;
      left -= 10_000;
      return route.fulfill(slice(left + 10_000, 10_000));
    });
    await button(page, "Replay all …").click();
    await page.getByRole("heading", { name: "Replay 23,410 dead letters?" }).waitFor();
    const dialog = page.getByRole("dialog");
    await expect
      .poll(() => dialog.textContent())
      .toContain("100 a second at most: the last one in about 1 min 40 sec.");
    await button(dialog, "Replay").click();
    await dialog.getByText("10,000 of 23,410").waitFor();
    await button(dialog, "Stop").click();
    stopped.resolve();
    await expect
      .poll(() => statusOf(page).textContent())
      .toMatch(/^Replayed: 20,000\. .* Stopped. Left: 3,410\.$/);
    expect(seen).toEqual([asOf, asOf]);
  });

  test("whose answer the outbox has lost says that it happened, and that its figure is not known", async () => {
    const tenant = await createTenant();
    await makeDead(dashboard, tenant, { count: 1, answer: { status: 500 } });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`);
    let changes = 0;
    await page.route("**/dead-letters/replay", (route) => {
      if (!isChange(route.request().postData())) return route.fulfill(slice(7, 0));
      const problem = { status: 409, json: { code: "request_unanswered", title: "Answer not known" } };
      return ++changes <= 4 ? route.fulfill(problem) : route.fulfill(slice(0, 0));
    });
    await confirm(page, button(page, "Replay all …"), "Replay");
    await expect
      .poll(() => statusOf(page).textContent())
      .toMatch(/^Replayed: 0\. The answer to one request was lost: it was carried out once/);
    dashboard.forgive(409);
  });
});

describe("whoever may only read", () => {
  const expectOnlyRead = async (page: Page, right: string) => {
    const writes: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET" && request.url().includes("/v1/")) writes.push(request.url());
    });
    await rowsOf(page).first().waitFor();
    const buttons = await page.getByRole("button", { name: /^(Replay|Dismiss).*…$/ }).all();
    expect(buttons.length).toBeGreaterThan(4);
    for (const one of buttons.filter((_, n) => n < 5)) {
      await expect.poll(() => one.getAttribute("aria-disabled")).toBe("true");
      await expect.poll(() => one.getAttribute("title")).toBe(right);
      await one.click({ force: true });
    }
    await expect.poll(() => statusOf(page).textContent()).toBe(right);
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(writes).toEqual([]);
  };
  const right = 'Your sign-in lacks the right "manage"';

  test("of the operators sees the pages, is told which right is lacking, and sends nothing", async () => {
    const tenant = await createTenant();
    await makeDead(dashboard, tenant, { count: 2, answer: { status: 500 } });
    const page = await openSignedIn(`/ui/t/${tenant}/dead`, {}, "a-token-that-only-reads");
    await expectOnlyRead(page, right);
  });

  test("of a tenant does so in the portal; with the scope to manage it replays there", async () => {
    const tenant = await createTenant();
    const { hook, ids } = await makeDead(dashboard, tenant, { count: 2, answer: { status: 500 } });
    await expectOnlyRead(await dashboard.openPortal(tenant, ["read"], "/portal/dead"), right);

    await hook.answer({ status: 200 });
    const page = await dashboard.openPortal(tenant, ["read", "manage"], "/portal/dead");
    await confirm(page, button(page, "Replay all …"), "Replay");
    await page.getByText("No dead letters").waitFor();
    for (const id of ids) await dashboard.until(tenant, id, "delivered");
  });
});

test("the dead letters of all tenants lead into each tenant", async () => {
  const tenants = [await createTenant(), await createTenant()];
  for (const tenant of tenants) {
    await makeDead(dashboard, tenant, { count: 1, answer: { status: 500 }, description: `Of ${tenant}` });
  }
  const page = await openSignedIn("/ui/dead");
  for (const tenant of tenants) {
    const group = groupsOf(page).filter({ hasText: tenant });
    await group.getByRole("link", { name: "Show these" }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/ui/t/${tenant}/dead`);
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.goBack();
    await groupsOf(page).first().waitFor();
  }
  await expectNoSidewaysScroll(page);
  await expectAccessibleEverywhere(page);
});

test("the pages are accessible: empty, full, filtered, with an open dialog, and 320 pixels wide", async () => {
  const tenant = await createTenant();
  const page = await openSignedIn(`/ui/t/${tenant}/dead`);
  await page.getByText("No dead letters").waitFor();
  await expectAccessibleEverywhere(page);
  const hostile = { status: 500, body: "<script>alert(1)</script> \u202e javascript:alert(2) ".repeat(40) };
  const description = "A very long description of an endpoint that nobody would give, in one line ".repeat(3);
  await makeDead(dashboard, tenant, { count: 3, answer: hostile, description });
  await page.getByText("⟨202e⟩").first().waitFor();
  await expectAccessibleEverywhere(page);
  await page.setViewportSize({ width: 320, height: 700 });
  await expectNoSidewaysScroll(page);
  await rowsOf(page).first().getByRole("checkbox").check();
  await button(page, "Replay all …").click();
  await page.getByRole("heading", { name: "Replay 3 dead letters?" }).waitFor();
  await expectAccessibleEverywhere(page);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator(":focus").textContent()).toBe("Replay all …");
  await page.goto(`/ui/t/${tenant}/dead?eventType=other`);
  await page.getByText("Nothing matches").waitFor();
  await expectAccessibleEverywhere(page);
});
