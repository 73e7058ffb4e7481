import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard({ RETRY_SCHEDULE: Array(30).fill("1").join(), WEBHOOK_TIMEOUT_SECONDS: "1" });

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const arrived = (page: Page) => page.locator("main li > details > summary");

/** The newest entry with a text, opened. */
async function opened(page: Page, text: string) {
  const entry = page.locator("main li > details", { hasText: text }).first();
  await entry.waitFor();
  if ((await entry.getAttribute("open")) === null) await entry.locator("summary").first().click();
  return entry;
}

describe("the mailbox", () => {
  const asked: string[] = [];
  const evil = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  evil.on("connection", () => asked.push("connection"));
  beforeAll(() => new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening)));
  afterAll(() => void evil.close());

  test("runs nothing of an e-mail's HTML, loads nothing for it, and is led nowhere by it", async () => {
    const there = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`;
    const html = `<!doctype html><html><head><base href="${there}"><meta http-equiv="refresh" content="0;url=${there}/refresh">
      <link rel="stylesheet" href="${there}/css"><link rel="preconnect" href="${there}"><link rel="prefetch" href="${there}/prefetch">
      <style>@import "${there}/import"; body { background: url(${there}/background) } @font-face { font-family: f; src: url(${there}/font) }</style>
      <script src="${there}/script"></script><script>top.document.title = "hacked"</script></head>
      <body style="font-family: f" onload="document.title = 'hacked'"><h1 id="seen" style="color: rgb(1, 2, 3)">Seen</h1>
      <img src="${there}/image" onerror="parent.postMessage('hacked', '*')"><svg onload="fetch('${there}/svg')"></svg>
      <iframe src="${there}/frame"></iframe><object data="${there}/object"></object><video src="${there}/video" autoplay></video>
      <form action="${there}/form"><input name="a" autofocus></form><a id="away" href="${there}/link">away</a>
      <a id="top" target="_top" href="${there}/top">top</a><a id="new" target="_blank" href="${there}/new">new</a></body></html>`;
    const tenant = await dashboard.createTenant();
    const body = { to: "ada@example.com", subject: "<b>Hostile</b>", html };
    await dashboard.call("POST", `tenants/${tenant}/emails`, body);
    const page = await dashboard.openSignedIn("/ui/dev/mailbox");
    const frame = (await opened(page, "<b>Hostile</b>")).frameLocator("iframe");
    const seen = frame.locator("#seen");
    await seen.waitFor();
    await expect.poll(() => seen.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(1, 2, 3)");
    for (const id of ["top", "new", "away"]) await frame.locator(`#${id}`).click({ noWaitAfter: true });
    await expect.poll(() => page.title()).toContain("Mailbox");
    expect(new URL(page.url()).pathname).toBe("/ui/dev/mailbox");
    expect(page.context().pages()).toHaveLength(1);
    await page.getByText("HTML", { exact: true }).last().click();
    await page.locator("details pre", { hasText: "hacked" }).first().waitFor();
    await page.getByText("Source", { exact: true }).click();
    await page.locator("details pre", { hasText: "X-Outbox-Tenant" }).waitFor();
    await press(page, "Clear");
    await page.getByText("No e-mail yet").waitFor();
    expect(asked).toEqual([]);
    // The browser tells of each refusal.
    dashboard.forgive(/requested |Content Security Policy|sandbox/i);
  });

  test("that refuses e-mails for now takes them later", async () => {
    const page = await dashboard.openSignedIn("/ui/dev/mailbox");
    const tenant = await dashboard.createTenant();
    await page.getByLabel("It answers").selectOption("temporary");
    await page.getByText("The answer of Mailbox has changed.").waitFor();
    const email = { to: "late@example.com", subject: "Later", text: "Late" };
    const { id } = await dashboard.call("POST", `tenants/${tenant}/emails`, email);
    await arrived(page).filter({ hasText: "Later" }).filter({ hasText: "refused for now" }).first().waitFor();
    await page.getByLabel("It answers").selectOption("accepted");
    await dashboard.until(tenant, id, "delivered");
    await arrived(page).filter({ hasText: "Later" }).filter({ hasText: "taken" }).waitFor();
    await expectNoSidewaysScroll(page);
  });

  test("tells by a button what became of an e-mail: on its trace, and in what is suppressed", async () => {
    const page = await dashboard.openSignedIn("/ui/dev/mailbox");
    const tenant = await dashboard.createTenant();
    const email = {
      to: "Ada <ada@example.com>",
      subject: "It bounces",
      html: '<a href="https://a.example/1">',
    };
    const { id } = await dashboard.call("POST", `tenants/${tenant}/emails`, email);
    await dashboard.until(tenant, id, "delivered");
    const entry = await opened(page, "It bounces");
    await entry.getByText("https://a.example/1", { exact: true }).waitFor();
    await entry.getByRole("button", { name: "Hard bounce" }).click();
    await page.getByText("Hard bounce: the outbox was told.").waitFor();
    await entry.locator(".recipients", { hasText: "bounced, for good" }).waitFor();
    await expectAccessibleEverywhere(page);
    const { data } = await dashboard.call("GET", `tenants/${tenant}/suppressions`);
    expect(data).toMatchObject([{ address: "ada@example.com", reason: "hard_bounce" }]);
    await entry.getByRole("link", { name: /^msg_/ }).click();
    await page.locator(".recipients", { hasText: "550 5.1.1" }).waitFor();
  });

  test("plays what is chosen for an address, once, and forgets what is forgotten", async () => {
    const page = await dashboard.openSignedIn("/ui/dev/mailbox");
    const tenant = await dashboard.createTenant();
    await page.getByLabel("E-mails to").fill("bob@example.com");
    await page.getByLabel("For", { exact: true }).selectOption("one");
    await page.getByLabel("It answers").selectOption("complained");
    const chosen = page.getByRole("list", { name: "Chosen" });
    await chosen.getByText("E-mails to bob@example.com (the next 1)").waitFor();
    await page.getByLabel("E-mails to").fill("");
    await page.getByLabel("For", { exact: true }).selectOption("all");
    await page.getByLabel("It answers").selectOption("permanent");
    await chosen.getByText("E-mails to all: Refuses them for good").waitFor();
    await expectAccessibleEverywhere(page);
    const send = async (to: string) => {
      const email = { to, subject: `To ${to}`, text: "Hello" };
      return (await dashboard.call("POST", `tenants/${tenant}/emails`, email)).id as string;
    };
    await dashboard.until(tenant, await send("cy@example.com"), "dead");
    await dashboard.until(tenant, await send("bob@example.com"), "delivered");
    await arrived(page).filter({ hasText: "To bob@example.com" }).filter({ hasText: "complained" }).waitFor();
    await chosen.getByText("bob@example.com").waitFor({ state: "detached" });
    await press(page, "Forget");
    await chosen.waitFor({ state: "detached" });
    await dashboard.until(tenant, await send("dan@example.com"), "delivered");
    const suppressed = await dashboard.call("GET", `tenants/${tenant}/suppressions`);
    expect(suppressed.data).toMatchObject([{ address: "bob@example.com", reason: "complaint" }]);
  });

  test("is read in Spanish, and on a narrow screen", async () => {
    const options = { locale: "es-ES", viewport: { width: 320, height: 640 } };
    const page = await dashboard.open(`/ui/dev/mailbox#${OPERATOR_TOKEN}`, options);
    const tenant = await dashboard.createTenant();
    const email = { to: "eve@example.com", subject: "Rebota", text: `Hola ${"x".repeat(300)}` };
    await dashboard.call("POST", `tenants/${tenant}/emails`, email);
    const entry = await opened(page, "Rebota");
    await entry.getByRole("button", { name: "Rebote temporal" }).click();
    await entry.locator(".recipients", { hasText: "rebotado" }).waitFor();
    await entry.getByText("Código fuente").click();
    await expectNoSidewaysScroll(page);
    await expectAccessibleEverywhere(page);
  });
});
