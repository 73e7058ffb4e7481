import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { RESEND_SECRET, resendEvent } from "../support/outside/email-events.ts";
import { OPERATOR_TOKEN, waitUntil } from "../support/programs/dev-server.ts";
import { expectAccessible, expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const READER = "reader-token-of-a-test";
const dashboard = inDashboard({
  OPERATOR_TOKEN: `ada:admin:${OPERATOR_TOKEN},ben:read:${READER}`,
  RESEND_WEBHOOK_SECRET: RESEND_SECRET,
});
const { call, commit, createEndpoint, createTenant, openSignedIn, until } = dashboard;
/** A click on what says that it cannot be used. */
const ANYWAY = { force: true };

const openList = (tenant: string, list: string) => openSignedIn(`/ui/t/${tenant}/${list}`);
const rowsOf = (page: Page) => page.locator("tbody tr");

async function expectFitsAPhone(page: Page): Promise<void> {
  await expectAccessibleEverywhere(page);
  await page.setViewportSize({ width: 320, height: 700 });
  await expectNoSidewaysScroll(page);
}

describe("the filters in force", () => {
  test("stand above a list in words, and each is taken away by itself, also by the keyboard", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant, { description: "Billing" });
    await until(tenant, await commit(tenant), "delivered");
    const since = "2026-01-01T00:00:00.000Z";
    const page = await openList(
      tenant,
      `deliveries?state=delivered&channel=webhook&endpointId=${id}&since=${since}`,
    );
    const chips = page.getByRole("list", { name: "Active filters" }).getByRole("listitem");
    const first = ["Remove the filter State: delivered", "Remove the filter Channel: webhook"];
    await expect
      .poll(() => chips.allTextContents())
      .toEqual([
        ...first,
        "Remove the filter Endpoint: Billing",
        expect.stringMatching(/^Remove the filter Since: .*2026/),
      ]);
    await expectFitsAPhone(page);
    await page.setViewportSize({ width: 1280, height: 800 });

    await chips.nth(1).getByRole("button").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => chips.count()).toBe(3);
    await expect.poll(() => page.locator(":focus").textContent()).toContain("Endpoint: Billing");
    expect(page.url()).not.toContain("channel=");
    for (const _ of [1, 2, 3]) await page.keyboard.press("Enter");
    await expect.poll(() => chips.count()).toBe(0);
    expect(new URL(page.url()).search).toBe("");
    await expect.poll(() => page.locator(":focus").getAttribute("id")).toMatch(/^filter-/);
    await expect.poll(() => rowsOf(page).count()).toBe(1);
  });
});

describe("the endpoints of a tenant that has many", () => {
  test("have their names in lists, in filters and on pages, the oldest among 250 too", async () => {
    const tenant = await createTenant();
    const { id, hook } = await createEndpoint(tenant, { description: "The oldest" });
    const path = `tenants/${tenant}/endpoints`;
    const other = (n: number) => ({
      channel: "webhook",
      url: hook.url,
      description: `Other ${n}`,
      eventTypes: ["other"],
    });
    for (let n = 0; n < 250; n += 25) {
      const some = Array.from({ length: 25 }, (_, more) => call("POST", path, other(n + more)));
      await Promise.all(some);
    }
    const message = await commit(tenant);
    await until(tenant, message, "delivered");
    const page = await openList(tenant, `deliveries?endpointId=${id}`);
    await expect.poll(() => rowsOf(page).first().textContent()).toContain("The oldest");
    await page.getByText("Endpoint: The oldest").waitFor();
    await expect.poll(() => page.getByLabel("Endpoint").locator("option").count()).toBe(252);
    await page.goto(`/ui/t/${tenant}/m/${message}`);
    await page.getByRole("heading", { name: "The oldest" }).waitFor();
    await call("POST", `${path}/${id}/pause`);
    await page.goto(`/ui/t/${tenant}`);
    await page.getByRole("link", { name: "The oldest" }).waitFor();
  });
});

describe("the list of messages", () => {
  test("counts the deliveries of each by their states, in words", async () => {
    const tenant = await createTenant();
    await Promise.all([createEndpoint(tenant), createEndpoint(tenant)]);
    await createEndpoint(tenant, { retrySchedule: [1] }, { status: 410 });
    await commit(tenant);
    await waitUntil("the deliveries", async () => {
      const { data } = await call("GET", `tenants/${tenant}/messages`);
      return data[0].states.delivered === 2 && data[0].states.dead === 1;
    });
    const page = await openList(tenant, "messages");
    await expect
      .poll(() => rowsOf(page).first().locator(".mark").allTextContents())
      .toEqual(["dead", "delivered × 2"]);
    await expectFitsAPhone(page);
  });

  test("shows what became of each, and is narrowed by its filters, which stand in the address", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant, { description: "Billing", eventTypes: ["invoice.paid"] });
    await commit(tenant, { eventType: "invoice.paid", orderingKey: "customer-7" });
    const paid = await commit(tenant, { eventType: "invoice.paid" });
    await commit(tenant, { eventType: "order.placed" });
    await until(tenant, paid, "delivered");
    const page = await openList(tenant, "messages");
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await expect.poll(() => rowsOf(page).first().textContent()).toMatch(/order\.placed.*nobody$/);
    await expect
      .poll(() => rowsOf(page).last().textContent())
      .toMatch(/invoice\.paid.*customer-7.*delivered$/);
    await expectFitsAPhone(page);
    await page.setViewportSize({ width: 1280, height: 800 });

    await page.getByLabel("Sent to").selectOption("nobody");
    await expect
      .poll(() => rowsOf(page).allTextContents())
      .toEqual([expect.stringContaining("order.placed")]);
    expect(page.url()).toContain("unmatched=true");
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Endpoint").selectOption("Billing");
    await expect.poll(() => rowsOf(page).count()).toBe(2);
    expect(page.url()).toContain(`endpointId=${id}`);
    await page.getByLabel("Ordering key").fill("customer-7");
    await page.keyboard.press("Enter");
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.reload();
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.getByLabel("Event type").fill("invoice.unpaid");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing matches").waitFor();
    await page.getByRole("main").getByRole("button", { name: "Clear filters" }).last().click();
    await expect.poll(() => rowsOf(page).count()).toBe(3);
  });

  test("is narrowed to a span of time", async () => {
    const tenant = await createTenant();
    await commit(tenant);
    const page = await openList(tenant, "messages");
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.getByLabel("Since").fill("2030-01-01T00:00");
    await page.getByText("Nothing matches").waitFor();
    expect(new URL(page.url()).searchParams.get("since")).toBe(new Date("2030-01-01T00:00").toISOString());
  });

  test("finds a text in payloads, and says how far it has looked", async () => {
    const tenant = await createTenant();
    const wanted = await commit(tenant, { payload: { note: "the blue parcel" } });
    await commit(tenant, { payload: { note: "the red parcel" } });
    const page = await openList(tenant, "messages");
    await page.getByLabel("Text in the payload").fill("blue");
    await page.keyboard.press("Enter");
    await page.getByText("Looked through 2 messages").waitFor();
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await expect
      .poll(() => rowsOf(page).getByRole("link").getAttribute("href"))
      .toBe(`/ui/t/${tenant}/m/${wanted}`);
  });

  test("begins with the one next step, and the line for a shell", async () => {
    const tenant = await createTenant();
    const page = await openList(tenant, "messages");
    await page.getByText("No messages yet").waitFor();
    await expect.poll(() => page.locator("pre").textContent()).toContain(`/v1/tenants/${tenant}/messages`);
    await expectFitsAPhone(page);
  });

  test("does not jump: what comes meanwhile waits behind a button", async () => {
    const tenant = await createTenant();
    await commit(tenant, { eventType: "first" });
    const page = await openList(tenant, "messages");
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await commit(tenant, { eventType: "second" });
    await page.getByRole("button", { name: "1 new" }).click();
    await expect.poll(() => rowsOf(page).first().textContent()).toContain("second");
  });
});

describe("sending a message", () => {
  const openForm = async (tenant: string) => {
    const page = await openList(tenant, "messages");
    await page.getByRole("link", { name: "Send a message" }).click();
    await page.getByRole("heading", { name: "Send a message" }).waitFor();
    return page;
  };

  test("commits it once, however often one clicks, and leads to it", async () => {
    const tenant = await createTenant();
    const { hook } = await createEndpoint(tenant);
    const page = await openForm(tenant);
    await expectFitsAPhone(page);
    await page.getByLabel("Event type").fill("order.placed");
    await page
      .getByLabel("Payload")
      .fill('{"n": 12345678901234567890, "key": "__proto__", "__proto__": {"a": 1}}');
    await page.getByLabel("Ordering key").fill("customer-7");
    await page.getByRole("button", { name: "Send" }).dblclick();
    await page.getByRole("status").getByText("Committed. Deliveries: 1").waitFor();
    await page.getByText("customer-7").waitFor();
    await waitUntil("the webhook", async () => (await hook.received()).length > 0);
    const received = await hook.received();
    expect(received).toHaveLength(1);
    expect(received[0]?.body).toContain('"n":12345678901234567890,"key":"__proto__","__proto__":{"a":1}}');
  });

  test("checks the JSON as one types, and offers the types that there are with their example", async () => {
    const tenant = await createTenant();
    const schema = { type: "object", required: ["total"], examples: [{ total: 42 }] };
    await call("POST", `tenants/${tenant}/event-types`, { name: "order.placed", schema });
    const page = await openForm(tenant);
    await page.locator('datalist option[value="order.placed"]').waitFor({ state: "attached" });
    await page.getByLabel("Payload").fill('{"total": 42,}');
    await page.getByText("Not JSON").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await page.getByLabel("Event type").fill("order.placed");
    await page.getByRole("button", { name: "Take the example" }).click();
    expect(JSON.parse(await page.getByLabel("Payload").inputValue())).toEqual({ total: 42 });
    await expect.poll(() => page.getByRole("button", { name: "Send" }).isDisabled()).toBe(false);
  });

  test("says beside each field what is wrong with it", async () => {
    const tenant = await createTenant();
    const schema = { properties: { customer: { properties: { email: { type: "string" } } } } };
    await call("POST", `tenants/${tenant}/event-types`, { name: "order.placed", schema });
    const page = await openForm(tenant);
    await page.getByLabel("Event type").fill("order.placed");
    await page.getByLabel("Payload").fill('{"customer": {"email": 7}}');
    await page.getByRole("button", { name: "Send" }).click();
    const payload = page.getByLabel("Payload");
    await expect.poll(() => payload.getAttribute("aria-invalid")).toBe("true");
    const described = ((await payload.getAttribute("aria-describedby")) ?? "").split(" ");
    const texts = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).textContent()));
    expect(texts.join()).toContain("payload.customer.email");
    await expectAccessible(page);
    await page.getByLabel("Event type").fill("not a type");
    await page.getByLabel("Payload").fill("1");
    await page.getByRole("button", { name: "Send" }).click();
    await expect.poll(() => page.getByLabel("Event type").getAttribute("aria-invalid")).toBe("true");
    dashboard.forgive(422);
  });

  test("tells honestly that a message was committed before under its idempotency key", async () => {
    const tenant = await createTenant();
    const body = { eventType: "order.placed", payload: { a: 1 } };
    const { id } = await call("POST", `tenants/${tenant}/messages`, body, {
      "idempotency-key": "order-1001",
    });
    const page = await openForm(tenant);
    await page.getByLabel("Event type").fill("order.placed");
    await page.getByLabel("Payload").fill('{"a":1}');
    await page.getByLabel("Idempotency key").fill("order-1001");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("status").getByText("Nothing was sent").waitFor();
    expect(page.url()).toContain(id);
    expect((await call("GET", `tenants/${tenant}/messages`)).data).toHaveLength(1);
  });

  test("reaches the chosen endpoints alone, at the chosen instant", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { description: "Billing" });
    const { id } = await createEndpoint(tenant, { description: "Warehouse", eventTypes: ["other"] });
    const page = await openForm(tenant);
    await page.getByLabel("Event type").fill("order.placed");
    await page.getByLabel("Not before").fill("2027-05-01T10:00");
    await page.getByText("Only to these endpoints").click();
    await page.getByLabel("Warehouse").check();
    await page.getByRole("button", { name: "Send" }).click();
    await page
      .locator(".sentence")
      .getByText(/^Warehouse: scheduled in/)
      .waitFor();
    const { data } = await call("GET", `tenants/${tenant}/deliveries`);
    expect(data).toMatchObject([{ endpointId: id, dueAt: new Date("2027-05-01T10:00").toISOString() }]);
  });

  test("of an e-mail to several says that each gets one, and leads to them", async () => {
    const tenant = await createTenant();
    const mail = { to: ["ada@example.com"], subject: "Hello", text: "Hello" };
    const { id } = await call("POST", `tenants/${tenant}/emails`, mail);
    const page = await openSignedIn(`/ui/t/${tenant}/messages/new?from=${id}`);
    const payload = { ...mail, to: ["bob@example.com", "Eve <eve@example.com>"], subject: "News" };
    await page.getByLabel("Payload").fill(JSON.stringify(payload));
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByRole("status").getByText("Committed, an e-mail for each recipient: 2").waitFor();
    await expect
      .poll(() => rowsOf(page).allTextContents())
      .toEqual([
        expect.stringMatching(/^NewsEve <eve@example.com>/),
        expect.stringMatching(/^Newsbob@example.com/),
        expect.stringMatching(/^Helloada@example.com/),
      ]);
  });

  test("is closed to whoever may only read, and says why", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}/messages`, {}, READER);
    await page.getByRole("button", { name: "Send a message" }).click(ANYWAY);
    await page.getByRole("status").getByText('lacks the right "messages:write"').waitFor();
  });
});

describe("the list of deliveries", () => {
  test("is narrowed by state, channel and endpoint, and says why each is as it is", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { description: "Billing" });
    const { id } = await createEndpoint(tenant, { description: "Warehouse" });
    await call("POST", `tenants/${tenant}/endpoints/${id}/pause`);
    await commit(tenant);
    await call("POST", `tenants/${tenant}/emails`, {
      to: "ada@example.com",
      subject: "Hello",
      text: "Hello",
    });
    const page = await openList(tenant, "deliveries");
    await expect.poll(() => rowsOf(page).count()).toBe(3);
    await expectFitsAPhone(page);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByLabel("State").selectOption("pending");
    await expect
      .poll(() => rowsOf(page).allTextContents())
      .toEqual([expect.stringMatching(/Warehouse.*pending.*its endpoint is paused/)]);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Channel").selectOption("e-mail");
    await expect
      .poll(() => rowsOf(page).allTextContents())
      .toEqual([expect.stringMatching(/^email.*E-mail/)]);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Endpoint").selectOption("Billing");
    await expect.poll(() => rowsOf(page).count()).toBe(1);
    await page.getByLabel("Status").fill("200");
    await page.keyboard.press("Enter");
    await expect.poll(() => rowsOf(page).allTextContents()).toEqual([expect.stringMatching(/Billing.*200/)]);
    await page.getByLabel("Status").fill("503");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing matches").waitFor();
  });

  test("lets one act on several: one call for each, and every refusal is told", async () => {
    const tenant = await createTenant();
    const { hook } = await createEndpoint(tenant);
    const messages = [await commit(tenant), await commit(tenant), await commit(tenant)];
    for (const message of messages) await until(tenant, message, "delivered");
    const page = await openList(tenant, "deliveries");
    await page.getByLabel("Select all rows").check();
    await page.getByText("3 selected").waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click(ANYWAY);
    await page.getByRole("status").getByText("None of the selected deliveries").waitFor();

    // Somebody else replays one meanwhile, and its endpoint takes long.
    await hook.answer({ instead: "hang" });
    const { endpointId } = (await call("GET", `tenants/${tenant}/deliveries`)).data[0];
    const calls: string[] = [];
    page.on("request", (request) => request.method() === "POST" && calls.push(request.url()));
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("heading", { name: "Replay 3 deliveries?" }).waitFor();
    await call("POST", `tenants/${tenant}/messages/${messages[1]}/deliveries/${endpointId}/replay`);
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("status").getByText("Replayed: 2; refused: 1 (Delivery not settled)").waitFor();
    expect(calls.filter((url) => url.endsWith("/replay"))).toHaveLength(3);
    await expect.poll(() => page.getByText("3 selected").count()).toBe(0);
    dashboard.forgive(409);
  });

  test("shows how far it is, and stops when asked", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant);
    const messages = [await commit(tenant), await commit(tenant), await commit(tenant)];
    for (const message of messages) await until(tenant, message, "delivered");
    const page = await openList(tenant, "deliveries");
    await page.getByLabel("Select all rows").check();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/replay", async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
    await page.getByText("0 of 3").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    release();
    await page.getByRole("status").getByText("Replayed: 1; stopped, 2 left").waitFor();
  });
});

describe("the list of e-mails", () => {
  test("shows recipients, subject and the provider's answer, and leads to the e-mail", async () => {
    const tenant = await createTenant();
    const { id } = await call("POST", `tenants/${tenant}/emails`, {
      to: ["Ada <ada@example.com>"],
      subject: "Your order",
      text: "Hello",
    });
    await until(tenant, id, "delivered");
    const page = await openList(tenant, "emails");
    const row = page.getByRole("row", { name: /Your order/ });
    await expect.poll(() => row.textContent()).toMatch(/Ada <ada@example\.com>.*delivered/);
    await expectFitsAPhone(page);
    await row.getByRole("link", { name: "Your order" }).click();
    await page.getByRole("heading", { name: "E-mail", exact: true }).first().waitFor();
  });
});

test("the portal has the messages and the deliveries of its tenant, in pages of their own", async () => {
  const tenant = await createTenant();
  await createEndpoint(tenant, { description: "Billing" });
  const message = await commit(tenant);
  await until(tenant, message, "delivered");
  const page = await dashboard.openPortal(tenant, ["read"], "/portal/messages");
  await rowsOf(page).getByRole("link", { name: "order.placed" }).click();
  await page.getByText(/^Delivered in /).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/portal/m/${message}`);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Deliveries" }).click();
  await expect.poll(() => rowsOf(page).first().textContent()).toMatch(/Billing.*delivered/);
});

test("the pages are there in Spanish, too", async () => {
  const tenant = await createTenant();
  await createEndpoint(tenant, { description: "Facturación" });
  const message = await commit(tenant);
  await until(tenant, message, "delivered");
  const page = await openSignedIn(`/ui/t/${tenant}/messages`);
  await page.evaluate(() => localStorage.setItem("edge-outbox-language", "es"));
  await page.goto(`/ui/t/${tenant}/m/${message}`);
  await page.getByText(/^Entregado en /).waitFor();
  await page.getByRole("heading", { name: "Cronología" }).waitFor();
  await page.goto(`/ui/t/${tenant}/deliveries`);
  await expect.poll(() => rowsOf(page).first().textContent()).toMatch(/Facturación.*entregada/);
});

test("an e-mail shows what its provider has told of each recipient, in both languages", async () => {
  const tenant = await createTenant();
  const to = ["ada@example.com", "grace@example.com"];
  const { id: message } = await call("POST", `tenants/${tenant}/emails`, {
    to,
    together: true,
    subject: "Hello",
    text: "Hello",
  });
  await until(tenant, message, "delivered");
  for (const event of [
    { type: "email.bounced", to: ["ada@example.com"] },
    { type: "email.delivered", to: ["grace@example.com"] },
  ]) {
    const webhook = resendEvent({ ...event, message, tenant });
    const answer = await fetch(`${dashboard.url()}/v1/email-events/resend`, { method: "POST", ...webhook });
    expect(await answer.json()).toMatchObject({ recorded: 1 });
  }
  const page = await openSignedIn(`/ui/t/${tenant}/m/${message}`);
  const recipients = page.getByRole("list", { name: "Recipients" }).getByRole("listitem");
  await expect.poll(() => recipients.first().textContent()).toContain("bounced, for goodada@example.com");
  await expect.poll(() => recipients.first().textContent()).toContain("mailbox unavailable");
  await expect.poll(() => recipients.last().textContent()).toContain("arrivedgrace@example.com");
  await expectFitsAPhone(page);
  await page.evaluate(() => localStorage.setItem("edge-outbox-language", "es"));
  await page.goto(`/ui/t/${tenant}/m/${message}`);
  await page.getByRole("list", { name: "Destinatarios" }).getByText("rebotado, definitivo").waitFor();
});
