import type { Page } from "playwright-core";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN, waitUntil } from "../support/programs/dev-server.ts";
import { expectAccessible, expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const READER = "reader-token-of-a-test";
const dashboard = inDashboard({
  OPERATOR_TOKEN: `ada:admin:${OPERATOR_TOKEN},ben:read:${READER}`,
});
const { call, commit, createEndpoint, createTenant, openSignedIn, until } = dashboard;

const HOUR = 3600;
/** A click on what says that it cannot be used. */
const ANYWAY = { force: true };
const pathOf = (tenant: string, message: string) => `/ui/t/${tenant}/m/${message}`;
const openMessage = (tenant: string, message: string) => openSignedIn(pathOf(tenant, message));
const marksOf = (page: Page, name: RegExp) => page.locator(".lanes").getByRole("img", { name });
const sentenceOf = (page: Page) => page.locator(".sentence");

/** Notes that fail the test if the page is loaded anew. */
async function loadedOnce(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(globalThis, { isFirst: true }));
  return async () => expect(await page.evaluate(() => "isFirst" in globalThis)).toBe(true);
}

/** Counts requests of the page, by method and the end of their path. */
function requestsOf(page: Page, method: string, end: string): () => number {
  let count = 0;
  page.on("request", (request) => {
    if (request.method() === method && new URL(request.url()).pathname.endsWith(end)) count++;
  });
  return () => count;
}

async function answerDialog(page: Page, verb: string): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
}

describe("a message is watched without loading the page anew", () => {
  test("from its wait to its delivery; then it is read no more", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant, { description: "Billing" });
    await call("POST", `tenants/${tenant}/endpoints/${id}/pause`);
    const message = await commit(tenant);
    const page = await openSignedIn(`/ui/t/${tenant}/messages`);
    await page.clock.install();
    await page.goto(pathOf(tenant, message));
    const expectLoadedOnce = await loadedOnce(page);
    await expect.poll(() => sentenceOf(page).textContent()).toBe("Billing: its endpoint is paused");
    await marksOf(page, /^for .*: its endpoint is paused$/).focus();

    await call("POST", `tenants/${tenant}/endpoints/${id}/resume`);
    await expect.poll(() => sentenceOf(page).textContent()).toMatch(/^Delivered in /);
    await marksOf(page, /^attempt 1, .* after the commit: 200 in /).waitFor();
    await marksOf(page, /^delivered .* after the commit$/).waitFor();
    await expectLoadedOnce();
    // The mark that had the focus is over; the focus is still in its lane.
    await expect.poll(() => page.locator(".lanes :focus").count()).toBe(1);

    const reads = requestsOf(page, "GET", message);
    await page.clock.runFor(60_000);
    expect(reads()).toBe(0);
  });

  test("a retry draws its third bar", async () => {
    const tenant = await createTenant();
    const fields = { description: "Warehouse", retrySchedule: [1, HOUR, 2 * HOUR] };
    const { id } = await createEndpoint(tenant, fields, { status: 503 });
    const message = await commit(tenant);
    const page = await openMessage(tenant, message);
    const expectLoadedOnce = await loadedOnce(page);
    await marksOf(page, /^attempt 2, .*: 503 in .*, the next in (1 hr|\d\d min)$/).waitFor();
    await expect.poll(() => marksOf(page, /^attempt \d, /).count()).toBe(2);
    await expect
      .poll(() => sentenceOf(page).textContent())
      .toMatch(/^Warehouse: next attempt in (1 hr|\d\d min) \(503 twice\)$/);
    await expect.poll(() => marksOf(page, /^attempt \d planned in /).count()).toBe(2);

    await call("POST", `tenants/${tenant}/messages/${message}/deliveries/${id}/retry`);
    await marksOf(page, /^attempt 3, .*: 503 in /).waitFor();
    await expect.poll(() => marksOf(page, /^attempt \d, /).count()).toBe(3);
    await expectLoadedOnce();
  });
});

test("a scheduled message shows what it waits for, and until when", async () => {
  const tenant = await createTenant();
  await createEndpoint(tenant, { description: "Billing" });
  const deliverAt = new Date(Date.now() + 2 * HOUR * 1000).toISOString();
  const page = await openMessage(tenant, await commit(tenant, { deliverAt }));
  await marksOf(page, /^for .*: scheduled in 2 hr$/).waitFor();
  await expect.poll(() => sentenceOf(page).textContent()).toBe("Billing: scheduled in 2 hr");
  // Retries after 0.3 seconds, twice: the schedule of the settings.
  await expect.poll(() => marksOf(page, /^attempt [123] planned in 2 hr, if it is needed$/).count()).toBe(3);
});

describe("by the keyboard alone", () => {
  test("the lanes are walked through, and each mark is told where one sees it", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { description: "First", retrySchedule: [1] }, { status: 500 }, {});
    await createEndpoint(tenant, { description: "Second" });
    const message = await commit(tenant);
    await until(tenant, message, "delivered");
    const page = await openMessage(tenant, message);
    await page.locator(".lanes").waitFor();
    const readout = page.locator(".readout");
    const names = () => page.locator(".lane .name").allTextContents();
    await expect.poll(async () => (await names()).toSorted()).toEqual(["First", "Second"]);
    const lanes = await names();
    const [busy, quiet] = lanes[0] === "First" ? ["ArrowUp", "ArrowDown"] : ["ArrowDown", "ArrowUp"];

    await page.getByRole("link", { name: "Send as a new message" }).focus();
    while (!(await page.locator(".lanes :focus").count())) await page.keyboard.press("Tab");
    await page.keyboard.press(busy);
    await page.keyboard.press("Home");
    await expect
      .poll(() => readout.textContent())
      .toMatch(/^First · attempt 1, .*: 500 in .*, the next .* later$/);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => readout.textContent()).toMatch(/^First · attempt 2, .*: 200 in /);
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => readout.textContent()).toMatch(/^First · delivered /);
    await page.keyboard.press(quiet);
    await expect.poll(() => readout.textContent()).toMatch(/^Second · /);
    await expect
      .poll(() => page.locator(":focus").getAttribute("aria-label"))
      .toBe((await readout.textContent())?.replace("Second · ", ""));
    await marksOf(page, /^attempt 1, .*: 500 in /).hover();
    await expect.poll(() => readout.textContent()).toMatch(/^First · attempt 1, /);
    // One stop of the tabulator, however many marks.
    const stops = await page
      .locator("[data-mark]")
      .evaluateAll((all) => all.map((one) => (one as SVGElement).tabIndex));
    expect(stops.filter((index) => index === 0)).toEqual([0]);
    await page.keyboard.press("Tab");
    expect(await page.locator(".lanes :focus").count()).toBe(0);
  });

  test("an axis that is compressed by itself can be set to scale, which makes points of far attempts", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { retrySchedule: [1] }, { status: 500 }, {});
    const message = await commit(tenant);
    const whole = await until(tenant, message, "delivered");
    const page = await openSignedIn(`/ui/t/${tenant}/messages`);
    const [delivery] = whole.deliveries;
    delivery.settledAt = new Date(Date.parse(whole.committedAt) + HOUR * 1000).toISOString();
    delivery.attempts[1].startedAt = delivery.settledAt;
    await page.route(`**/messages/${message}`, (route) => route.fulfill({ json: whole }));
    await page.goto(pathOf(tenant, message));
    const width = async () =>
      Number.parseFloat((await page.locator("rect.retry").getAttribute("width")) ?? "");
    await expect.poll(width).toBeGreaterThan(0);
    const before = await width();
    await page.getByRole("button", { name: "To scale" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(width).toBeLessThan(before / 10);
  });

  test("the same is told as a list, in order", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { description: "Billing", retrySchedule: [1] }, { status: 500 }, {});
    const message = await commit(tenant);
    await until(tenant, message, "delivered");
    const page = await openMessage(tenant, message);
    await page.getByText("As a list").click();
    await expect
      .poll(() => page.locator(".told li").allTextContents())
      .toEqual([
        expect.stringMatching(/^Billing: attempt 1, .*: 500 in /),
        expect.stringMatching(/^Billing: attempt 2, .*: 200 in /),
        expect.stringMatching(/^Billing: delivered /),
      ]);
  });
});

describe("the page is clean under axe, in light and dark, wide and on a phone", () => {
  test("with one lane, its attempts unfolded", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, {}, { status: 400, body: "no such customer" });
    const message = await commit(tenant, { orderingKey: "customer-7" });
    await until(tenant, message, "dead");
    const page = await openMessage(tenant, message);
    await page.getByText("no such customer").first().waitFor();
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 700 });
    await expectNoSidewaysScroll(page);
  });

  test("with a hundred lanes, which the keys reach", async () => {
    const tenant = await createTenant();
    const { hook } = await createEndpoint(tenant, {});
    const url = (n: number) => `${hook.url}?${n}`;
    for (let n = 1; n < 100; n++) {
      await call("POST", `tenants/${tenant}/endpoints`, {
        channel: "webhook",
        url: url(n),
        description: `Receiver ${n}`,
      });
    }
    const message = await commit(tenant);
    await until(tenant, message, "delivered");
    const page = await openMessage(tenant, message);
    await expect.poll(() => page.locator(".lane").count()).toBe(100);
    await expectAccessibleEverywhere(page);
    await expectNoSidewaysScroll(page);
    await page.locator("[data-mark][tabindex='0']").focus();
    for (let n = 1; n < 100; n++) await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.locator(":focus").getAttribute("data-mark")).toMatch(/^99\//);
  });
});

/** Lines that tell who has acted on the message. */
const actsOf = (page: Page) =>
  page.locator("section.panel", { hasText: "Acts on it" }).locator("li").allTextContents();

describe("what people do to a delivery", () => {
  test("replay: the receiver gets it again, once, however often one clicks", async () => {
    const tenant = await createTenant();
    const { hook } = await createEndpoint(tenant);
    const message = await commit(tenant);
    await until(tenant, message, "delivered");
    const page = await openMessage(tenant, message);
    const posts = requestsOf(page, "POST", "/replay");
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("the same webhook-id").waitFor();
    await expect.poll(() => page.locator(":focus").textContent()).toBe("Cancel");
    await dialog.getByRole("button", { name: "Replay", exact: true }).dblclick();
    await page.getByRole("status").getByText("Replayed: 1").waitFor();
    await marksOf(page, /^attempt 2, /).waitFor();
    expect(posts()).toBe(1);
    expect((await hook.received()).map(({ headers }) => headers["webhook-id"])).toEqual([message, message]);
  });

  test("cancel: it ends, and says by whom", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant);
    await call("POST", `tenants/${tenant}/endpoints/${id}/pause`);
    const message = await commit(tenant);
    const page = await openMessage(tenant, message);
    await page.locator(".delivery").getByRole("button", { name: "Cancel" }).click();
    // "Cancel" alone leaves the dialog; the other button acts.
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).last().click();
    await page.getByRole("status").getByText("Cancelled: 1").waitFor();
    await marksOf(page, /^cancelled .*: cancelled by a person$/).waitFor();
    expect((await until(tenant, message, "cancelled")).deliveries[0].reason).toBe("by_request");
  });

  test("retry now: the next attempt is made at once", async () => {
    const tenant = await createTenant();
    const { hook } = await createEndpoint(tenant, { retrySchedule: [HOUR] }, { status: 503 }, {});
    const message = await commit(tenant);
    await waitUntil("the first attempt", async () => (await hook.received()).length === 1);
    const page = await openMessage(tenant, message);
    await page.getByRole("button", { name: "Retry now" }).click();
    await answerDialog(page, "Retry now");
    await expect.poll(() => sentenceOf(page).textContent()).toMatch(/^Delivered in /);
  });

  test("skip and dismiss: the key goes on, and a dead letter is put away", async () => {
    const tenant = await createTenant();
    const fields = { order: "strict", retrySchedule: [1] };
    const { hook } = await createEndpoint(tenant, fields, { status: 500 });
    const [first, second] = [
      await commit(tenant, { orderingKey: "k" }),
      await commit(tenant, { orderingKey: "k" }),
    ];
    await until(tenant, first, "dead");
    const behind = await openMessage(tenant, second);
    await marksOf(behind, /^for .*: behind a dead delivery that blocks its ordering key$/).waitFor();
    await behind.getByRole("button", { name: "Retry now" }).click(ANYWAY);
    await behind.getByRole("status").getByText("It waits behind an earlier delivery").waitFor();
    await hook.answer({});

    const page = await openMessage(tenant, first);
    await page.getByRole("button", { name: "Skip", exact: true }).click();
    await answerDialog(page, "Skip");
    await expect.poll(() => sentenceOf(behind).textContent()).toMatch(/^Delivered in /);
    await page.getByRole("button", { name: "Skip", exact: true }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Dismiss" }).click();
    await answerDialog(page, "Dismiss");
    await marksOf(page, /^cancelled .*: dismissed by a person$/).waitFor();
    await expect
      .poll(() => actsOf(page))
      .toEqual([
        expect.stringMatching(/^dismiss delivery .*ada · /),
        expect.stringMatching(/^skip delivery .*ada · /),
      ]);
    await expectAccessibleEverywhere(page);
    expect(await actsOf(behind)).toEqual([]);
  });

  test("a refusal is told in the dialog, and changes nothing", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant);
    const message = await commit(tenant);
    await until(tenant, message, "delivered");
    const page = await openMessage(tenant, message);
    await page.route("**/replay", (route) =>
      route.fulfill({
        status: 409,
        contentType: "application/problem+json",
        body: JSON.stringify({
          code: "delivery_not_settled",
          title: "Delivery not settled",
          detail: "It is pending.",
          requestId: "r-1",
        }),
      }),
    );
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    const alert = page.getByRole("dialog").getByRole("alert");
    await alert.getByText("It is pending.").waitFor();
    await expectAccessible(page);
    await expect.poll(() => alert.textContent()).toContain("delivery_not_settled");
    dashboard.forgive(409);
  });
});

describe("what people do to a message", () => {
  test("cancel what is left, and replay all that is settled, each with its count", async () => {
    const tenant = await createTenant();
    const paused = await Promise.all([createEndpoint(tenant), createEndpoint(tenant)]);
    const { hook } = await createEndpoint(tenant);
    for (const { id } of paused) await call("POST", `tenants/${tenant}/endpoints/${id}/pause`);
    const message = await commit(tenant);
    await waitUntil("one delivery", async () => (await hook.received()).length === 1);
    const page = await openMessage(tenant, message);
    await page.getByRole("button", { name: "Cancel unsettled deliveries" }).click();
    await page.getByRole("heading", { name: "Cancel 2 deliveries?" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).last().click();
    await page.getByRole("status").getByText("Cancelled: 2").waitFor();
    await expect
      .poll(() => sentenceOf(page).textContent())
      .toMatch(/^Delivered to 1 of 3; .* are cancelled$/);

    await page.getByRole("button", { name: "Replay settled deliveries" }).click();
    await page.getByRole("heading", { name: "Replay 3 deliveries?" }).waitFor();
    await answerDialog(page, "Replay");
    await page.getByRole("status").getByText("Replayed: 3").waitFor();
    await waitUntil("the replay", async () => (await hook.received()).length === 2);
    await expect.poll(async () => (await actsOf(page)).length).toBeGreaterThanOrEqual(2);
  });

  test("send it again: the form is filled with it, to the last digit", async () => {
    const tenant = await createTenant();
    const { hook } = await createEndpoint(tenant);
    const body = `{"eventType":"order.placed","orderingKey":"k","payload":{"n":12345678901234567890,"e":1e400}}`;
    const response = await fetch(`${dashboard.url()}/v1/tenants/${tenant}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" },
      body,
    });
    const { id } = (await response.json()) as { id: string };
    await until(tenant, id, "delivered");
    const page = await openMessage(tenant, id);
    await page.getByRole("link", { name: "Send as a new message" }).click();
    await expect.poll(() => page.getByLabel("Event type").inputValue()).toBe("order.placed");
    await expect.poll(() => page.getByLabel("Ordering key").inputValue()).toBe("k");
    await expect.poll(() => page.getByLabel("Payload").inputValue()).toContain("12345678901234567890");
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => sentenceOf(page).textContent()).toMatch(/^Delivered in /);
    const [first, second] = await hook.received();
    const dataOf = (text = "") => text.slice(text.indexOf('"data":'));
    expect(dataOf(second?.body)).toBe(dataOf(first?.body));
    expect(second?.headers["webhook-id"]).not.toBe(id);
  });
});

test("the curl command sends the very body, signed with a secret for tests and never the real one", async () => {
  const tenant = await createTenant();
  const { id } = await createEndpoint(tenant);
  const message = await commit(tenant, { payload: { text: "it's" } });
  await until(tenant, message, "delivered");
  const page = await openSignedIn(pathOf(tenant, message), {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await page.getByRole("button", { name: "Copy curl command" }).click();
  await page.getByRole("status").getByText("Copied: curl command").waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  const [, secret = ""] = /(whsec_\S+)/.exec(command) ?? [];
  const [, raw = ""] = /--data-raw '([\s\S]*)'$/.exec(command) ?? [];
  const headers = Object.fromEntries(
    [...command.matchAll(/-H '(webhook-[^:]+): ([^']*)'/g)].map(([, name, value]) => [name, value]),
  );
  const body = raw.replaceAll(String.raw`'\''`, "'");
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({
    type: "order.placed",
    data: { text: "it's" },
  });
  const { secret: real } = await call("POST", `tenants/${tenant}/endpoints/${id}/secret/rotate`, {});
  expect(secret).not.toBe(real);
});

test("a message that went to nobody shows the endpoints and their event types", async () => {
  const tenant = await createTenant();
  await createEndpoint(tenant, { description: "Billing", eventTypes: ["invoice.paid"] });
  const page = await openMessage(tenant, await commit(tenant));
  await page.getByText("No endpoint subscribed to order.placed when it was committed.").waitFor();
  await expect.poll(() => page.getByRole("row", { name: /Billing/ }).textContent()).toContain("invoice.paid");
  await expect.poll(() => sentenceOf(page).textContent()).toBe("Went to nobody");
  await expectAccessible(page);
});

test("a message that is not there says why that can be", async () => {
  const tenant = await createTenant();
  const page = await openMessage(tenant, "msg_00000000000000000000000");
  await page.getByText("There is no such message").waitFor();
  dashboard.forgive(404);
});

test("a deleted endpoint is named as such, and its delivery is not replayed", async () => {
  const tenant = await createTenant();
  const { id } = await createEndpoint(tenant);
  const message = await commit(tenant);
  await until(tenant, message, "delivered");
  await call("DELETE", `tenants/${tenant}/endpoints/${id}`);
  const page = await openMessage(tenant, message);
  await page.getByText("deleted endpoint").waitFor();
  await page.getByRole("button", { name: "Replay", exact: true }).click(ANYWAY);
  await page.getByRole("status").getByText("The endpoint was deleted.").waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
});

test("whoever may only read sees the actions, and why they are not theirs", async () => {
  const tenant = await createTenant();
  await createEndpoint(tenant);
  const message = await commit(tenant);
  await until(tenant, message, "delivered");
  const page = await openSignedIn(pathOf(tenant, message), {}, READER);
  const replay = page.getByRole("button", { name: "Replay", exact: true });
  await expect.poll(() => replay.getAttribute("aria-disabled")).toBe("true");
  await replay.click(ANYWAY);
  await page.getByRole("status").getByText('lacks the right "manage"').waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
});

test("the portal has the same page, and with the right to manage its actions", async () => {
  const tenant = await createTenant();
  const { hook } = await createEndpoint(tenant);
  const message = await commit(tenant);
  await until(tenant, message, "delivered");
  const page = await dashboard.openPortal(tenant, ["read", "manage"], `/portal/m/${message}`);
  await expect.poll(() => sentenceOf(page).textContent()).toMatch(/^Delivered in /);
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await answerDialog(page, "Replay");
  await waitUntil("the replay", async () => (await hook.received()).length === 2);
  await expect
    .poll(() => page.getByRole("link", { name: "Messages" }).first().getAttribute("href"))
    .toBe("/portal/messages");

  const reader = await dashboard.openPortal(tenant, ["read"], `/portal/m/${message}`);
  const replay = reader.getByRole("button", { name: "Replay", exact: true });
  await expect.poll(() => replay.getAttribute("aria-disabled")).toBe("true");
});

test("an e-mail is shown as it looks, in a frame that runs nothing and loads nothing", async () => {
  const tenant = await createTenant();
  const hook = await dashboard.createHook();
  const html = `<style>h1 { color: rgb(0, 128, 0) }</style><h1>Hello Ada</h1>
    <img src="${hook.url}?pixel" alt="a pixel"><script>parent.document.title = "run"</script>
    <p onclick="alert(1)" style="background: url(${hook.url}?back)">Text</p>
    <a href="${hook.url}">Buy</a><form action="${hook.url}"><button>Go</button></form>
    <iframe src="${hook.url}"></iframe><link rel="stylesheet" href="${hook.url}?css">
    <meta http-equiv="refresh" content="0;url=${hook.url}">`;
  const { id } = await call("POST", `tenants/${tenant}/emails`, {
    to: ["Ada <ada@example.com>", "ben@example.com"],
    together: true,
    subject: "Your order",
    text: "Hello <b>Ada</b>",
    html,
    replyTo: ["help@example.com", "shop@example.com"],
    headers: { "X-Team": "<b>blue</b>" },
    tags: { category: "receipt" },
    attachments: [{ filename: "<b>invoice.pdf", type: "application/pdf", content: "AAECAw==" }],
  });
  await until(tenant, id, "delivered");
  const page = await openMessage(tenant, id);
  const shown = page.frameLocator("iframe");
  const heading = shown.getByRole("heading", { name: "Hello Ada" });
  await heading.waitFor();
  await expect
    .poll(() => heading.evaluate((element) => getComputedStyle(element).color))
    .toBe("rgb(0, 128, 0)");
  await expect.poll(() => page.locator("iframe").getAttribute("sandbox")).toBe("");
  await page.getByText("Hello <b>Ada</b>").first().waitFor();
  await page.getByText("Ada <ada@example.com>, ben@example.com").waitFor();
  await page.getByText("help@example.com, shop@example.com").waitFor();
  await page.getByText("<b>invoice.pdf (application/pdf, 4 B)", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "Further headers" }).waitFor();
  await page.getByText("<b>blue</b>", { exact: true }).waitFor();
  await page.getByRole("definition").getByText("receipt", { exact: true }).waitFor();
  await shown.getByText("Buy").click();
  await expect.poll(() => page.title()).toContain("Your order");
  await heading.waitFor();
  await expectAccessible(page);
  expect(await hook.received()).toEqual([]);
  // The browser tells of the background that the policy of the frame refuses, and of the scripts by which a test looks into it.
  dashboard.forgive(/Content Security Policy|^requested .*\?back$|^Blocked script execution/);
});

test("a sensitive e-mail says that its content was wiped, and is neither replayed nor sent as it is shown", async () => {
  const tenant = await createTenant();
  const later = new Date(Date.now() + 3600_000).toISOString();
  const mail = { to: "ada@example.com", subject: "Code 493817", text: "493817", html: "<b>493817</b>" };
  const { id } = await call("POST", `tenants/${tenant}/emails`, { ...mail, sensitive: true });
  const { id: waiting } = await call("POST", `tenants/${tenant}/emails`, {
    ...mail,
    sensitive: true,
    deliverAt: later,
    attachments: [{ filename: "code.txt", type: "text/plain", content: "NDkzODE3" }],
  });
  await until(tenant, id, "delivered");
  const page = await openMessage(tenant, id);
  await page.getByText("its content was wiped when its delivery was settled").waitFor();
  await page.getByRole("heading", { name: "[sealed]" }).first().waitFor();
  expect(await page.getByRole("link", { name: "Send as a new message" }).count()).toBe(0);
  const replay = page.getByRole("button", { name: "Replay", exact: true });
  await expect.poll(() => replay.getAttribute("aria-disabled")).toBe("true");
  expect(await page.content()).not.toContain("493817");
  await expectAccessible(page);

  const open = await openMessage(tenant, waiting);
  await open.getByText("its content is sealed, shown to nobody").waitFor();
  await open.getByText("code.txt (text/plain)", { exact: true }).waitFor();
  expect(await open.content()).not.toContain("493817");
});
