import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { waitUntil } from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";
import { commitMany, confirm, FATAL, statusOf } from "./dying.ts";
import { expectRefusals } from "./endpoints.ts";

const dashboard = inDashboard();
const { call, createTenant, openSignedIn } = dashboard;

const blockedKeysOf = async (tenant: string): Promise<{ orderingKey: string; waiting: number }[]> =>
  (await call("GET", `tenants/${tenant}/blocked-keys`)).data;

/** A strict endpoint whose keys have so many messages each, the first of which is refused. */
async function block(tenant: string, keys: Record<string, number>) {
  const fields = { ...FATAL, order: "strict", description: "Ledger" };
  const endpoint = await dashboard.createEndpoint(tenant, fields, { status: 500, body: "out of balance" });
  const messages = Object.entries(keys).flatMap(([orderingKey, count]) =>
    Array.from({ length: count }, () => ({ orderingKey })),
  );
  const ids = await commitMany(dashboard, tenant, messages);
  const wanted = Object.keys(keys).length;
  await waitUntil("the keys to be blocked", async () => (await blockedKeysOf(tenant)).length === wanted);
  return { ...endpoint, ids };
}

const rowsOf = (page: Page) => page.locator("tbody tr");
const orderOf = async (hook: { received(): Promise<{ headers: Record<string, string> }[]> }) =>
  (await hook.received()).map(({ headers }) => headers["webhook-id"]);

describe("a blocked key", () => {
  test("is listed by its endpoint, opened, its line read in its order, skipped, and the next goes", async () => {
    const tenant = await createTenant();
    const { hook, ids, id } = await block(tenant, { "order/1001 ?&": 4 });
    const page = await openSignedIn(`/ui/t/${tenant}/blocked`);
    await rowsOf(page).first().waitFor();
    await expect
      .poll(() => rowsOf(page).allTextContents())
      .toEqual([
        expect.stringMatching(
          /^order\/1001 \?&3.*order\.placed 500its endpoint gives up on this statusout of balance$/,
        ),
      ]);
    await rowsOf(page).getByRole("link").click();
    await page.getByRole("heading", { name: "Key order/1001 ?&" }).waitFor();
    await page.getByText("out of balance").waitFor();
    const links = rowsOf(page).locator("a.opener");
    await expect.poll(() => links.count()).toBe(3);
    const line = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(line).toEqual(ids.slice(1).map((one) => `/ui/t/${tenant}/m/${one}`));

    await hook.answer({ status: 200 });
    await page.getByRole("button", { name: "Skip head …" }).click();
    await expect
      .poll(() => page.getByRole("dialog").textContent())
      .toContain("the receiver has not had this one before it");
    await page.getByRole("dialog").getByRole("button", { name: "Skip head", exact: true }).click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Skipped: the key goes on.");
    await page.getByText("Nothing blocks this key any more.").waitFor();
    for (const one of ids.slice(1)) await dashboard.until(tenant, one, "delivered");
    expect(await orderOf(hook)).toEqual(ids);
    expect(await call("GET", `tenants/${tenant}/messages/${ids[0]}/deliveries/${id}`)).toMatchObject({
      state: "dead",
      blocksKey: false,
    });
  });

  test("keeps its order when its head is replayed", async () => {
    const tenant = await createTenant();
    const { hook, ids } = await block(tenant, { k: 3 });
    await hook.answer({ status: 200 });
    const page = await openSignedIn(`/ui/t/${tenant}/blocked`);
    await rowsOf(page).getByRole("link").click();
    await page.getByRole("button", { name: "Replay head …" }).click();
    await expect.poll(() => page.getByRole("dialog").textContent()).toContain("No order is given up.");
    await page.getByRole("dialog").getByRole("button", { name: "Replay head", exact: true }).click();
    await page.getByText("Nothing blocks this key any more.").waitFor();
    for (const one of ids) await dashboard.until(tenant, one, "delivered");
    expect(await orderOf(hook)).toEqual([ids[0], ...ids]);
  });

  test("goes on when its head is dismissed, which is no dead letter any more", async () => {
    const tenant = await createTenant();
    const { hook, ids, id } = await block(tenant, { k: 2 });
    await hook.answer({ status: 200 });
    const page = await openSignedIn(`/ui/t/${tenant}/blocked`);
    await rowsOf(page).getByRole("link").click();
    await confirm(page, page.getByRole("button", { name: "Dismiss head …" }), "Dismiss head");
    await expect.poll(() => statusOf(page).textContent()).toBe("Dismissed: the key goes on.");
    await dashboard.until(tenant, ids[1] ?? "", "delivered");
    expect(await call("GET", `tenants/${tenant}/messages/${ids[0]}/deliveries/${id}`)).toMatchObject({
      state: "cancelled",
      reason: "dismissed",
    });
  });
});

describe("the blocked keys of an endpoint", () => {
  test("are skipped all at once, as many as were counted, and those that are blocked again are told", async () => {
    const tenant = await createTenant();
    const { hook } = await block(tenant, { a: 3, b: 3, c: 1 });
    const page = await openSignedIn(`/ui/t/${tenant}/blocked`);
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    const skips: string[] = [];
    await page.route("**/skip", async (route) => {
      const body = route.request().postData() ?? "";
      const isCount = JSON.parse(body).dryRun === true;
      if (!isCount) skips.push(body);
      // The next heads die before the page counts again.
      if (isCount && skips.length > 0)
        await waitUntil("the next heads to be dead", async () => (await blockedKeysOf(tenant)).length === 2);
      return route.continue();
    });
    await page.getByRole("button", { name: "Skip all …" }).click();
    await page.getByRole("heading", { name: "Skip 3 dead heads of Ledger?" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Skip", exact: true }).click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Skipped: 3. Blocked again or since: 2.");
    expect(skips).toHaveLength(1);
    expect((await blockedKeysOf(tenant)).map(({ orderingKey, waiting }) => [orderingKey, waiting])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect(await hook.received()).toHaveLength(5);
  });

  test("all go on when the endpoint is made lenient, in the version that was seen", async () => {
    const tenant = await createTenant();
    const { hook, ids, id } = await block(tenant, { a: 2, b: 2 });
    await hook.answer({ status: 200 });
    const page = await openSignedIn(`/ui/t/${tenant}/blocked`);
    await page.getByRole("button", { name: "Make lenient …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("lets the later ones of its key pass").waitFor();
    // Somebody changes the endpoint meanwhile.
    await call("PATCH", `tenants/${tenant}/endpoints/${id}`, { description: "Ledger of Bilbao" });
    await dialog.getByRole("button", { name: "Make lenient", exact: true }).click();
    await dialog.getByText("version_conflict").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await confirm(page, page.getByRole("button", { name: "Make lenient …" }), "Make lenient");
    await expect.poll(() => statusOf(page).textContent()).toMatch(/is lenient now: its keys go on\.$/);
    for (const n of [1, 3]) await dashboard.until(tenant, ids[n] ?? "", "delivered");
    await page.getByText("No blocked keys").waitFor();
    await expectRefusals(dashboard, 412);
  });
});

test("the pages are accessible: empty, full, and that of a key, also 320 pixels wide", async () => {
  const tenant = await createTenant();
  const page = await openSignedIn(`/ui/t/${tenant}/blocked`);
  await page.getByText("No blocked keys").waitFor();
  await expectAccessibleEverywhere(page);
  await block(tenant, { ["a-long-key-".repeat(20)]: 3, "\u202ehidden": 2 });
  await page.getByText("⟨202e⟩hidden").waitFor();
  await expectAccessibleEverywhere(page);
  await page.setViewportSize({ width: 320, height: 700 });
  await expectNoSidewaysScroll(page);
  await rowsOf(page).getByRole("link").first().click();
  await page.getByText("In line behind it").first().waitFor();
  await expectNoSidewaysScroll(page);
  await expectAccessibleEverywhere(page);
});
