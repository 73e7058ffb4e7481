import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import document from "../../docs/reference/openapi.json" with { type: "json" };
import { inBrowser } from "./browser.ts";

const browser = inBrowser();

const searchOf = (page: Page) => page.getByRole("searchbox", { name: "Search", exact: true });
const foundOn = (page: Page) => page.getByRole("status").textContent();
const idsOf = (page: Page, what = "article:visible") =>
  page.locator(what).evaluateAll((all) => all.map(({ id }) => id));
const markedOn = (page: Page) =>
  page.locator("nav [aria-current]").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
const topOf = (page: Page, id: string) =>
  page.locator(`#${id}`).evaluate((element) => element.getBoundingClientRect().top);

describe("the search of the page of the API", () => {
  test.each([
    ["a path", "/dead-letters/replay", ["replayDeadLetters"]],
    ["a summary, in capitals", "ROTATE", ["rotateSecret"]],
    ["the id of an operation", "createmessage", ["createMessage"]],
    ["a parameter", "if-match", ["updateEndpoint"]],
    ["a field of a body or an answer", "payloadFormat", ["createEndpoint", "schema-NewEndpoint"]],
    ["several words in any order", "tokens delete", ["revokeToken"]],
  ])("finds by %s", async (_, words, wanted) => {
    const page = await browser.open("/docs");
    const all = await idsOf(page);
    await searchOf(page).fill(words);
    const found = await idsOf(page);
    expect(found).toEqual(expect.arrayContaining(wanted));
    expect(found.length).toBeLessThan(all.length / 3);
    await expect.poll(() => foundOn(page)).toBe(`${found.length} found`);
    const links = await page
      .locator("nav li:visible a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links).toEqual(found.map((id) => `#${id}`));
    const emptyGroups = page.locator("section:visible:has(article):not(:has(article:visible))");
    expect(await emptyGroups.count()).toBe(0);
  });

  test("finds each operation by its id and its path", async () => {
    const page = await browser.open("/docs");
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { operationId }] of Object.entries(methods)) {
        await searchOf(page).fill(`${method} ${path} ${operationId}`);
        expect(await idsOf(page)).toContain(operationId);
      }
    }
  });

  test("is reached by /, left by Enter for the first that is found, and cleared by Escape", async () => {
    const page = await browser.open("/docs");
    const all = await idsOf(page);
    await page.keyboard.press("/");
    await page.keyboard.type("replay/");
    await page.keyboard.press("Backspace");
    await expect.poll(() => searchOf(page).inputValue()).toBe("replay");
    const [first = ""] = await idsOf(page);
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe(`#${first}`);
    expect(await topOf(page, first)).toBeLessThan(64);
    await expect.poll(() => page.locator(":focus").getAttribute("href")).toBe(`#${first}`);

    await page.keyboard.press("Escape");
    expect(await idsOf(page)).toEqual(all);
    await expect.poll(() => foundOn(page)).toBe("");
    // The current section stays in place.
    await expect.poll(() => topOf(page, first)).toBeLessThan(64);
    expect(await topOf(page, first)).toBeGreaterThanOrEqual(0);
  });

  test("says that nothing is found, and Enter leads nowhere then", async () => {
    const page = await browser.open("/docs");
    await searchOf(page).fill("no such thing");
    await expect.poll(() => foundOn(page)).toBe("Nothing found");
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("");
    await page.keyboard.press("Escape");
    await expect.poll(() => searchOf(page).inputValue()).toBe("");
  });

  test("gives way to a link to what it has hidden", async () => {
    const page = await browser.open("/docs");
    await searchOf(page).fill("createMessage");
    await page.locator("#createMessage a[href='#schema-NewMessage']").first().click();
    await page.locator("#schema-NewMessage").waitFor();
    await expect.poll(() => topOf(page, "schema-NewMessage")).toBeLessThan(64);
    await expect.poll(() => searchOf(page).inputValue()).toBe("");
  });

  test("serves a narrow screen too", async () => {
    const page = await browser.open("/docs", { viewport: { width: 390, height: 800 } });
    await page.getByRole("link", { name: "Contents" }).click();
    await searchOf(page).fill("deleteEndpoint");
    await page.keyboard.press("Enter");
    expect(await topOf(page, "deleteEndpoint")).toBeLessThan(64);
    const width = await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth);
    expect(width).toBe(390);
  });
});

describe("the contents beside the page", () => {
  test("mark the section that one has scrolled to, and show the mark", async () => {
    const page = await browser.open("/docs");
    expect(await markedOn(page)).toEqual(["#top"]);
    for (const id of ["listTenants", "schemas", "createTenant"]) {
      await page.locator(`#${id}`).evaluate((element) => element.scrollIntoView());
      await expect.poll(() => markedOn(page)).toEqual([`#${id}`]);
      await expect.poll(() => page.locator("nav [aria-current]").evaluate(isInSight)).toBe(true);
    }
  });

  test("mark where each of their links has led", async () => {
    const page = await browser.open("/docs");
    for (const id of await idsOf(page, "main, section, article")) {
      await page.locator(`nav a[href='#${id}']`).click();
      await expect.poll(() => markedOn(page)).toEqual([`#${id}`]);
    }
  });
});

describe("the page of the API", () => {
  test("is whole without its script, and has no search then", async () => {
    const page = await browser.open("/docs", { javaScriptEnabled: false });
    await expect
      .poll(() => page.locator("article:visible").count())
      .toBe(await page.locator("article").count());
    await expect.poll(() => page.locator("search").isVisible()).toBe(false);
    await page.locator("nav a[href='#createMessage']").click();
    expect(new URL(page.url()).hash).toBe("#createMessage");
  });

  test("runs no other script", async () => {
    const page = await browser.open("/docs");
    const title = await page.evaluate(() => {
      const script = window.document.createElement("script");
      script.textContent = "document.title = 'changed'";
      window.document.body.append(script);
      return window.document.title;
    });
    expect(title).not.toBe("changed");
    browser.forgive(/Content Security Policy/);
  });
});

function isInSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= window.innerHeight;
}
