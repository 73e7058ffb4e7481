import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const READER = "reader-token-of-a-test";
const dashboard = inDashboard({
  OPERATOR_TOKEN: `operator:admin:${OPERATOR_TOKEN},ada:read:${READER}`,
});
const { openSignedIn, call, createTenant, createEndpoint, commit, until } = dashboard;

const status = (page: Page) => page.getByRole("status").textContent();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");
const tile = (page: Page, name: string) => page.locator("a.tile", { hasText: name });
const chart = (page: Page, name: string) =>
  page.locator("section.panel", { hasText: name }).getByRole("slider");
const searchOf = (page: Page) => new URL(page.url()).searchParams;

/** A tenant that has one delivered and one dead delivery. */
async function createBusy(fields: object = {}): Promise<string> {
  const tenant = await createTenant();
  const { hook } = await createEndpoint(tenant, fields);
  await until(tenant, await commit(tenant), "delivered");
  await hook.answer({ status: 500 });
  await until(tenant, await commit(tenant, { orderingKey: "order-1" }), "dead");
  return tenant;
}

describe("the list of tenants", () => {
  test("without any says how to make one, and is accessible", async () => {
    const page = await openSignedIn("/ui/t");
    await page.getByText("No tenants yet").waitFor();
    await expect.poll(() => page.locator("pre").textContent()).toContain("v1/tenants");
    await expectAccessibleEverywhere(page);
  });

  test("gets one that is created in a dialog, whose page opens", async () => {
    const page = await openSignedIn("/ui/t");
    await button(page, "Create a tenant").first().click();
    await dialog(page).getByLabel("Id").fill("Acme!");
    await button(page, "Create").click();
    await expect.poll(() => dialog(page).getByLabel("Id").getAttribute("aria-invalid")).toBe("true");
    await dialog(page).locator(".wrong").getByText("beginning with a letter or a digit").waitFor();
    await expectAccessibleEverywhere(page);
    dashboard.forgive(422);
    await dialog(page).getByLabel("Id").fill("acme");
    await dialog(page).getByLabel("Name").fill("Acme Inc.");
    await button(page, "Create").click();
    await page.getByRole("heading", { level: 1, name: "Acme Inc." }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/ui/t/acme");
    expect(await call("GET", "tenants/acme")).toMatchObject({ name: "Acme Inc.", notifyEmail: null });
  });

  test("is searched by the beginning of an id and by a name, and filtered by state", async () => {
    for (const id of ["globex", "globular", "initech"]) await createTenant(id);
    await call("PATCH", "tenants/initech", { name: "The Globe" });
    await call("POST", "tenants/globular/pause");
    const page = await openSignedIn("/ui/t");
    const shown = () => page.getByRole("region", { name: "Tenants" }).locator("a.opener").allTextContents();
    await page.getByLabel("Id or name").fill("glob");
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await shown()).toSorted()).toEqual(["The Globe", "globex", "globular"]);
    await page.reload();
    await page.getByLabel("State").selectOption("paused");
    await expect.poll(shown).toEqual(["globular"]);
    await page.getByLabel("Id or name").fill("nothing of the kind");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing matches").waitFor();
    await page.locator(".empty").getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(async () => (await shown()).length).toBe(4);
  });
});

describe("a tenant's page", () => {
  test("tells how it stands, and its tiles lead to what they count", async () => {
    const tenant = await createBusy({ order: "strict" });
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await page.getByText("This tenant needs attention").waitFor();
    await chart(page, "Deliveries").waitFor();
    const hrefs = await page
      .locator("a.tile")
      .evaluateAll((all) =>
        all.map((link) => [
          link.querySelector(".name")?.textContent,
          link.querySelector("strong")?.textContent,
          link.getAttribute("href")?.replace(/since=[^&]+/, "since"),
        ]),
      );
    const to = (rest: string) => `/ui/t/${tenant}/${rest}`;
    expect(hrefs).toEqual([
      ["Committed", "2", to("messages?since")],
      ["Delivered", "1", to("deliveries?state=delivered&since")],
      ["Failing", "75%", to("failures?since")],
      ["Dead letters", "1", to("dead")],
      ["Late", "none", to("deliveries?state=pending")],
      ["Waiting", "0", to("deliveries?state=pending")],
      ["Blocked", "1", to("blocked")],
      ["Disabled", "0", to("endpoints?state=disabled")],
    ]);
    await tile(page, "Committed").click();
    await page.getByRole("heading", { level: 1, name: "Messages" }).waitFor();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(2);
  });

  test("follows what happens without a reload", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, {}, { status: 400 });
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await page.getByText("All is well").waitFor();
    await until(tenant, await commit(tenant), "dead");
    await page.getByText("This tenant needs attention").waitFor();
    await expect.poll(() => tile(page, "Dead letters").locator("strong").textContent()).toBe("1");
  });

  test("lists the endpoints that are not well, the worst first", async () => {
    const tenant = await createTenant();
    const { id: gone } = await createEndpoint(tenant, { description: "Gone" }, { status: 410 });
    await createEndpoint(tenant, { description: "Well" });
    const { id: paused } = await createEndpoint(tenant, { description: "Paused" });
    await call("POST", `tenants/${tenant}/endpoints/${paused}/pause`);
    await commit(tenant);
    await expect
      .poll(async () => (await call("GET", `tenants/${tenant}/endpoints/${gone}`)).stateReason)
      .toBe("gone");
    const page = await openSignedIn(`/ui/t/${tenant}`);
    const rows = page.getByRole("region", { name: "Endpoints by trouble" }).locator("tbody tr");
    await expect.poll(() => rows.locator("a.opener").allTextContents()).toEqual(["Gone", "Paused"]);
  });

  test("is paused and resumed by a dialog that says how many wait", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, {}, { instead: "hang" });
    for (let n = 0; n < 3; n++) await commit(tenant);
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await button(page, "Pause").click();
    await dialog(page).getByText("3 deliveries that are not settled will wait").waitFor();
    await expect
      .poll(() => button(page, "Cancel").evaluate((one) => one === document.activeElement))
      .toBe(true);
    await dialog(page).getByRole("button", { name: "Pause" }).click();
    await expect.poll(() => status(page)).toBe(`${tenant} is paused`);
    await page.getByText("This tenant is paused: nothing is sent").waitFor();
    await button(page, "Resume").click();
    await dialog(page).getByRole("button", { name: "Resume" }).click();
    await expect.poll(() => status(page)).toBe(`${tenant} is active`);
    expect((await call("GET", `tenants/${tenant}`)).state).toBe("active");
  });

  test("is changed: name, address and limits, each of which can be taken back", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await button(page, "Change").click();
    await dialog(page).getByLabel("Name").fill("Acme Ltd.");
    await dialog(page).getByLabel("E-mail for notices").fill("ada@example.com");
    await dialog(page).getByLabel("Senders of e-mails").fill("Shop@acme.example, *@mail.acme.example");
    await dialog(page).getByLabel("Messages a day").fill("10");
    await expectAccessibleEverywhere(page);
    await button(page, "Save").click();
    await page.getByRole("heading", { level: 1, name: "Acme Ltd." }).waitFor();
    expect(await call("GET", `tenants/${tenant}`)).toMatchObject({
      name: "Acme Ltd.",
      notifyEmail: "ada@example.com",
      senders: ["shop@acme.example", "*@mail.acme.example"],
      quota: { messagesPerDay: 10 },
    });
    await commit(tenant);
    await page.getByText("1 of 10 today").waitFor();
    await page.getByText("shop@acme.example, *@mail.acme.example").waitFor();
    await button(page, "Change").click();
    await dialog(page).getByLabel("Name").fill("Roastery");
    await button(page, "Save").click();
    await page.getByRole("heading", { level: 1, name: "Roastery" }).waitFor();
    await dialog(page).waitFor({ state: "hidden" });
    await button(page, "Change").click();
    for (const label of ["Name", "E-mail for notices", "Senders of e-mails", "Messages a day"]) {
      await dialog(page).getByLabel(label).fill("");
    }
    await button(page, "Save").click();
    await page.getByRole("heading", { level: 1, name: tenant }).waitFor();
    expect(await call("GET", `tenants/${tenant}`)).toMatchObject({
      name: null,
      notifyEmail: null,
      senders: null,
      quota: null,
    });
  });

  test("is deleted after its id was typed, and says how many deliveries are cancelled", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, {}, { instead: "hang" });
    await commit(tenant);
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await button(page, "Delete").click();
    await dialog(page).getByText("1 unsettled delivery is cancelled").waitFor();
    const confirm = dialog(page).getByRole("button", { name: "Delete" });
    await expect.poll(() => confirm.isDisabled()).toBe(true);
    await dialog(page).getByRole("textbox").fill(tenant);
    await confirm.click();
    await page.getByRole("heading", { level: 1, name: "Tenants" }).waitFor();
    await expect.poll(() => status(page)).toBe(`${tenant} is deleted`);
    const left = (await call("GET", "tenants?limit=100")).data;
    expect(left.map(({ id }: { id: string }) => id)).not.toContain(tenant);
  });

  test("keeps its actions in sight of who may only read, with the reason", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}`, {}, READER);
    await button(page, "Pause").waitFor();
    for (const name of ["Pause", "Change", "Delete"]) {
      await expect
        .poll(() => button(page, name).getAttribute("aria-disabled"), { message: name })
        .toBe("true");
    }
    await button(page, "Delete").click({ force: true });
    await expect.poll(() => status(page)).toBe('Your sign-in lacks the right "admin"');
    expect(await dialog(page).count()).toBe(0);
    await expectAccessibleEverywhere(page);
  });

  test("with trouble is accessible, and on a small screen is not scrolled sideways", async () => {
    const tenant = await createBusy({ description: `${"A".repeat(80)} <b>\u202e` });
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await page.getByText("This tenant needs attention").waitFor();
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 640 });
    await expectNoSidewaysScroll(page);
  });
});

describe("the portal's activity", () => {
  test("shows a tenant its own figures, and leads to the pages that the portal has", async () => {
    const tenant = await createBusy({ order: "strict" });
    const page = await dashboard.openPortal(tenant, ["read"], "/portal/activity");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.getByText("Something needs your attention").waitFor();
    await chart(page, "Deliveries").waitFor();
    const hrefs = await page
      .locator(".tile")
      .evaluateAll((all) =>
        all.map((one) => [one.querySelector(".name")?.textContent, one.getAttribute("href")?.split("?")[0]]),
      );
    expect(Object.fromEntries(hrefs)).toEqual({
      Committed: "/portal/messages",
      Delivered: "/portal/deliveries",
      Failing: undefined,
      "Dead letters": "/portal/dead",
      Late: "/portal/deliveries",
      Waiting: "/portal/deliveries",
      Blocked: "/portal/blocked",
      Disabled: "/portal/endpoints",
    });
    await expectAccessibleEverywhere(page);
    await button(page, "1 h").click();
    await expect.poll(() => asked.some((path) => path.endsWith("/series"))).toBe(true);
    expect(asked.filter((path) => !path.startsWith(`/v1/tenants/${tenant}/`))).toEqual([]);
  });
});

describe("the charts", () => {
  test("are read by the keyboard and as a table, and say that the newest span is not over", async () => {
    const tenant = await createBusy();
    const page = await openSignedIn(`/ui/t/${tenant}?span=30d`);
    const flow = chart(page, "Deliveries");
    await flow.focus();
    await page.keyboard.press("End");
    await expect
      .poll(() => flow.getAttribute("aria-valuetext"))
      .toMatch(/\(so far\): delivered 1, failed, tried again 2, dead 1$/);
    await page.keyboard.press("ArrowLeft");
    await expect
      .poll(() => flow.getAttribute("aria-valuetext"))
      .toMatch(/: delivered 0, failed, tried again 0, dead 0$/);
    await page.keyboard.press("Escape");
    const figure = page.locator("section.panel", { hasText: "From commit to delivery" });
    await figure.getByText("As a table").click();
    const rows = figure.locator("tbody tr");
    await expect.poll(() => rows.count()).toBe(31);
    await expect.poll(() => rows.last().textContent()).toMatch(/\(so far\).*ms/);
    await expect.poll(() => rows.first().locator("td").allTextContents()).toEqual(["–", "–", "–"]);
    await expectAccessibleEverywhere(page);
  });

  test("show a stretch that was drawn, or asked for by the keyboard, also after a reload", async () => {
    const tenant = await createBusy();
    const page = await openSignedIn(`/ui/t/${tenant}`);
    await button(page, "6 h").click();
    expect(searchOf(page).get("span")).toBe("6h");
    await page.reload();
    await expect.poll(() => button(page, "6 h").getAttribute("aria-pressed")).toBe("true");
    const flow = chart(page, "Deliveries");
    await flow.locator("svg").waitFor();
    const box = await flow.boundingBox();
    if (!box) throw new Error("The chart is not drawn");
    await page.mouse.move(box.x + box.width / 2, box.y + 80);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 20, box.y + 80, { steps: 4 });
    await page.mouse.up();
    const spanOf = () =>
      Date.parse(searchOf(page).get("until") ?? "") - Date.parse(searchOf(page).get("since") ?? "");
    await expect.poll(spanOf).toBeGreaterThan(2.5 * 3600_000);
    expect(spanOf()).toBeLessThan(3.5 * 3600_000);
    const drawn = spanOf();
    await page.reload();
    await flow.locator("svg").waitFor();
    await flow.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await expect.poll(spanOf).toBeLessThan(drawn / 2);
    await button(page, "Show all").click();
    await expect.poll(() => searchOf(page).has("since")).toBe(false);
    expect(searchOf(page).get("span")).toBe("6h");
  });

  test("follow the theme and the window", async () => {
    const tenant = await createBusy();
    const page = await openSignedIn(`/ui/t/${tenant}?span=1h`);
    const bars = chart(page, "Deliveries").locator("path.bars.bad").last();
    await bars.waitFor({ state: "attached" });
    const fill = () => bars.evaluate((one) => getComputedStyle(one).fill);
    const light = await fill();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await fill()).not.toBe(light);
    const width = () =>
      chart(page, "Deliveries")
        .locator("svg")
        .evaluate((one) => one.clientWidth);
    const wide = await width();
    await page.setViewportSize({ width: 400, height: 800 });
    await expect.poll(width).toBeLessThan(wide / 2);
    await expectNoSidewaysScroll(page);
  });
});
