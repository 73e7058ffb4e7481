import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard();
const { call, createEndpoint, openSignedIn, until } = dashboard;

/** Markup that would call a dialog or load something, wherever it became markup. */
const MARKUP = [
  "<script>alert(1)</script>",
  "<svg onload=alert(1)>",
  `"'><img src=//elsewhere.invalid/x onerror=alert(1)>`,
  "javascript:alert(1)",
  "</pre></style><iframe srcdoc='<script>alert(1)</script>'>",
  "{{constructor.constructor('alert(1)')()}}",
].join(" ");
/** Marks that turn the direction, and characters that nobody sees. */
const UNSEEN = "a\u202eb\u2066c\u200bd\ufeffe\u00adf";
const HOSTILE = `${MARKUP} ${UNSEEN}`;
const LONG = "x".repeat(900);

/** JSON that a parse and a write by JavaScript would change. */
const NUMBERS = [
  "12345678901234567890",
  "-12345678901234567890",
  "1e400",
  "0.1000000000000000055511151231257827",
  "-0",
];

async function commitText(tenant: string, fields: string): Promise<string> {
  const response = await fetch(`${dashboard.url()}/v1/tenants/${tenant}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" },
    body: `{"eventType":"__proto__.constructor",${fields}}`,
  });
  const { id } = (await response.json()) as { id: string };
  return id;
}

/** A tenant whose name, endpoint and receiver are hostile. */
async function createHostile(): Promise<string> {
  const tenant = `hostile-${crypto.randomUUID()}`;
  await call("POST", "tenants", { id: tenant, name: HOSTILE });
  const answer = {
    status: 400,
    body: `${HOSTILE} ${LONG}`,
    headers: { "content-type": MARKUP, "x-request-id": MARKUP },
  };
  await createEndpoint(tenant, { description: HOSTILE, headers: { "x-own": MARKUP } }, answer);
  return tenant;
}

async function openWatched(path: string): Promise<Page> {
  const page = await openSignedIn(path);
  page.on("dialog", (dialog) => {
    dashboard.complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return page;
}

/** Unfolds everything, also what is drawn only then. */
async function openAll(page: Page): Promise<void> {
  const folded = page.locator("main details:not([open])");
  while ((await folded.count()) > 0) {
    await folded.evaluateAll((all) => {
      for (const one of all) one.setAttribute("open", "");
    });
  }
}

/** Fails if any of it became more than text, could not be seen, or made the page wider than its window. */
async function expectTextAlone(page: Page): Promise<void> {
  const made = await page
    .locator("main")
    .evaluate((main) =>
      [
        ...main.querySelectorAll(
          "script, img, iframe, object, embed, [onload], [onerror], [srcdoc], a[href^='javascript']",
        ),
      ].map(({ outerHTML }) => outerHTML),
    );
  expect(made).toEqual([]);
  const shown = `${await page.locator("#app").textContent()} ${await page.title()}`;
  expect(shown).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\u00ad]/);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    await expectNoSidewaysScroll(page);
  }
}

describe("what strangers send is shown as text, wherever it stands", () => {
  test("on the page of a message: payload, key, description, headers, answer", async () => {
    const tenant = await createHostile();
    const payload = `{"text":${JSON.stringify(HOSTILE)},"__proto__":{"polluted":true},"constructor":"c","${UNSEEN}":"key","half":"\\ud800 \\udc00"}`;
    const message = await commitText(tenant, `"orderingKey":${JSON.stringify(MARKUP)},"payload":${payload}`);
    await until(tenant, message, "dead");
    const page = await openWatched(`/ui/t/${tenant}/m/${message}`);
    const main = page.locator("main");
    await main.getByText(`"__proto__"`).waitFor();
    await openAll(page);
    await expectTextAlone(page);
    const text = await main.textContent();
    for (const part of [
      "<script>alert(1)</script>",
      "javascript:alert(1)",
      "⟨202e⟩",
      "⟨200b⟩",
      '"\\ud800 \\udc00"',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain(`x-own: ${MARKUP}`);
    // A header of an answer is kept up to 200 characters.
    expect(text).toContain(`x-request-id: ${MARKUP.slice(0, 150)}`);
    await page.locator("[data-mark]").first().focus();
    await main.getByRole("button", { name: "Text", exact: true }).click();
    await expectTextAlone(page);
    await page.getByRole("searchbox", { name: "Search in Payload" }).waitFor({ state: "hidden" });
    await expect.poll(() => page.evaluate(() => "polluted" in {})).toBe(false);
  });

  test("on the lists, and in the form for a new message", async () => {
    const tenant = await createHostile();
    const message = await commitText(
      tenant,
      `"orderingKey":${JSON.stringify(MARKUP)},"payload":"${MARKUP.replaceAll('"', '\\"')}"`,
    );
    await until(tenant, message, "dead");
    const page = await openWatched(`/ui/t/${tenant}/messages`);
    await page.getByRole("cell", { name: MARKUP }).waitFor();
    await expectTextAlone(page);
    await page.goto(`/ui/t/${tenant}/deliveries`);
    await page.getByRole("link", { name: "__proto__.constructor" }).waitFor();
    await expectTextAlone(page);
    await page.goto(`/ui/t/${tenant}/messages/new?from=${message}`);
    await expect.poll(() => page.getByLabel("Ordering key").inputValue()).toBe(MARKUP);
    await expectTextAlone(page);
  });

  test("in an e-mail's subject, recipients and text", async () => {
    const tenant = await createHostile();
    const { id } = await call("POST", `tenants/${tenant}/emails`, {
      to: [`"${"<svg onload=alert(1)>".replaceAll(/[<>]/g, "")}" <ada@example.com>`],
      // The API takes no turns of direction in a subject.
      subject: MARKUP,
      text: HOSTILE,
    });
    const page = await openWatched(`/ui/t/${tenant}/m/${id}`);
    await page.getByRole("heading", { name: "E-mail", exact: true }).first().waitFor();
    await expectTextAlone(page);
    await page.goto(`/ui/t/${tenant}/emails`);
    await page.locator("tbody tr").waitFor();
    await expectTextAlone(page);
  });
});

test("numbers keep every digit, in the tree and in the text", async () => {
  const tenant = await createHostile();
  const message = await commitText(tenant, `"payload":{"all":[${NUMBERS}]}`);
  const page = await openWatched(`/ui/t/${tenant}/m/${message}`);
  await expect.poll(() => page.locator(".tree .literal").allTextContents()).toEqual(NUMBERS);
  await page.getByRole("button", { name: "Text", exact: true }).click();
  const text = (await page.locator(".json pre").textContent()) ?? "";
  expect(text.match(/-?[\d.]+(e\d+)?/g)).toEqual(NUMBERS);
});

test("deep nesting and long lists are drawn as far as one opens them", async () => {
  const tenant = await createHostile();
  const deep = `${'{"a":'.repeat(55)}"the end"${"}".repeat(55)}`;
  const list = `[${Array.from({ length: 1000 }, (_, n) => n)}]`;
  const message = await commitText(tenant, `"payload":{"deep":${deep},"list":${list}}`);
  const page = await openWatched(`/ui/t/${tenant}/m/${message}`);
  await page.getByText("1000 entries").or(page.getByText("1,000 entries")).waitFor();
  await expect.poll(() => page.locator(".tree .literal").count()).toBe(100);
  await page.locator(".tree").getByRole("button", { name: "Show more" }).click();
  await expect.poll(() => page.locator(".tree .literal").count()).toBe(200);
  await openAll(page);
  await page.getByText('"the end"').waitFor();
  await expectTextAlone(page);
});

test("a line of 200 KB is shown on request, and wraps", async () => {
  const tenant = await createHostile();
  const message = await commitText(tenant, `"payload":"${"y".repeat(200_000)}"`);
  const page = await openWatched(`/ui/t/${tenant}/m/${message}`);
  await page.getByText("It is large: choose Text to see it.").waitFor();
  await expectTextAlone(page);
  await page.getByRole("button", { name: "Text", exact: true }).click();
  await expect.poll(async () => (await page.locator(".json pre").textContent())?.length).toBe(200_002);
  await expectTextAlone(page);
});
