import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessibleEverywhere } from "./axe.ts";
import { inDashboard } from "./dashboard.ts";

const app = createServer((request, response) => {
  response.setHeader("content-type", "text/html");
  const frame = new URL(request.url ?? "", "http://app").searchParams.get("frame");
  response.end(
    frame ? `<title>app</title><iframe src="${frame.replaceAll('"', "")}"></iframe>` : "<title>app</title>",
  );
});
await new Promise<void>((listening) => app.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
const LOGOS = "https://cdn.example";
const dashboard = inDashboard({ PORTAL_FRAME_ANCESTORS: origin, PORTAL_LOGO_ORIGINS: LOGOS });

beforeAll(() => expect(origin).toMatch(/:\d+$/));
afterAll(() => void app.close());

async function openLink(fields: object): Promise<{ tenant: string; page: Page }> {
  const tenant = await dashboard.createTenant();
  const { url } = await dashboard.call("POST", `tenants/${tenant}/portal-links`, fields);
  const page = await dashboard.open("/docs");
  await page.goto(url);
  return { tenant, page };
}

const property = (page: Page, name: string) =>
  page.evaluate((name) => document.documentElement.style.getPropertyValue(name), name);

describe("a link to the portal", () => {
  test("opens on the endpoints, of which there are none yet", async () => {
    const { page } = await openLink({});
    await page.getByRole("heading", { level: 1, name: "Endpoints" }).waitFor();
    await page.getByText("No endpoints yet").waitFor();
    await expectAccessibleEverywhere(page);
  });

  test("gives it the looks and the language that it wishes for, with colours that can be read, also after a reload", async () => {
    const theme = { accent: "#ffe100", radius: 0, font: "serif", mode: "dark" };
    const { page } = await openLink({ language: "es", theme });
    await page.getByRole("navigation", { name: "Páginas" }).waitFor();
    for (const _ of ["at first", "after a reload"]) {
      await expect.poll(() => property(page, "--radius")).toBe("0px");
      await expect.poll(() => property(page, "--font")).toContain("serif");
      await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
      await expect
        .poll(() => property(page, "--accent"))
        .toMatch(/^light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)$/);
      expect(await property(page, "--accent")).not.toContain("light-dark(#ffe100");
      await page.reload();
      await page.getByRole("navigation", { name: "Páginas" }).waitFor();
    }
    await expectAccessibleEverywhere(page);
  });

  test("leads back to the app when its session is revoked, and the page notices by itself", async () => {
    const { tenant, page } = await openLink({
      returnUrl: `${dashboard.url()}/docs?from=portal`,
      sessionId: "s-1",
      next: "messages",
    });
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    await dashboard.call("DELETE", `tenants/${tenant}/tokens?sessionId=s-1`);
    await page.waitForURL(`${dashboard.url()}/docs?from=portal&edge_outbox=expired`);
    expect(await page.evaluate(() => sessionStorage.getItem("edge-outbox-portal"))).toBeNull();
    dashboard.forgive(401);
  });

  test.each(["by itself", "in a frame"])(
    "shows the app's logo, %s, and its own where it is not there",
    async (where) => {
      const tenant = await dashboard.createTenant();
      const page = await dashboard.open("/docs");
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"></svg>';
      await page.route(`${LOGOS}/**`, (route) =>
        route.request().url().endsWith("/acme.svg")
          ? route.fulfill({ contentType: "image/svg+xml", body: svg })
          : route.fulfill({ status: 404 }),
      );
      const open = async (logo: string) => {
        const link = { theme: { logo: `${LOGOS}/${logo}` } };
        const { url } = await dashboard.call("POST", `tenants/${tenant}/portal-links`, link);
        await page.goto("about:blank");
        await page.goto(where === "in a frame" ? `${origin}/?frame=${encodeURIComponent(url)}` : url);
        const portal = where === "in a frame" ? page.frameLocator("iframe") : page;
        await portal.getByRole("navigation", { name: "Pages" }).waitFor();
        return portal;
      };
      const shown = (await open("acme.svg")).getByRole("link", { name: "First page" }).locator("img");
      await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(120);
      if (where === "by itself") await expectAccessibleEverywhere(page);
      await (await open("gone.svg")).getByRole("link", { name: "edge-outbox" }).waitFor();
      dashboard.forgive(new RegExp(LOGOS), new RegExp(origin));
    },
  );

  test("is signed out of by the reader's own choice, in every tab of its session, and its tokens are revoked", async () => {
    const { tenant, page } = await openLink({ scopes: ["read"], sessionId: "s" });
    const { url } = await dashboard.call("POST", `tenants/${tenant}/portal-links`, { sessionId: "s" });
    const beside = await page.context().newPage();
    await beside.goto(url);
    for (const one of [page, beside]) await one.getByRole("navigation", { name: "Pages" }).waitFor();
    const tokens = async () => (await dashboard.call("GET", `tenants/${tenant}/tokens`)).data;
    expect(await tokens()).toHaveLength(2);
    const signOut = () => page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: tenant }).click();
    await page.context().setOffline(true);
    await signOut();
    await page.getByText("You are still signed in: The outbox could not be reached").waitFor();
    await page.context().setOffline(false);
    await signOut();
    for (const one of [page, beside]) {
      await one.getByRole("navigation", { name: "Pages" }).waitFor({ state: "detached" });
      expect(await one.evaluate(() => sessionStorage.getItem("edge-outbox-portal"))).toBeNull();
    }
    await expect.poll(tokens).toEqual([]);
    dashboard.forgive(401, /ERR_INTERNET_DISCONNECTED/);
  });

  test("in a frame of the app tells it how high the page is", async () => {
    const tenant = await dashboard.createTenant();
    const { url } = await dashboard.call("POST", `tenants/${tenant}/portal-links`, {});
    const page = await dashboard.open("/docs");
    await page.addInitScript(() => {
      const told: unknown[] = [];
      Object.assign(globalThis, { told });
      addEventListener("message", ({ data, origin }) => told.push({ ...data, origin }));
    });
    await page.goto(`${origin}/?frame=${encodeURIComponent(url)}`);
    await page.frameLocator("iframe").getByRole("navigation", { name: "Pages" }).waitFor();
    const told = () =>
      page.evaluate(
        () => (globalThis as unknown as { told: { type: string; height: number; origin: string }[] }).told,
      );
    await expect.poll(async () => (await told()).at(-1)?.height ?? 0).toBeGreaterThan(100);
    expect((await told()).at(-1)).toMatchObject({ type: "edge-outbox:height", origin: dashboard.url() });
    dashboard.forgive(new RegExp(origin));
  });
});
