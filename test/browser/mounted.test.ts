import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { findFreePort, OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { inBrowser } from "./browser.ts";
import { signIn } from "./dashboard.ts";

const PREFIX = "/app/outbox";
const port = await findFreePort();
const DASHBOARD_URL = `http://127.0.0.1:${port}${PREFIX}`;
const browser = inBrowser({ DASHBOARD_URL }, { port, entry: "test/support/programs/mounted-app.ts" });

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });

/** Addresses that a page asks for, from now on, which are not under the prefix, or are not answered well. */
function strayOf(page: Page): string[] {
  const stray: string[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith(`${PREFIX}/`) || response.status() >= 400) {
      stray.push(`${response.status()} ${pathname}`);
    }
  });
  return stray;
}

async function call(path: string, body: object): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
  const url = `${browser.url()}${PREFIX}/v1/${path}`;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.ok, url).toBe(true);
  return response.json() as Promise<Record<string, string>>;
}

test("under the prefix of an app the dashboard signs in, opens deep pages, and loads them anew", async () => {
  await call("tenants", { id: "acme" });
  const { id } = await call("tenants/acme/messages", { eventType: "order.placed", payload: {} });
  for (const surface of ["ui", "portal"]) {
    const bare = await fetch(`${browser.url()}${PREFIX}/${surface}`, { redirect: "manual" });
    expect([bare.status, bare.headers.get("location")]).toEqual([308, `${surface}/`]);
  }

  const page = await browser.open(`${PREFIX}/docs`);
  const stray = strayOf(page);
  await page.goto(`${PREFIX}/ui`);
  await signIn(page);
  await heading(page, "Overview").waitFor();
  expect(new URL(page.url()).pathname).toBe(`${PREFIX}/ui/`);
  expect(await page.context().cookies(DASHBOARD_URL)).toEqual([]);
  const cookies = await page.context().cookies(`${DASHBOARD_URL}/ui/`);
  expect(cookies).toMatchObject([{ name: "edge-outbox", path: `${PREFIX}/ui` }]);

  await page.getByRole("link", { name: "Tenants", exact: true }).first().click();
  await page.getByRole("link", { name: "acme" }).first().click();
  await page.getByRole("link", { name: "Messages", exact: true }).first().click();
  await page.locator("tbody").getByRole("link", { name: "order.placed" }).click();
  for (const _ of ["by the links", "loaded anew"]) {
    await heading(page, "order.placed").waitFor();
    expect(new URL(page.url()).pathname).toBe(`${PREFIX}/ui/t/acme/m/${id}`);
    await page.reload();
  }
  await page.goto(`${PREFIX}/ui/t/acme/messages/new?from=${id}`);
  await heading(page, "Send a message").waitFor();
  expect(stray).toEqual([]);
});

test("under the prefix of an app a link to the portal opens, and its pages are loaded anew", async () => {
  await call("tenants", { id: "globex" });
  await call("tenants/globex/messages", { eventType: "order.placed", payload: {} });
  const { url = "" } = await call("tenants/globex/portal-links", {});
  expect(url.startsWith(`${DASHBOARD_URL}/portal/#`)).toBe(true);

  const page = await browser.open(`${PREFIX}/docs`);
  const stray = strayOf(page);
  await page.goto(url);
  await heading(page, "Endpoints").waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Messages" }).click();
  await page.locator("tbody").getByRole("link", { name: "order.placed" }).click();
  await heading(page, "order.placed").waitFor();
  await page.reload();
  await heading(page, "order.placed").waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/app\/outbox\/portal\/m\/msg_/);
  expect(await page.context().cookies()).toEqual([]);
  expect(stray).toEqual([]);
});
