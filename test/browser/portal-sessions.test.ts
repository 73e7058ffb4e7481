import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { UNANSWERED } from "./browser.ts";
import { inDashboard, signIn } from "./dashboard.ts";

const dashboard = inDashboard();
const { call, createTenant, forgive } = dashboard;

const linkOf = async (tenant: string, fields: object = {}): Promise<string> =>
  (await call("POST", `tenants/${tenant}/portal-links`, fields)).url;
const frame = (page: Page) => page.getByRole("navigation", { name: "Pages" });
const account = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const style = (page: Page, name: string) =>
  page.evaluate((name) => document.documentElement.style.getPropertyValue(name), name);
const theme = (page: Page) => page.evaluate(() => document.documentElement.dataset["theme"]);

async function opened(url: string, beside?: Page): Promise<Page> {
  const page = beside ? await beside.context().newPage() : await dashboard.open("/docs");
  await page.goto(url);
  await frame(page).waitFor();
  return page;
}

async function signOut(page: Page, name: string): Promise<void> {
  await account(page, name).click();
  await page.getByRole("button", { name: "Sign out" }).click();
}

test("another link in a tab at the portal opens its own tenant with its own looks, and one that was used tells so", async () => {
  const [one, two] = [await createTenant(), await createTenant()];
  const first = await linkOf(one, { theme: { accent: "#0a7f5a", radius: 0, font: "serif", mode: "dark" } });
  const page = await opened(first);
  await account(page, one).waitFor();
  await page.goto(await linkOf(two, { next: "messages" }));
  await account(page, two).waitFor();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Messages");
  expect(page.url()).toBe(`${dashboard.url()}/portal/messages`);
  expect(await Promise.all(["--accent", "--radius", "--font"].map((name) => style(page, name)))).toEqual([
    "",
    "",
    "",
  ]);
  expect(await theme(page)).toBe("system");
  await page.goto(`${dashboard.url()}/portal/`);
  await frame(page).waitFor();
  await page.goto(first);
  await page.getByText("This link was opened before").waitFor();
  await frame(page).waitFor({ state: "detached" });
  expect(page.url()).toBe(`${dashboard.url()}/portal/`);
  forgive(409);
});

test("a link outlives failures that pass: it opens when it is tried again", async () => {
  const page = await dashboard.open("/docs");
  const failures = [503, 429, 0];
  await page.route("**/portal/session", async (route) => {
    const status = failures.shift();
    if (status === undefined) return route.continue();
    if (status === 0) return route.abort();
    return route.fulfill({ status, json: { code: "passing", title: `Passing ${status}`, detail: "Wait." } });
  });
  await page.goto(await linkOf(await createTenant()));
  for (const title of ["Passing 503", "Passing 429", "The outbox could not be reached"]) {
    await page.getByText(title).waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
  }
  await frame(page).waitFor();
  forgive(503, 429, UNANSWERED);
});

test("signing out of the portal ends the session of its tabs, and neither another one nor the operator's", async () => {
  const [one, two] = [await createTenant(), await createTenant()];
  const operator = await dashboard.openSignedIn("/ui/tenants");
  const app = `${dashboard.url()}/docs`;
  const page = await opened(await linkOf(one, { sessionId: "s", returnUrl: app }), operator);
  const beside = await opened(await linkOf(one, { sessionId: "s" }), page);
  const others = [
    await opened(await linkOf(one, { sessionId: "t" }), page),
    await opened(await linkOf(one), page),
    await opened(await linkOf(two, { sessionId: "s" }), page),
  ];
  await signOut(page, one);
  await page.waitForURL(`${app}?edge_outbox=signed_out`);
  await frame(beside).waitFor({ state: "detached" });
  for (const other of [...others, operator]) {
    await other.reload();
    await frame(other).waitFor();
  }
  await expect.poll(async () => (await call("GET", `tenants/${one}/tokens`)).data).toHaveLength(2);
});

test("a refusal that comes late does not end the session that has begun meanwhile", async () => {
  const page = await dashboard.openSignedIn(`/ui/t/${await createTenant()}`);
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let times = 0;
  await page.route(/\/deliveries(\?|$)/, async (route) => {
    if (times++ > 0) return route.continue();
    asked.resolve();
    await released.promise;
    return route.fulfill({ status: 401, json: { code: "unauthorized" } });
  });
  const late = page.waitForResponse(
    (answer) => answer.status() === 401 && answer.url().includes("/deliveries"),
  );
  await page.getByRole("link", { name: "Deliveries", exact: true }).click();
  await asked.promise;
  await signOut(page, "operator");
  await signIn(page);
  released.resolve();
  await (await late).finished();
  await page.getByRole("link", { name: "Tenants", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Tenants" }).waitFor();
  expect(await page.getByLabel("Operator token").count()).toBe(0);
  forgive(401);
});

test("a theme that a person chooses wins over the one that the link wishes for, also after a reload", async () => {
  const page = await opened(await linkOf(await createTenant(), { theme: { mode: "dark" } }));
  expect(await theme(page)).toBe("dark");
  await page.locator("main h1").waitFor();
  await page.keyboard.press("t");
  await expect.poll(() => theme(page)).toBe("system");
  await page.reload();
  await frame(page).waitFor();
  expect(await theme(page)).toBe("system");
});

test("a browser that keeps nothing for the site, or has kept what is none of ours, shows every page", async () => {
  const tenant = await createTenant();
  const strict = await dashboard.open("/docs");
  await strict.addInitScript(() => {
    const get = () => {
      throw new DOMException("refused", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { get });
    Object.assign(globalThis, { BroadcastChannel: get });
  });
  await strict.goto(await linkOf(tenant, { language: "es" }));
  await strict.getByRole("navigation", { name: "Páginas" }).waitFor();
  await strict.goto("/ui/");
  await signIn(strict);
  await strict.getByRole("link", { name: "Tenants" }).click();
  await strict.getByRole("heading", { level: 1, name: "Tenants" }).waitFor();

  const spoilt = await dashboard.open("/docs");
  for (const text of ["{", "null", '"text"', "7"]) {
    await spoilt.evaluate((text) => {
      for (const name of ["tenants", "theme", "live", "language"])
        localStorage.setItem(`edge-outbox-${name}`, text);
      for (const name of ["scroll", "portal"]) sessionStorage.setItem(`edge-outbox-${name}`, text);
    }, text);
    await spoilt.goto(await linkOf(tenant));
    await frame(spoilt).waitFor();
    await spoilt.goto("/ui/");
    await spoilt.getByLabel("Operator token").waitFor();
  }
  await signIn(spoilt);
  await spoilt.goto(`/ui/t/${tenant}`);
  await spoilt.locator("main h1").waitFor();
  forgive(401);
});

test("over plain http on a name, where browsers have less of crypto, pages are shown and act", async () => {
  const tenant = await createTenant();
  const { id } = await dashboard.createEndpoint(tenant);
  const message = await dashboard.commit(tenant);
  await dashboard.until(tenant, message, "delivered");
  const { port } = new URL(dashboard.url());
  const page = await dashboard.open(`http://outbox.test:${port}/ui/`);
  forgive(
    /requested http:\/\/outbox\.test:/,
    /Cross-Origin-Opener-Policy header has been ignored/,
    /Origin-Agent-Cluster/,
  );
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  await signIn(page);
  await page.goto(`http://outbox.test:${port}/ui/t/${tenant}/m/${message}`);
  await page.getByText("Delivered").first().waitFor();
  await page.getByRole("link", { name: "Endpoint" }).first().waitFor();
  expect(await page.getByRole("button", { name: /curl command, signed/ }).count()).toBe(0);
  await page.goto(`http://outbox.test:${port}/ui/t/${tenant}/messages/new`);
  await page.getByLabel("Event type").fill("order.placed");
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/\/m\/msg_/);
  await page.goto(`http://outbox.test:${port}/ui/t/${tenant}/e/${id}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect
    .poll(async () => (await call("GET", `tenants/${tenant}/endpoints/${id}`)).state)
    .toBe("paused");
});
