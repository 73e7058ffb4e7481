import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { PATIENCE_MS } from "../support/runner/patience.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const dashboard = inDashboard({ RETRY_SCHEDULE: Array(30).fill("1").join(), WEBHOOK_TIMEOUT_SECONDS: "1" });
const patiently = { timeout: PATIENCE_MS };

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const arrived = (page: Page) => page.locator("main li > details > summary");

/** The newest entry with a text, opened. */
async function opened(page: Page, text: string) {
  const entry = page.locator("main li > details", { hasText: text }).first();
  await entry.waitFor();
  if ((await entry.getAttribute("open")) === null) await entry.locator("summary").first().click();
  return entry;
}

/** An endpoint of a tenant of its own below the receiver, and the page that shows it. */
async function withReceiver(name: string, answer: string) {
  const tenant = await dashboard.createTenant();
  const page = await dashboard.openSignedIn(`/ui/dev/receiver?name=${name}`);
  await page.getByLabel("Tenant", { exact: true }).selectOption(tenant);
  await press(page, "Add an endpoint here");
  await page.getByText("Endpoint added.").waitFor();
  await page.getByLabel("It answers").selectOption(answer);
  await page.getByText(`The answer of ${name} has changed.`).waitFor();
  await press(page, "Send a message");
  await page.getByText("Message committed.").waitFor();
  const { data } = await dashboard.call("GET", `tenants/${tenant}/messages`);
  const [endpoint] = (await dashboard.call("GET", `tenants/${tenant}/endpoints`)).data;
  return { tenant, page, message: data[0].id as string, endpoint: endpoint.id as string };
}

const toMessage = /^\/ui\/t\/acme\/m\/msg_\w+$/;

const readMessage = (tenant: string, message: string) =>
  dashboard.call("GET", `tenants/${tenant}/messages/${message}`);

describe("the link that npm start prints", () => {
  test("leads from nothing to a delivered message and a seen e-mail, by its buttons alone", async () => {
    const page = await dashboard.open(`/ui/#${encodeURIComponent(OPERATOR_TOKEN)}`);
    await page.getByText("Each button does what its line").waitFor();
    expect(page.url()).toBe(`${dashboard.url()}/ui/`);
    expect(await page.evaluate(() => JSON.stringify([history.state, history.length]))).not.toContain("token");
    const badge = page.getByText("development", { exact: true });
    await expect.poll(() => badge.isVisible()).toBe(true);
    await expectAccessibleEverywhere(page);

    // The keyboard is where one goes on.
    await page.getByRole("button", { name: "Create the tenant" }).focus();
    for (const next of ["Add an endpoint here", "Send a message"]) {
      await page.keyboard.press("Enter");
      await page.locator(":focus", { hasText: next }).waitFor();
    }
    await page.keyboard.press("Enter");
    for (const said of ["committed", "delivered", "seen in the receiver"]) {
      await page.locator(".mark.good", { hasText: said }).waitFor();
    }
    await press(page, "Send an e-mail");
    await page.getByRole("link", { name: "The mailbox" }).click();
    const email = await opened(page, "Your order");
    await email.getByText("ada@example.com").first().waitFor();
    await expect
      .poll(() => email.getByRole("link", { name: /^msg_/ }).getAttribute("href"))
      .toMatch(toMessage);
    const html = email.frameLocator("iframe").getByText("We have it.");
    await html.waitFor();
    await expect
      .poll(() => html.evaluate((element) => getComputedStyle(element).fontFamily))
      .toBe("sans-serif");
    await expectAccessibleEverywhere(page);

    await page.getByRole("link", { name: "Receiver" }).first().click();
    await arrived(page).getByText("signature verified").waitFor();
    const webhook = await opened(page, "in/hooks");
    await webhook.getByText('"orderId"').waitFor();
    await webhook.getByText("webhook-signature").waitFor();
    await expect
      .poll(() => webhook.getByRole("link", { name: /^msg_/ }).getAttribute("href"))
      .toMatch(toMessage);
    await expectAccessibleEverywhere(page);
  });

  test("shows the same in Spanish", async () => {
    const page = await dashboard.open(`/ui/#${OPERATOR_TOKEN}`, { locale: "es-ES" });
    await page.getByRole("link", { name: "Primeros pasos", exact: true }).click();
    await page.getByRole("heading", { name: "Crear un inquilino" }).waitFor();
    await page.getByRole("link", { name: "Receptor", exact: true }).click();
    await page.getByLabel("Responde").waitFor();
    await page.getByRole("link", { name: "Buzón", exact: true }).click();
    await page.getByText("Correos que se habrían enviado").waitFor();
  });
});

describe("the receiver", () => {
  test("opens what came last, until a person opens another, and keeps long names", async () => {
    const send = (name: string) => fetch(`${dashboard.url()}/ui/dev/receiver/in/${name}`, { method: "POST" });
    const name = "é".repeat(150);
    await send(encodeURIComponent(name));
    const page = await dashboard.openSignedIn("/ui/dev/receiver");
    const openOnes = () =>
      page
        .locator(".kept > li > details")
        .evaluateAll((all) => all.flatMap((one, n) => (one.hasAttribute("open") ? [n] : [])));
    await expect.poll(openOnes).toEqual([0]);
    await send("second");
    await arrived(page).filter({ hasText: "in/second" }).waitFor();
    await expect.poll(openOnes).toEqual([0]);
    await page.locator(".kept summary").nth(1).click();
    await page.locator(".kept summary").first().click();
    await send("third");
    await arrived(page).filter({ hasText: "in/third" }).waitFor();
    await expect.poll(openOnes).toEqual([2]);
    const answer = await fetch(`${dashboard.url()}/ui/dev/receiver`, {
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
    });
    const { data } = (await answer.json()) as { data: { name: string }[] };
    expect(data.map(({ name }) => name)).toContain(name);
  });

  test("that answers 500 makes a delivery come again, and 200 ends it", async () => {
    const { page, tenant, message } = await withReceiver("fails", "500");
    await arrived(page).filter({ hasText: "in/fails" }).filter({ hasText: "answered 500" }).first().waitFor();
    await expect
      .poll(async () => (await readMessage(tenant, message)).deliveries[0].attempts[0], patiently)
      .toMatchObject({ outcome: "retry", httpStatus: 500 });
    await page.getByLabel("It answers").selectOption("200");
    await arrived(page).filter({ hasText: "in/fails" }).filter({ hasText: "answered 200" }).waitFor();
    const { deliveries } = await dashboard.until(tenant, message, "delivered");
    expect(deliveries[0].attempts.at(-1)).toMatchObject({ outcome: "delivered", httpStatus: 200 });
  });

  test("that answers 410 disables the endpoint", async () => {
    const { page, tenant, message, endpoint } = await withReceiver("gone", "410");
    await arrived(page).filter({ hasText: "in/gone" }).filter({ hasText: "answered 410" }).waitFor();
    await dashboard.until(tenant, message, "dead");
    expect(await dashboard.call("GET", `tenants/${tenant}/endpoints/${endpoint}`)).toMatchObject({
      state: "disabled",
      stateReason: "gone",
    });
  });

  test("that never answers lets the attempt time out, and goes on beside it", async () => {
    const { page, tenant, message } = await withReceiver("silent", "never");
    await arrived(page).filter({ hasText: "in/silent" }).filter({ hasText: "no answer" }).first().waitFor();
    await expect
      .poll(async () => (await readMessage(tenant, message)).deliveries[0].attempts[0], patiently)
      .toMatchObject({ outcome: "retry", error: "timeout" });
    await page.getByLabel("It answers").selectOption("200");
    await dashboard.until(tenant, message, "delivered");
  });

  test("that answers 429 is left alone for the seconds that it asks for", async () => {
    const { page, tenant, message } = await withReceiver("busy", "429");
    await page.getByLabel("Seconds").fill("3");
    await expect
      .poll(async () => (await readMessage(tenant, message)).deliveries[0].attempts[0], patiently)
      .toMatchObject({ httpStatus: 429, responseHeaders: { "retry-after": "5" } });
    await page.getByLabel("It answers").selectOption("200");
    await dashboard.until(tenant, message, "delivered");
  });

  test("is read on a narrow screen, and cleared", async () => {
    const page = await dashboard.openSignedIn("/ui/dev/receiver", { viewport: { width: 320, height: 640 } });
    await fetch(`${dashboard.url()}/ui/dev/receiver/in/long/${"x".repeat(300)}`, {
      method: "POST",
      headers: { "x-long": "y".repeat(500) },
      body: "z".repeat(2000),
    });
    await arrived(page).filter({ hasText: "in/long" }).waitFor();
    await expectNoSidewaysScroll(page);
    await press(page, "Clear");
    await page.getByText("Nothing has arrived yet").waitFor();
  });

  test("shows bodies and headers of strangers as text", async () => {
    const page = await dashboard.openSignedIn("/ui/dev/receiver");
    const hostile = '<img src="x" onerror="document.title=1">\u202e';
    await fetch(`${dashboard.url()}/ui/dev/receiver/in/hostile?a=<b>`, {
      method: "POST",
      headers: { "x-hostile": "<script>1</script>" },
      body: hostile,
    });
    const entry = await opened(page, "in/hostile");
    await entry.locator("pre", { hasText: '<img src="x" onerror="document.title=1">⟨202e⟩' }).waitFor();
    await entry.getByText("<script>1</script>").waitFor();
    expect(await page.locator("main img, main script").count()).toBe(0);
  });
});
