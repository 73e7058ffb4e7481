import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { UNANSWERED } from "./browser.ts";
import { expectNoSidewaysScroll, inDashboard, signIn } from "./dashboard.ts";

const dashboard = inDashboard();

const field = (page: Page) => page.getByLabel("Operator token");
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const submit = (page: Page) => page.getByRole("button", { name: "Sign in" });
const { forgive } = dashboard;

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "operator" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
}

test("a wrong token is told in words, and the right one opens the page that was asked for", async () => {
  const tenant = await dashboard.createTenant();
  const page = await dashboard.open(`/ui/t/${tenant}/messages?eventType=order.placed`);
  await heading(page, "Sign in").waitFor();
  await expect.poll(() => page.title()).toBe("Sign in · edge-outbox");
  await field(page).fill("not the token at all");
  await submit(page).click();
  await page.getByRole("alert").getByText("That is not an operator token.").waitFor();
  await field(page).fill(OPERATOR_TOKEN);
  await page.keyboard.press("Enter");
  await heading(page, "Messages").waitFor();
  expect(new URL(page.url()).search).toBe("?eventType=order.placed");
  await expect.poll(() => page.title()).toBe(`Messages · ${tenant} · edge-outbox`);
  forgive(401);
});

test("nobody is asked of the server, and nothing stands on the console, before somebody signs in", async () => {
  const page = await dashboard.open("/docs");
  const asked: string[] = [];
  page.on("request", (request) => request.method() === "POST" && asked.push(request.url()));
  await page.goto("/ui/");
  await field(page).waitFor();
  expect(asked).toEqual([]);
});

test("a session outlives a reload and serves other tabs; signing out ends it in all of them", async () => {
  const tenant = await dashboard.createTenant();
  const page = await dashboard.openSignedIn(`/ui/t/${tenant}/messages`);
  await page.reload();
  await heading(page, "Messages").waitFor();
  const other = await page.context().newPage();
  await other.goto(`/ui/t/${tenant}/messages`);
  await heading(other, "Messages").waitFor();

  await signOut(page);
  await field(page).waitFor();
  await field(other).waitFor();
  for (const one of [page, other]) {
    expect(await one.getByText("Your session has ended").count()).toBe(0);
    await one.reload();
    await field(one).waitFor();
  }
  expect(await page.context().cookies()).toEqual([]);
  expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain(tenant);
});

test("the cookie is out of the page's reach, of the dashboard's folder, and opens no operation of the API", async () => {
  const page = await dashboard.openSignedIn("/ui/");
  const [cookie, ...more] = await page.context().cookies(`${dashboard.url()}/ui/`);
  expect(more).toEqual([]);
  expect(cookie).toMatchObject({ name: "edge-outbox", httpOnly: true, sameSite: "Strict", path: "/ui" });
  expect(cookie?.expires).toBeCloseTo(Date.now() / 1000 + 8 * 3600, -3);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  const tried = await page.evaluate(async () => (await fetch("/v1/tenants")).status);
  expect(tried).toBe(401);
  const headers = { cookie: `${cookie?.name}=${cookie?.value}`, authorization: `Bearer ${cookie?.value}` };
  for (const [name, value] of Object.entries(headers)) {
    expect((await fetch(`${dashboard.url()}/v1/tenants`, { headers: { [name]: value } })).status).toBe(401);
  }
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  expect(stored).not.toContain(OPERATOR_TOKEN);
  expect(stored).not.toContain("ey");
  forgive(401);
});

test("a page of another origin can neither sign in nor take a token, though the browser has the cookie", async () => {
  const stranger = createServer((_, response) => response.end("<!doctype html><title>Elsewhere</title>"));
  await new Promise<void>((listening) => stranger.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void stranger.close());
  const page = await dashboard.openSignedIn("/ui/");
  const elsewhere = await page.context().newPage();
  const origin = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
  for (const [path, body] of [
    ["/ui/token", {}],
    ["/ui/session", { token: OPERATOR_TOKEN }],
  ] as const) {
    await elsewhere.goto(origin);
    const answer = elsewhere.waitForResponse((one) => one.url().endsWith(path));
    await elsewhere.evaluate(
      ([action, name]) => {
        const form = Object.assign(document.createElement("form"), {
          action,
          method: "post",
          enctype: "text/plain",
        });
        form.append(Object.assign(document.createElement("input"), { name, value: "" }));
        document.body.append(form);
        form.submit();
      },
      [dashboard.url() + path, JSON.stringify(body)] as const,
    );
    expect((await (await answer).request().allHeaders())["cookie"], path).toContain("edge-outbox=");
    expect((await answer).status(), path).toBe(403);
    await elsewhere.waitForURL(dashboard.url() + path);
  }
  forgive(403);
});

test("after too many tries the form waits, counts down, and then goes on", async () => {
  const page = await dashboard.open("/ui/");
  const problem = { code: "rate_limited", title: "Too many requests", status: 429, detail: "Wait." };
  await page.route("**/ui/session", (route) =>
    route.fulfill({ status: 429, headers: { "retry-after": "5" }, json: problem }),
  );
  await field(page).fill(OPERATOR_TOKEN);
  await submit(page).click();
  const waits = page.getByText(/^Too many tries. Wait \d+ s.$/);
  const first = Number.parseInt(
    ((await waits.textContent()) ?? "").slice("Too many tries. Wait ".length),
    10,
  );
  expect(first).toBeLessThanOrEqual(5);
  await expect.poll(() => submit(page).getAttribute("aria-disabled")).toBe("true");
  await page.unroute("**/ui/session");
  await field(page).press("Enter");
  await expect.poll(() => waits.count(), { message: "no other try is made meanwhile" }).toBe(1);
  await page.getByText(`Wait ${first} s.`).waitFor({ state: "detached" });
  await waits.waitFor({ state: "detached" });
  await submit(page).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  forgive(429);
});

test("without OPERATOR_TOKEN the page has the command that sets it", async () => {
  const page = await dashboard.open("/ui/");
  const problem = { code: "operator_token_missing", title: "No operator token", status: 503 };
  await page.route("**/ui/session", (route) => route.fulfill({ status: 503, json: problem }));
  await field(page).fill("anything");
  await submit(page).click();
  await page.getByText("npx wrangler secret put OPERATOR_TOKEN").waitFor();
  forgive(503);
});

test("an app's own sign-in is led to, with no form for a token; never to an address that would run a script", async () => {
  const page = await dashboard.open("/docs");
  const answer = { code: "unauthorized", title: "Unauthorized", status: 401, detail: "Sign in there." };
  let signInUrl = "/login?back=here";
  await page.route("**/ui/", async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replace("data-version", 'data-sign-in="app" data-version');
    await route.fulfill({ response, body: html });
  });
  await page.route("**/ui/token", (route) => route.fulfill({ status: 401, json: { ...answer, signInUrl } }));
  await page.goto("/ui/");
  const link = page.getByRole("link", { name: "Go to the sign-in" });
  await expect
    .poll(() => link.evaluate((one: HTMLAnchorElement) => one.href))
    .toBe(`${dashboard.url()}/login?back=here`);
  expect(await field(page).count()).toBe(0);
  signInUrl = "javascript:alert(1)";
  await page.reload();
  await page.getByText("Sign in there.").waitFor();
  expect(await link.count()).toBe(0);
  forgive(401);
});

test("a link with the token behind its # signs in, and the token is left in no address and no entry of the history", async () => {
  const page = await dashboard.open("/docs");
  const tenant = await dashboard.createTenant();
  await page.goto(`/ui/t/${tenant}/messages#${encodeURIComponent(OPERATOR_TOKEN)}`);
  await heading(page, "Messages").waitFor();
  expect(page.url()).toBe(`${dashboard.url()}/ui/t/${tenant}/messages`);
  const entries = await page.evaluate(() => navigation.entries().map(({ url }) => url));
  expect(entries.join(" ")).not.toContain(OPERATOR_TOKEN);
});

test("another OPERATOR_TOKEN ends the session in the middle of a page, and the new one leads back to it", async () => {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-sign-in-"));
  const port = await findFreePort();
  const start = (token: string) =>
    startDevServer({ port, data, vars: { OPERATOR_TOKEN: token, SECRET_KEYS } });
  let server: DevServer = await start(OPERATOR_TOKEN);
  onTestFinished(async () => {
    await server.stop();
    rmSync(data, { recursive: true });
  });
  const page = await dashboard.open("/ui/t/acme/messages?unmatched=true", { baseURL: server.url });
  await signIn(page);
  await heading(page, "Messages").waitFor();

  await server.stop();
  server = await start(NEXT_TOKEN);
  await page.getByText("Your session has ended. Sign in again to come back to this page.").waitFor();
  await field(page).fill(OPERATOR_TOKEN);
  await submit(page).click();
  await page.getByText("That is not an operator token.").waitFor();
  await signIn(page, NEXT_TOKEN);
  await heading(page, "Messages").waitFor();
  expect(page.url()).toBe(`${server.url}/ui/t/acme/messages?unmatched=true`);
  forgive(401, 404, UNANSWERED, /^requested /);
});
const NEXT_TOKEN = "another-operator-token";
const SECRET_KEYS = `test:${btoa("a key that seals in tests only..")}`;

test("the page is accessible and fits a narrow window, before and after a refusal", async () => {
  const page = await dashboard.open("/ui/");
  await field(page).waitFor();
  await expectAccessibleEverywhere(page);
  await field(page).fill("not the token at all");
  await submit(page).click();
  await page.getByRole("alert").waitFor();
  await expectAccessibleEverywhere(page);
  await page.setViewportSize({ width: 320, height: 600 });
  await expectNoSidewaysScroll(page);
  forgive(401);
});
