import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { expectAccessible, expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();

const PHONE = { width: 360, height: 740 };
const ON_A_PHONE = { viewport: PHONE, hasTouch: true, isMobile: true };

const pages = (page: Page) => page.getByRole("navigation", { name: "Pages" });
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const account = (page: Page) => page.getByRole("banner").getByRole("button", { name: "operator" });
const switcher = (page: Page) => page.getByRole("banner").getByRole("button", { name: /^Change the tenant/ });
const liveUpdates = (page: Page) => page.getByLabel("Live updates");
const dialog = (page: Page) => page.getByRole("dialog");
const scrolled = (page: Page) => page.evaluate(() => scrollY);
const theme = (page: Page) => page.evaluate(() => document.documentElement.dataset["theme"]);
const focused = (page: Page) => page.locator(":focus");

/** A tenant with a long list of messages, on whose page it opens. */
async function openMessages(count = 0, options = {}, id?: string) {
  const tenant = await dashboard.createTenant(id);
  const messages = Array.from({ length: count }, (_, n) => ({ eventType: "order.placed", payload: { n } }));
  if (count > 0) await dashboard.call("POST", `tenants/${tenant}/messages/batch`, { messages });
  const page = await dashboard.openSignedIn(`/ui/t/${tenant}/messages`, options);
  await heading(page, "Messages").waitFor();
  if (count > 0) await page.locator("tr[data-row]").first().waitFor();
  return { tenant, page };
}

describe("the frame", () => {
  test("has its landmarks, says where one is, and leads past itself to the content", async () => {
    const { tenant, page } = await openMessages();
    for (const role of ["banner", "navigation", "main"] as const) {
      await expect.poll(() => page.getByRole(role).count(), { message: role }).toBe(1);
    }
    await expect
      .poll(() => pages(page).locator("[aria-current=page]").allTextContents())
      .toEqual(["Messages"]);
    await expect.poll(() => page.title()).toBe(`Messages · ${tenant} · edge-outbox`);
    await page.keyboard.press("Tab");
    await expect.poll(() => focused(page).textContent()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused(page).getAttribute("id")).toBe("main");
    expect(new URL(page.url()).hash).toBe("");
  });

  test("leads to a page without loading anew: the focus goes to its heading, and the title is its own", async () => {
    const { tenant, page } = await openMessages();
    await page.evaluate(() => Object.assign(globalThis, { isSame: true }));
    await pages(page).getByRole("link", { name: "Event types" }).click();
    await heading(page, "Event types").waitFor();
    await expect.poll(() => focused(page).textContent()).toBe("Event types");
    await expect.poll(() => page.title()).toBe(`Event types · ${tenant} · edge-outbox`);
    expect(await page.evaluate(() => "isSame" in globalThis)).toBe(true);
  });

  test("leaves a click with a key to the browser: the page opens beside this one", async () => {
    const { page } = await openMessages();
    const opened = page.context().waitForEvent("page");
    await pages(page)
      .getByRole("link", { name: "Event types" })
      .click({ modifiers: ["Control"] });
    const other = await opened;
    await heading(other, "Event types").waitFor();
    await expect.poll(() => heading(page, "Messages").count()).toBe(1);
  });

  test("keeps how far a page was scrolled, on the way back, forward and after a reload", async () => {
    const { page } = await openMessages(50);
    await page.mouse.wheel(0, 900);
    await expect.poll(() => scrolled(page)).toBeGreaterThan(700);
    const before = await scrolled(page);
    await pages(page).getByRole("link", { name: "Event types" }).click();
    await heading(page, "Event types").waitFor();
    await expect.poll(() => scrolled(page)).toBe(0);
    await page.goBack();
    await heading(page, "Messages").waitFor();
    await expect.poll(() => scrolled(page)).toBe(before);
    await page.goForward();
    await heading(page, "Event types").waitFor();
    await expect.poll(() => scrolled(page)).toBe(0);
    await page.goBack();
    await page.reload();
    await heading(page, "Messages").waitFor();
    await expect.poll(() => scrolled(page)).toBe(before);
  });

  test("is no wider than its window at 320 px and at twice the size of letters", async () => {
    const { tenant, page } = await openMessages(3, {}, "a".repeat(64));
    for (const path of ["messages", "types", "types/new", "tokens"]) {
      await page.goto(`/ui/t/${tenant}/${path}`);
      await page.locator("main h1").waitFor();
      for (const width of [320, 640]) {
        await page.setViewportSize({ width, height: 512 });
        await expectNoSidewaysScroll(page);
      }
    }
  });
});

describe("on a phone", () => {
  test("five ways lie in reach of a thumb, and More has all others", async () => {
    const { page } = await openMessages(0, ON_A_PHONE);
    const bar = pages(page);
    await expect
      .poll(() => bar.locator("a, button").allTextContents())
      .toEqual(["Overview", "Messages", "Dead letters", "Endpoints", "More"]);
    for (const one of await bar.locator("a, button").all()) {
      const box = await one.boundingBox();
      expect(box?.y, "at the lower edge").toBeGreaterThan(PHONE.height - 80);
      expect(Math.min(box?.width ?? 0, box?.height ?? 0), "as large as a thumb").toBeGreaterThanOrEqual(44);
    }
    await bar.getByRole("button", { name: "More" }).tap();
    await dialog(page).getByRole("link", { name: "Tokens" }).tap();
    await heading(page, "Tokens").waitFor();
    expect(await dialog(page).count()).toBe(0);
  });

  test("More works by the keyboard: Escape closes it, and the focus goes back", async () => {
    const { page } = await openMessages(0, { viewport: PHONE });
    const more = pages(page).getByRole("button", { name: "More" });
    await more.focus();
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "detached" });
    await expect.poll(() => more.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await dialog(page).getByRole("link", { name: "Event types" }).focus();
    await page.keyboard.press("Enter");
    await heading(page, "Event types").waitFor();
  });

  test("the last row of a page can be scrolled above the bar", async () => {
    const { page } = await openMessages(20, ON_A_PHONE);
    const last = page.locator("tr[data-row]").last();
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    const [row, bar] = [await last.boundingBox(), await pages(page).boundingBox()];
    expect((row?.y ?? 0) + (row?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
  });
});

describe("the switch of tenants", () => {
  test("finds by id and name, stays on the same list, and remembers the last ones", async () => {
    const { tenant, page } = await openMessages();
    const other = `zeta-${tenant}`;
    await dashboard.call("POST", "tenants", { id: other, name: "The Sixth Letter" });
    await switcher(page).click();
    const box = page.getByRole("combobox", { name: "Change the tenant" });
    await expect.poll(() => box.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.keyboard.type("sixth");
    await page.getByRole("option", { name: `${other} The Sixth Letter` }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/t/${other}/messages`);
    await expect.poll(() => focused(page).textContent()).toBe("Messages");
    expect(await box.count()).toBe(0);

    await switcher(page).click();
    const last = page.getByRole("group", { name: "Last ones" }).getByRole("option");
    await expect.poll(() => last.first().textContent()).toBe(tenant);
    await page.keyboard.press("Escape");
    await expect.poll(() => switcher(page).evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test("leads from a single thing to the other tenant's own page, and to all tenants", async () => {
    const { tenant, page } = await openMessages();
    await dashboard.call("POST", `tenants/${tenant}/event-types`, { name: "order.placed" });
    const other = await dashboard.createTenant();
    await page.goto(`/ui/t/${tenant}/et/order.placed`);
    await switcher(page).click();
    await page.getByRole("option", { name: other, exact: true }).click();
    await page.waitForURL(`**/ui/t/${other}`);
    await switcher(page).click();
    await page.getByRole("option", { name: "All tenants" }).click();
    await page.waitForURL("**/ui/t");
  });

  test("shows a name with marks of direction and tags as the text that it is", async () => {
    const { tenant, page } = await openMessages();
    const other = `hostile-${tenant}`;
    await dashboard.call("POST", "tenants", { id: other, name: "<img src=x onerror=alert(1)>\u202egnp" });
    await switcher(page).click();
    await page.keyboard.type(other);
    await page.getByText("<img src=x onerror=alert(1)>⟨202e⟩gnp").waitFor();
  });
});

describe("the account's menu", () => {
  test("closes on Escape and on a click elsewhere, and gives the focus back", async () => {
    const { page } = await openMessages();
    const signOut = page.getByRole("button", { name: "Sign out" });
    await account(page).focus();
    await page.keyboard.press("Enter");
    await signOut.waitFor();
    await page.keyboard.press("Escape");
    await signOut.waitFor({ state: "detached" });
    await expect.poll(() => account(page).evaluate((one) => one === document.activeElement)).toBe(true);
    await account(page).click();
    await signOut.waitFor();
    await account(page).click();
    await signOut.waitFor({ state: "detached" });
    await account(page).click();
    await signOut.waitFor();
    await page.mouse.click(640, 700);
    await signOut.waitFor({ state: "detached" });
  });

  test("has the theme and the language, which this browser keeps", async () => {
    const { page } = await openMessages();
    await account(page).click();
    await page.getByText("Role: admin").waitFor();
    await page.getByLabel("Theme").selectOption("Dark");
    await expect.poll(() => theme(page)).toBe("dark");
    await page.getByLabel("Language").selectOption("Español");
    await heading(page, "Mensajes").waitFor();
    await expect.poll(() => theme(page)).toBe("dark");
    await expect.poll(() => page.evaluate(() => document.documentElement.lang)).toBe("es");
    await page.reload();
    await heading(page, "Mensajes").waitFor();
  });
});

describe("shortcuts", () => {
  test("lead to pages after g", async () => {
    const { tenant, page } = await openMessages();
    for (const [key, path] of [
      ["e", "endpoints"],
      ["d", "deliveries"],
      ["f", "failures"],
      ["x", "dead"],
      ["m", "messages"],
    ]) {
      await page.keyboard.press("g");
      await page.keyboard.press(key ?? "");
      await page.waitForURL(`**/ui/t/${tenant}/${path}`);
    }
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.waitForURL("**/ui/");
  });

  test("pause live updates and change the theme, each beside a control that shows it, and say so", async () => {
    const { page } = await openMessages();
    await page.keyboard.press("p");
    await expect.poll(() => liveUpdates(page).inputValue()).toBe("off");
    await page.getByRole("status").getByText("Live updates: Off").waitFor();
    await page.keyboard.press("p");
    await expect.poll(() => liveUpdates(page).inputValue()).toBe("live");
    await page.keyboard.press("t");
    await expect.poll(() => theme(page)).toBe("light");
    await page.getByRole("status").getByText("Theme: Light").waitFor();
  });

  test("move by rows, open and leave them", async () => {
    const { page } = await openMessages(3);
    const rows = page.locator("tr[data-row]");
    const current = () =>
      rows.evaluateAll((all) => all.findIndex((row) => row.contains(document.activeElement)));
    for (const [key, at] of [
      ["j", 0],
      ["j", 1],
      ["j", 2],
      ["j", 2],
      ["k", 1],
    ] as const) {
      await page.keyboard.press(key);
      expect(await current(), key).toBe(at);
    }
    await page.keyboard.press("Escape");
    expect(await current()).toBe(-1);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/m\/msg_/);
  });

  test("select a row with x, and press Replay with r; a page without it says so", async () => {
    const { page } = await openMessages();
    await page.keyboard.press("r");
    await page.getByRole("status").getByText("This page has nothing to replay.").waitFor();
    const tenant = await dashboard.createTenant();
    await dashboard.createEndpoint(tenant, {}, { status: 500 });
    const message = await dashboard.commit(tenant);
    await dashboard.until(tenant, message, "dead");
    await page.goto(`/ui/t/${tenant}/deliveries`);
    await page.locator("tr[data-row]").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await expect.poll(() => page.locator("tr[data-row]").getByRole("checkbox").isChecked()).toBe(true);
    await page.keyboard.press("r");
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).waitFor();
    await page.keyboard.press("Escape");
    await page.goto(`/ui/t/${tenant}/m/${message}`);
    await page.locator('main [aria-keyshortcuts="r"]').first().waitFor();
    await page.keyboard.press("r");
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).waitFor();
  });

  test("rest while one types, with another key held, and while a dialog is open", async () => {
    const { tenant, page } = await openMessages();
    await page.getByLabel("Ordering key").fill("");
    await page.keyboard.type("gept?/");
    await expect.poll(() => page.getByLabel("Ordering key").inputValue()).toBe("gept?/");
    await page.getByRole("banner").click();
    await page.keyboard.press("Alt+p");
    await expect.poll(() => liveUpdates(page).inputValue()).toBe("live");
    await page.keyboard.press("?");
    await dialog(page).waitFor();
    await page.keyboard.press("p");
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await expect.poll(() => liveUpdates(page).inputValue()).toBe("live");
    expect(page.url()).toContain(`/ui/t/${tenant}/messages`);
  });

  test("are listed by ?, can be switched off there, and this browser keeps that", async () => {
    const { page } = await openMessages();
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    for (const text of ["g m", "/", "Next and previous row", "Pause or resume live updates"]) {
      await expect.poll(() => sheet.getByText(text, { exact: true }).count(), { message: text }).toBe(1);
    }
    await expectAccessibleEverywhere(page);
    await sheet.getByLabel("Single keys are shortcuts").uncheck();
    await page.keyboard.press("Escape");
    await page.reload();
    await heading(page, "Messages").waitFor();
    await page.keyboard.press("p");
    await page.keyboard.press("?");
    await expect.poll(() => liveUpdates(page).inputValue()).toBe("live");
    expect(await dialog(page).count()).toBe(0);
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Search" }).waitFor();
    await page.keyboard.press("Escape");
    await account(page).click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await sheet.getByLabel("Single keys are shortcuts").check();
    await page.keyboard.press("Escape");
    await page.keyboard.press("p");
    await expect.poll(() => liveUpdates(page).inputValue()).toBe("off");
  });
});

test("the frame and its menus are accessible, in light and dark, wide and on a phone", async () => {
  const { page } = await openMessages(2);
  await expectAccessibleEverywhere(page);
  for (const viewport of [{ width: 1280, height: 800 }, PHONE]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const button of [account(page), switcher(page)]) {
        await button.click();
        await page.locator(":popover-open").waitFor();
        await expectAccessible(page);
        await page.keyboard.press("Escape");
      }
    }
  }
  await pages(page).getByRole("button", { name: "More" }).click();
  await dialog(page).waitFor();
  await expectAccessible(page);
});
