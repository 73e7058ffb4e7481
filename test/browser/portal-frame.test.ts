import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { inBrowser } from "./browser.ts";

/** A page of another site than the Worker's 127.0.0.1, which frames what its `path` names. */
async function frames() {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    const path = searchParams.get("path") ?? "";
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(`<!doctype html><title>app</title><iframe src="${browser.url()}${path}"></iframe>`);
  });
  await new Promise<void>((on) => server.listen(0, on));
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` };
}

/** An app that the setting names, and a stranger. */
const sites = { app: await frames(), stranger: await frames() };
/** The page that frames is asked for there. */
const ASKED = /^requested http:\/\/localhost:/;

const browser = inBrowser({ PORTAL_FRAME_ANCESTORS: sites.app.origin });

afterAll(() => {
  for (const { server } of Object.values(sites)) server.close();
});

async function frameOf(page: Page, who: keyof typeof sites, path: string) {
  await page.goto(`${sites[who].origin}/?path=${encodeURIComponent(path)}`, { waitUntil: "load" });
  const frame = page.frames().at(-1);
  if (!frame || frame === page.mainFrame()) throw new Error("There is no frame");
  return frame;
}

/** Calls an address of the Worker, from a page of it. */
async function post(page: Page, path: string, body: object, token?: string) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await page.request.post(`${browser.url()}${path}`, { headers, data: body });
  return (await answer.json()) as Record<string, string>;
}

test("a session of the portal opens in a frame of another site that the setting names, without a cookie", async () => {
  const page = await browser.open("/docs");
  await post(page, "/v1/tenants", { id: "acme" }, OPERATOR_TOKEN);
  const { url = "" } = await post(page, "/v1/tenants/acme/portal-links", {}, OPERATOR_TOKEN);
  const frame = await frameOf(page, "app", "/portal/");
  expect(frame.url()).toBe(`${browser.url()}/portal/`);
  const opened = await frame.evaluate(async (code) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("session", { method: "POST", headers, body: JSON.stringify({ code }) });
    const { token } = await answer.json();
    const read = await fetch("../v1/tenants/acme", { headers: { authorization: `Bearer ${token}` } });
    return { opening: answer.status, reading: read.status };
  }, url.split("#")[1]);
  expect(opened).toEqual({ opening: 200, reading: 200 });
  expect(await page.context().cookies()).toEqual([]);
  browser.forgive(401, ASKED);
});

test.each([
  ["the portal, by a stranger", "stranger", "/portal/"],
  ["the dashboard, even by the app", "app", "/ui/"],
] as const)("a browser does not show in a frame: %s", async (_, who, path) => {
  const page = await browser.open("/docs");
  const frame = await frameOf(page, who, path);
  await expect.poll(() => browser.complaints.join("\n")).toContain("frame-ancestors");
  expect(await frame.locator("#app").count()).toBe(0);
  browser.forgive(/frame-ancestors|ERR_BLOCKED_BY_RESPONSE/, ASKED);
});
