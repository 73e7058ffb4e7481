import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();

const box = (page: Page) => page.getByRole("combobox", { name: /^Search, go to a page/ });
const option = (page: Page, name: string | RegExp) => page.getByRole("option", { name });
const inGroup = (page: Page, name: string) =>
  page.getByRole("group", { name, exact: true }).getByRole("option");
const told = (page: Page) => page.getByRole("dialog").getByRole("status");

async function openPalette(tenant: string, typed = ""): Promise<Page> {
  const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types`);
  await page.keyboard.press("/");
  await page.keyboard.type(typed);
  return page;
}

describe("the palette", () => {
  test("opens by /, Ctrl K and its button, loses no key, and gives the focus back when it closes", async () => {
    const page = await openPalette(await dashboard.createTenant(), "tokens");
    await expect.poll(() => box(page).inputValue()).toBe("tokens");
    await page.keyboard.press("Escape");
    await box(page).waitFor({ state: "detached" });
    const role = await page.evaluate(async () => {
      dispatchEvent(new KeyboardEvent("keydown", { key: "/" }));
      await Promise.resolve();
      return document.activeElement?.role;
    });
    expect(role, "has the focus before another key can come").toBe("combobox");
    await page.keyboard.press("Escape");
    await box(page).waitFor({ state: "detached" });
    const seek = page.getByRole("banner").getByRole("button", { name: "Search" });
    await seek.focus();
    for (const key of ["Control+k", "Meta+k", "Enter"]) {
      await page.keyboard.press(key);
      await box(page).waitFor();
      await expect.poll(() => box(page).evaluate((one) => one === document.activeElement)).toBe(true);
      await page.keyboard.press("Escape");
      await box(page).waitFor({ state: "detached" });
      await expect.poll(() => seek.evaluate((one) => one === document.activeElement)).toBe(true);
    }
    await seek.click();
    await page.mouse.click(10, 790);
    await box(page).waitFor({ state: "detached" });
  });

  test("is a combobox with a list: arrows move in it and around its ends, Enter goes to the page", async () => {
    const tenant = await dashboard.createTenant();
    const page = await openPalette(tenant);
    const active = async () => {
      const id = await box(page).getAttribute("aria-activedescendant");
      return page.locator(`[id="${id}"][aria-selected=true]`).textContent();
    };
    await expect.poll(() => box(page).getAttribute("aria-expanded")).toBe("true");
    const all = await page.getByRole("dialog").getByRole("option").allTextContents();
    expect(await active()).toBe(all[0]);
    await page.keyboard.press("ArrowUp");
    expect(await active()).toBe(all.at(-1));
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await active()).toBe(all[1]);
    await page.keyboard.type("blocked");
    expect(await active()).toBe("Blocked keys");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/t/${tenant}/blocked`);
    await expect.poll(() => page.locator("h1:focus").count()).toBe(1);
    expect(await box(page).count()).toBe(0);
  });

  test("does what the page offers, and what opens has the focus", async () => {
    const tenant = await dashboard.createTenant();
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/tokens`);
    await page.keyboard.press("/");
    await expect
      .poll(() => inGroup(page, "On this page").allTextContents())
      .toEqual(["Link to the portal", "Issue a token"]);
    await page.keyboard.type("issue");
    await page.keyboard.press("Enter");
    const opened = page.getByRole("dialog", { name: "Issue a token" });
    await opened.waitFor();
    await expect.poll(() => opened.evaluate((one) => one.contains(document.activeElement))).toBe(true);
  });

  test("has hints for what can be typed", async () => {
    const page = await openPalette(await dashboard.createTenant());
    for (const prefix of ["msg_…", "key:", "text:", "type:", "state:"]) {
      await expect
        .poll(() => page.getByRole("dialog").getByText(prefix).count(), { message: prefix })
        .toBe(1);
    }
  });

  test("opens a finding beside the page, if a key is held", async () => {
    const tenant = await dashboard.createTenant();
    const page = await openPalette(tenant);
    const opened = page.context().waitForEvent("page");
    await option(page, "Tokens").click({ modifiers: ["Control"] });
    await (await opened).getByRole("heading", { level: 1, name: "Tokens" }).waitFor();
    expect(page.url()).toContain("/types");
  });

  test("is accessible, empty and with findings, and fits a narrow window", async () => {
    const tenant = await dashboard.createTenant();
    await dashboard.commit(tenant, { orderingKey: "order-1001" });
    const page = await openPalette(tenant);
    await expectAccessibleEverywhere(page);
    await page.keyboard.type("order-1001");
    await inGroup(page, "Messages").first().waitFor();
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 600 });
    await expectNoSidewaysScroll(page);
  });
});

describe("a search", () => {
  test("finds a message, an endpoint and a token by id, though they are another tenant's", async () => {
    const other = await dashboard.createTenant();
    const message = await dashboard.commit(other);
    const { id: endpoint } = await dashboard.createEndpoint(other, { description: "The warehouse" });
    const { id: token } = await dashboard.call("POST", `tenants/${other}/tokens`, { scopes: ["read"] });
    const page = await openPalette(await dashboard.createTenant());
    for (const [id, group, path] of [
      [message, "Messages", `m/${message}`],
      [endpoint, "Endpoints", `e/${endpoint}`],
      [token, "Tokens", "tokens"],
    ]) {
      await box(page).fill(id ?? "");
      const found = inGroup(page, group ?? "");
      await found.filter({ hasText: id ?? "" }).waitFor();
      await expect.poll(() => found.textContent()).toContain(other);
      await expect.poll(() => found.getAttribute("href")).toBe(`/ui/t/${other}/${path}`);
    }
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/t/${other}/tokens`);
  });

  test("finds tenants by name from a page of all tenants", async () => {
    const tenant = await dashboard.createTenant();
    await dashboard.call("PATCH", `tenants/${tenant}`, { name: `The name of ${tenant}` });
    const page = await dashboard.openSignedIn("/ui/");
    await page.keyboard.press("Control+k");
    await page.keyboard.type(`name of ${tenant}`);
    await inGroup(page, "Tenants")
      .filter({ hasText: `The name of ${tenant}` })
      .waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/t/${tenant}`);
  });

  test("finds by ordering key and idempotency key, within the tenant", async () => {
    const tenant = await dashboard.createTenant();
    const ordered = await dashboard.commit(tenant, { orderingKey: "order-7" });
    const body = { eventType: "order.placed", payload: 1 };
    const keyed = await dashboard.call("POST", `tenants/${tenant}/messages`, body, {
      "idempotency-key": "once-7",
    });
    const page = await openPalette(tenant, "order-7");
    await option(page, `${ordered} order.placed · order-7 · by its ordering key`).waitFor();
    await box(page).fill("key:once-7");
    await option(page, new RegExp(`^${keyed.id} .*by its idempotency key`)).waitFor();
  });

  test("finds endpoints of the tenant by description and address", async () => {
    const tenant = await dashboard.createTenant();
    const { id, hook } = await dashboard.createEndpoint(tenant, { description: "The warehouse" });
    const page = await openPalette(tenant, "wareh");
    await expect
      .poll(() => inGroup(page, "Endpoints of this tenant").textContent())
      .toContain("The warehouse");
    await box(page).fill(hook.url.slice(-8));
    await inGroup(page, "Endpoints of this tenant").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/t/${tenant}/e/${id}`);
  });

  test("that finds nothing by a bare word offers its text in payloads, and then looks there", async () => {
    const tenant = await dashboard.createTenant();
    const id = await dashboard.commit(tenant, { payload: { customer: "grace-hopper" } });
    const page = await openPalette(tenant, "grace-hopper");
    await told(page).getByText("Nothing found. Messages looked through: 1, all.").waitFor();
    await option(page, `Search the payloads of ${tenant} for grace-hopper`).click();
    await expect.poll(() => box(page).inputValue()).toBe("text:grace-hopper");
    await option(page, new RegExp(`^${id} .*in its payload`)).waitFor();
  });

  test("looks wider than its tenant when asked to, and narrower again", async () => {
    const other = await dashboard.createTenant();
    const page = await openPalette(await dashboard.createTenant(), other);
    await told(page).getByText("Nothing found.").waitFor();
    await option(page, "Search all tenants").click();
    await inGroup(page, "Tenants").filter({ hasText: other }).waitFor();
    await option(page, /^Search only/).click();
    await told(page).getByText("Nothing found.").waitFor();
  });

  test("tells how far it looked, and looks further back when asked to", async () => {
    const tenant = await dashboard.createTenant();
    const first = await dashboard.commit(tenant, { payload: { mark: "needle" } });
    const messages = Array.from({ length: 100 }, (_, n) => ({ eventType: "hay", payload: { n } }));
    for (let pack = 0; pack < 10; pack++)
      await dashboard.call("POST", `tenants/${tenant}/messages/batch`, { messages });
    const page = await openPalette(tenant, "text:needle");
    await told(page).getByText("Nothing found. Looked through the newest 1,000 of 1,001 messages.").waitFor();
    await option(page, "Look further").click();
    await option(page, new RegExp(`^${first} `)).waitFor();
    await told(page).getByText("Messages looked through: 1,001, all.").waitFor();
    expect(await option(page, "Look further").count()).toBe(0);
  });

  test("by a prefix of a list leads to the list with its filter, and asks the API nothing", async () => {
    const tenant = await dashboard.createTenant();
    const page = await openPalette(tenant);
    const asked: string[] = [];
    page.on("request", (request) => request.url().includes("/search") && asked.push(request.url()));
    await page.keyboard.type("type:order.placed");
    await option(page, "Messages: order.placed").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/t/${tenant}/messages?eventType=order.placed`);
    expect(asked).toEqual([]);
  });

  test("for text on a page of all tenants says that it wants a tenant", async () => {
    const page = await dashboard.openSignedIn("/ui/");
    await page.keyboard.press("/");
    await page.keyboard.type("text:needle");
    await told(page).getByText("Payloads are searched within one tenant: go to its pages first.").waitFor();
  });

  test("shows hostile names and keys as the text that they are", async () => {
    const tenant = await dashboard.createTenant();
    await dashboard.createEndpoint(tenant, { description: "<script>alert(1)</script>\u202egnp" });
    await dashboard.commit(tenant, { orderingKey: "<img src=x onerror=alert(1)>" });
    const page = await openPalette(tenant, "<script>");
    await page.getByText("<script>alert(1)</script>⟨202e⟩gnp").waitFor();
    await box(page).fill("<img src=x onerror=alert(1)>");
    await inGroup(page, "Messages").filter({ hasText: "<img src=x onerror=alert(1)>" }).waitFor();
  });

  test("that the API refuses says so in the API's words", async () => {
    const page = await openPalette(await dashboard.createTenant(), "a");
    await box(page).fill("x".repeat(600));
    await told(page).getByText("q: must have at most 512 characters").waitFor();
    dashboard.forgive(422);
  });
});

test("the portal's palette goes to its pages and to its own messages by id, and never calls the search", async () => {
  const tenant = await dashboard.createTenant();
  const message = await dashboard.commit(tenant);
  const page = await dashboard.openPortal(tenant, ["read"], "/portal/types");
  const asked: string[] = [];
  page.on("request", (request) => request.url().includes("/search") && asked.push(request.url()));
  await page.keyboard.press("/");
  await expect
    .poll(() => inGroup(page, "Go to").allTextContents())
    .toEqual([
      "Endpoints",
      "Messages",
      "Deliveries",
      "Dead letters",
      "Blocked keys",
      "Event types",
      "Activity",
    ]);
  await page.keyboard.type(message);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/portal/m/${message}`);
  expect(asked).toEqual([]);
});
