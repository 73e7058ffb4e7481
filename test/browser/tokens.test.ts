import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessible, expectAccessibleEverywhere } from "./axe.ts";
import { UNANSWERED } from "./browser.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const READER = "the-token-of-a-reader";
const MANAGER = "the-token-of-a-manager";
const dashboard = inDashboard({
  OPERATOR_TOKEN: `${OPERATOR_TOKEN},reader:read:${READER},manager:manage:${MANAGER}`,
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const dialog = (page: Page, name: string) => page.getByRole("dialog", { name, exact: true });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
const status = (page: Page) => page.getByRole("status");

async function openTokens(options = {}, token = OPERATOR_TOKEN) {
  const tenant = await dashboard.createTenant();
  const page = await dashboard.openSignedIn(`/ui/t/${tenant}/tokens`, options, token);
  return { tenant, page };
}

/** Status of a read with a token of the tenant. */
async function tryToken(tenant: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${dashboard.url()}/v1/tenants/${tenant}`, { headers })).status;
}

/** Everything that the browser keeps, and all that stands on the page. */
function keptIn(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const inputs = [...document.querySelectorAll("input, textarea")].map(
      (one) => (one as HTMLInputElement).value,
    );
    const { outerHTML } = document.documentElement;
    const databases = await indexedDB.databases();
    const caches = await globalThis.caches.keys();
    const addresses = navigation.entries().map(({ url }) => url);
    return JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      inputs,
      outerHTML,
      databases,
      caches,
      addresses,
    ]);
  });
}

describe("the tokens", () => {
  test("are listed with their scopes, their end and their latest use, and none says what it is", async () => {
    const { tenant, page } = await openTokens();
    await page.getByText("No tokens yet").waitFor();
    await expectAccessibleEverywhere(page);
    const issue = (body: object) => dashboard.call("POST", `tenants/${tenant}/tokens`, body);
    await issue({ scopes: ["messages:write"], description: "The checkout", expiresInSeconds: 3600 });
    const { token } = await issue({ scopes: ["read", "manage"] });
    await tryToken(tenant, token);
    await page.reload();
    await row(page, "The checkout").getByText("messages:write").waitFor();
    await expect.poll(() => row(page, "The checkout").textContent()).toMatch(/in 1 hr.*never/);
    await row(page, "read, manage")
      .getByText(/ago|now/)
      .nth(1)
      .waitFor();
    await expect.poll(() => row(page, "read, manage").textContent()).toContain("no description");
    expect(await keptIn(page)).not.toContain(token);
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 600 });
    await expectNoSidewaysScroll(page);
  });

  test("show hostile descriptions as the text that they are", async () => {
    const { tenant, page } = await openTokens();
    const description = "<img src=x onerror=alert(1)>\u202egnp";
    await dashboard.call("POST", `tenants/${tenant}/tokens`, { scopes: ["read"], description });
    await page.reload();
    await row(page, "<img src=x onerror=alert(1)>⟨202e⟩gnp").getByRole("button", { name: "Revoke" }).click();
    await dialog(page, "Revoke <img src=x onerror=alert(1)>⟨202e⟩gnp?").waitFor();
  });
});

describe("a token", () => {
  test("is issued with what was chosen, shown once, and kept nowhere", async () => {
    const { tenant, page } = await openTokens();
    await button(page, "Issue a token").click();
    const form = dialog(page, "Issue a token");
    await form.getByLabel("Description").fill("A report");
    await form.getByLabel("messages:write").uncheck();
    await form.getByRole("checkbox", { name: /^read / }).check();
    await form.getByLabel("Valid for").selectOption("1 day");
    await expectAccessibleEverywhere(page);
    await form.getByRole("button", { name: "Issue a token" }).click();
    const shown = dialog(page, "The token was issued");
    await shown.getByText("Copy it now: nothing shows it again.").waitFor();
    const token = (await shown.locator("pre").textContent()) ?? "";
    expect(token).toMatch(/^eot-/);
    expect(await tryToken(tenant, token)).toBe(200);
    await expectAccessibleEverywhere(page);
    await page.keyboard.press("Escape");
    await expect
      .poll(() => shown.locator("pre").textContent(), { message: "nothing but its button closes it" })
      .toBe(token);
    await shown.getByRole("button", { name: "I have stored it" }).click();
    await shown.waitFor({ state: "detached" });
    await row(page, "A report").getByText("read", { exact: true }).waitFor();
    await expect.poll(() => row(page, "A report").textContent()).toContain("in 1 day");
    expect(await keptIn(page)).not.toContain(token);
    await page.reload();
    await row(page, "A report").waitFor();
    expect(await keptIn(page)).not.toContain(token);
  });

  test("without a scope is refused in the API's words, beside the scopes", async () => {
    const { page } = await openTokens();
    await button(page, "Issue a token").click();
    const form = dialog(page, "Issue a token");
    await form.getByLabel("messages:write").uncheck();
    await form.getByRole("button", { name: "Issue a token" }).click();
    await form.getByRole("group", { name: "Scopes" }).getByText("must name at least one scope").waitFor();
    await expectAccessible(page);
    dashboard.forgive(422);
  });

  test("is issued once, though the answer to the first try was lost; the page says that its text is", async () => {
    const { tenant, page } = await openTokens();
    let isLost = false;
    await page.route("**/v1/**/tokens", async (route) => {
      if (isLost || route.request().method() !== "POST") return route.fallback();
      isLost = true;
      await route.fetch();
      await route.abort();
    });
    await button(page, "Issue a token").click();
    const submit = dialog(page, "Issue a token").getByRole("button", { name: "Issue a token" });
    await submit.click();
    await page.getByRole("alert").getByText("The outbox could not be reached").waitFor();
    await submit.click();
    await page.getByText("The token was issued, but its text was lost on the way.").waitFor();
    expect((await dashboard.call("GET", `tenants/${tenant}/tokens`)).data).toHaveLength(1);
    dashboard.forgive(UNANSWERED);
  });

  test("is revoked after the page has said what that means, and opens nothing from then on", async () => {
    const { tenant, page } = await openTokens();
    const { token } = await dashboard.call("POST", `tenants/${tenant}/tokens`, {
      scopes: ["read"],
      description: "Grafana",
    });
    await page.reload();
    await row(page, "Grafana").getByRole("button", { name: "Revoke" }).click();
    const asked = dialog(page, "Revoke Grafana?");
    await asked.getByText("Every later request with it is refused. This cannot be undone").waitFor();
    await expectAccessible(page);
    expect(await tryToken(tenant, token)).toBe(200);
    await asked.getByRole("button", { name: "Revoke" }).click();
    await status(page).getByText("Grafana was revoked.").waitFor();
    expect(await tryToken(tenant, token)).toBe(401);
    await page.getByText("No tokens yet").waitFor();
  });

  test("is issued by the keyboard alone, from the sign-in on", async () => {
    const tenant = await dashboard.createTenant();
    const page = await dashboard.open(`/ui/t/${tenant}/messages`);
    const tabTo = async (name: string) => {
      for (let n = 0; n < 60; n++) {
        await page.keyboard.press("Tab");
        const at = page.locator(":focus");
        const label = await at.evaluate((one) => one.closest("label")?.textContent ?? one.textContent);
        if (label?.trim().startsWith(name)) return;
      }
      throw new Error(`The tabulator does not reach ${name}`);
    };
    await page.getByLabel("Operator token").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.type(OPERATOR_TOKEN);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Messages" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("tokens");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Tokens" }).waitFor();
    await expect.poll(() => page.locator("h1:focus").count()).toBe(1);
    await tabTo("Issue a token");
    await page.keyboard.press("Enter");
    await dialog(page, "Issue a token").waitFor();
    await tabTo("read");
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await dialog(page, "The token was issued").waitFor();
    await tabTo("I have stored it");
    await page.keyboard.press("Enter");
    await row(page, "messages:write, read").waitFor();
    await expect.poll(() => page.locator(":focus").textContent()).toBe("Issue a token");
  });
});

describe("a link to the portal", () => {
  test("is made with what was chosen, opens once, and its session is a token of the list", async () => {
    const { tenant, page } = await openTokens();
    await button(page, "Link to the portal").click();
    const form = dialog(page, "Link to the portal");
    await form.getByRole("checkbox", { name: /^manage / }).uncheck();
    await form.getByLabel("Session lasts").selectOption("8 hours");
    await form.getByLabel("Accent colour").fill("reddish");
    await expectAccessibleEverywhere(page);
    await form.getByRole("button", { name: "Create the link" }).click();
    await form
      .getByText("theme.accent: must be a colour in hex")
      .or(form.getByText("must be a colour in hex"))
      .waitFor();
    await form.getByLabel("Accent colour").fill("#0a7f5a");
    await form.getByRole("button", { name: "Create the link" }).click();
    const shown = dialog(page, "The link is ready");
    await shown.getByText("It opens once, within 5 minutes").waitFor();
    const url = (await shown.locator("pre").textContent()) ?? "";
    expect(url).toContain(`${dashboard.url()}/portal/#`);
    await expectAccessibleEverywhere(page);
    await shown.getByRole("button", { name: "I have stored it" }).click();
    expect(await keptIn(page)).not.toContain(url);

    const guest = await dashboard.open("/docs");
    await guest.goto(url);
    await guest.getByRole("navigation", { name: "Pages" }).waitFor();
    const code = url.split("#")[1] ?? "";
    expect(await keptIn(guest)).not.toContain(code);
    await guest.goto("/portal/types");
    await guest.getByRole("heading", { level: 1, name: "Event types" }).waitFor();
    const late = await dashboard.open("/docs");
    await late.goto(url);
    await late.getByText("This link was opened before, and opens only once.").waitFor();
    await expectAccessible(late);

    await page.reload();
    const session = page.locator("tr[data-row]");
    await session.getByText("in 8 hr").waitFor();
    await expect.poll(() => session.textContent()).toContain("read");
    await session.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("No tokens yet").waitFor();
    await guest.reload();
    await guest.getByText("Your access has ended.").waitFor();
    await expectAccessible(guest);
    expect((await dashboard.call("GET", `tenants/${tenant}/tokens`)).data).toEqual([]);
    dashboard.forgive(401, 409, 422);
  });
});

test("the rights of an operator decide which button acts, and the others say why they do not", async () => {
  for (const [token, link] of [
    [READER, true],
    [MANAGER, false],
  ] as const) {
    const { page } = await openTokens({}, token);
    await expect
      .poll(() => button(page, "Link to the portal").getAttribute("aria-disabled"))
      .toBe(String(link));
    await button(page, "Issue a token").dispatchEvent("click");
    await status(page).getByText('Your sign-in lacks the right "admin"').waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    await expectAccessible(page);
  }
});
