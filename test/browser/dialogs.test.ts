import type { Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();
const { call, commit, createEndpoint, createTenant, openSignedIn, until } = dashboard;

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const openDialogs = (page: Page) => page.locator("dialog[open]").count();
const statusOf = (page: Page) => page.getByRole("status");

/** A browser closes a dialog whose closing was prevented before. */
async function pressEscape(page: Page, times = 4): Promise<void> {
  for (let n = 0; n < times; n++) await page.keyboard.press("Escape");
}

/** Counts how often the open dialog is closed from now on, if only to be opened again. */
async function countClosings(page: Page): Promise<() => Promise<number>> {
  const dialog = page.locator("dialog[open]");
  await dialog.evaluate((dialog) => {
    dialog.dataset["closings"] = "0";
    dialog.addEventListener("close", () => {
      dialog.dataset["closings"] = String(Number(dialog.dataset["closings"]) + 1);
    });
  });
  return async () => Number(await page.locator("dialog").getAttribute("data-closings"));
}

/** Answers that wait until they are let go. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { until: promise, letGo: resolve };
}

describe("a dialog that must not be closed", () => {
  test("shows a secret until somebody has kept it, however often one presses Escape", async () => {
    const page = await openSignedIn(`/ui/t/${await createTenant()}/tokens`);
    await button(page, "Issue a token").click();
    await page.getByRole("dialog").getByRole("button", { name: "Issue a token" }).click();
    const shown = page.getByRole("dialog").locator("pre");
    await shown.waitFor();
    await pressEscape(page);
    expect(await openDialogs(page)).toBe(1);
    await expect.poll(() => shown.textContent()).toMatch(/^\S{20,}$/);
    await page.getByRole("dialog").locator("button.primary").click();
    await expect.poll(() => openDialogs(page)).toBe(0);
  });

  test("tells the refusal of an action that was under way, and leaves the page live", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant);
    const page = await openSignedIn(`/ui/t/${tenant}/e/${id}`);
    const answer = held();
    await page.route("**/pause", async (route) => {
      await answer.until;
      await route.fulfill({ status: 409, json: { code: "refused", title: "Not now" } });
    });
    await button(page, "Pause").click();
    await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await page.getByRole("dialog").getByText("Working …").waitFor();
    const closings = await countClosings(page);
    await pressEscape(page);
    expect(await closings()).toBe(0);
    expect(await openDialogs(page)).toBe(1);
    answer.letGo();
    await page.getByRole("dialog").getByRole("alert").getByText("Not now").waitFor();
    await pressEscape(page, 1);
    await expect.poll(() => openDialogs(page)).toBe(0);
    await call("POST", `tenants/${tenant}/endpoints/${id}/pause`);
    await page.locator(".endpoint-head").getByText("paused").waitFor();
    dashboard.forgive(409);
  });
});

describe("an answer", () => {
  test("that is cut in its middle is told, and read again", async () => {
    const tenant = await createTenant();
    await commit(tenant);
    const page = await openSignedIn(`/ui/t/${tenant}`);
    const cut = (route: Route) => route.fulfill({ contentType: "application/json", body: '{"data": [{' });
    await page.route("**/v1/**/messages*", cut);
    await page.getByRole("link", { name: "Messages", exact: true }).first().click();
    await page.getByText("The outbox could not be reached").waitFor();
    await page.unroute("**/v1/**/messages*");
    await page.locator("tr[data-row]").waitFor();
  });

  test("to an action that is cut says that it may have happened", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant);
    const page = await openSignedIn(`/ui/t/${tenant}/e/${id}`);
    await page.route("**/pause", async (route) => {
      await route.fetch();
      await route.fulfill({ contentType: "application/json", body: '{"id": "' });
    });
    await button(page, "Pause").click();
    await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await page.getByText("It may have happened all the same.").waitFor();
    expect(await call("GET", `tenants/${tenant}/endpoints/${id}`)).toMatchObject({ state: "paused" });
  });

  test("that was under way before an action is not what the page shows after it", async () => {
    const tenant = await createTenant();
    await call("POST", `tenants/${tenant}/tokens`, { scopes: ["read"], description: "Before" });
    const page = await openSignedIn(`/ui/t/${tenant}/tokens`);
    await page.getByRole("row").filter({ hasText: "Before" }).waitFor();
    await button(page, "Issue a token").click();
    await page.getByRole("dialog").getByLabel("Description").fill("After");
    const earlier = held();
    const isAsked = held();
    let readings = 0;
    await page.route("**/v1/**/tokens", async (route) => {
      if (route.request().method() !== "GET" || ++readings > 1) return route.fallback();
      const response = await route.fetch();
      isAsked.letGo();
      await earlier.until;
      await route.fulfill({ response });
    });
    await isAsked.until;
    await page.getByRole("dialog").getByRole("button", { name: "Issue a token" }).click();
    await page.getByRole("dialog").locator("pre").waitFor();
    earlier.letGo();
    await page.getByRole("dialog").locator("button.primary").click();
    await page.getByRole("row").filter({ hasText: "After" }).waitFor();
  });
});

test("a change of a tenant leaves alone what somebody else has changed meanwhile", async () => {
  const tenant = await createTenant();
  const page = await openSignedIn(`/ui/t/${tenant}`);
  await button(page, "Change").click();
  await page.getByRole("dialog").getByLabel("messages").fill("5000");
  await call("PATCH", `tenants/${tenant}`, { name: "Beta GmbH" });
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect.poll(() => openDialogs(page)).toBe(0);
  expect(await call("GET", `tenants/${tenant}`)).toMatchObject({
    name: "Beta GmbH",
    quota: { messagesPerDay: 5000 },
  });
});

test("a token that is gone already counts as revoked", async () => {
  const tenant = await createTenant();
  const { id } = await call("POST", `tenants/${tenant}/tokens`, { scopes: ["read"], description: "Old" });
  const page = await openSignedIn(`/ui/t/${tenant}/tokens`);
  await button(page, "Revoke").click();
  await call("DELETE", `tenants/${tenant}/tokens/${id}`);
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect.poll(() => openDialogs(page)).toBe(0);
  await page.getByText("No tokens yet").waitFor();
  dashboard.forgive(404);
});

test("the line of an action ends when one goes to another page", async () => {
  const tenant = await createTenant();
  const { id } = await createEndpoint(tenant, { description: "Shop" });
  const page = await openSignedIn(`/ui/t/${tenant}/e/${id}`);
  await button(page, "Pause").click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await statusOf(page).getByText("Shop is paused.").waitFor();
  await page.getByRole("link", { name: "Messages", exact: true }).first().click();
  await page.getByRole("heading", { name: "Messages" }).waitFor();
  await expect.poll(() => page.getByText("Shop is paused.").count()).toBe(0);
});

test("rows that newer ones have pushed off a page stay selected", async () => {
  const tenant = await createTenant();
  await createEndpoint(tenant, {}, { status: 400 });
  const first = await commit(tenant);
  await until(tenant, first, "dead");
  const page = await openSignedIn(`/ui/t/${tenant}/deliveries?state=dead`);
  await page.locator("tr[data-row]").getByRole("checkbox").check();
  await page.getByText("1 selected").waitFor();
  await page.route("**/v1/**/deliveries*", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    // A page so full that the newer ones have pushed it off.
    await route.fulfill({
      response,
      json: { ...body, data: body.data.filter((one: { messageId: string }) => one.messageId !== first) },
    });
  });
  await until(tenant, await commit(tenant), "dead");
  await page.getByRole("button", { name: "1 new" }).waitFor();
  await expect.poll(() => page.getByText("1 selected").count()).toBe(1);
});

test("a span that there is not is no reason to draw nothing", async () => {
  const tenant = await createTenant();
  const page = await openSignedIn(`/ui/t/${tenant}?span=toString`);
  await page.getByText("All is well").waitFor();
});
