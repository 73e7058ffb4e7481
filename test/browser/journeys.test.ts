import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { inDashboard } from "./dashboard.ts";
import { makeDead } from "./dying.ts";
import { tabTo } from "./endpoints.ts";

const dashboard = inDashboard();
const { call, commit, createEndpoint, createHook, createTenant, openPortal, openSignedIn, until } = dashboard;

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });

/** Runs a line for a shell that a page shows, with the token that it leaves to whoever runs it. */
async function runLine(line: string): Promise<void> {
  const env = { ...process.env, TOKEN: OPERATOR_TOKEN };
  await promisify(execFile)("sh", ["-ec", line.replace(/^curl /, "curl -sSf ")], { env });
}

test("from nothing to a delivered message and an e-mail, by the lines for a shell that the page shows", async () => {
  const page = await openSignedIn("/ui/dev/first");
  for (let done = 0; done < 4; done++) {
    await expect.poll(() => page.locator("li.panel.done").count()).toBe(done);
    const step = page.locator("li.panel.next").first();
    await step.locator("summary").click();
    await runLine((await step.locator("pre").first().textContent()) ?? "");
  }
  await expect.poll(() => page.locator("li.panel.done").count()).toBe(4);
  for (const said of ["delivered", "seen in the receiver"]) {
    await page.locator(".mark.good", { hasText: said }).waitFor();
  }
});

test("a dead letter is found by its id, read, replayed and gone, by the keyboard alone, from the sign-in on", async () => {
  const tenant = await createTenant();
  const { hook, ids } = await makeDead(dashboard, tenant, {
    count: 1,
    answer: { status: 500, body: "the disk is full" },
    description: "Warehouse",
  });
  const [id = ""] = ids;
  const page = await dashboard.open("/ui/");
  await page.getByLabel("Operator token").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type(OPERATOR_TOKEN);
  await page.keyboard.press("Enter");
  await heading(page, "Overview").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type(id);
  await page.getByRole("option", { name: id }).first().waitFor();
  await page.keyboard.press("Enter");
  await heading(page, "order.placed").waitFor();
  await page.getByText("the disk is full").first().waitFor();

  await hook.answer({ status: 200 });
  await page.keyboard.press("g");
  await page.keyboard.press("x");
  await heading(page, "Dead letters").waitFor();
  await page.locator("tr[data-row]").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.keyboard.press("r");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Replay");
  await page.keyboard.press("Enter");
  await page.getByText("No dead letters").waitFor();
  await until(tenant, id, "delivered");
});

test("a link to the portal leads to an endpoint and a test of it, by the keyboard alone, until the access ends", async () => {
  const tenant = await createTenant();
  const hook = await createHook({ body: "thank you" });
  const { url } = await call("POST", `tenants/${tenant}/portal-links`, { sessionId: "s-1" });
  const page = await dashboard.open("/docs");
  await page.goto(url);
  await page.getByText("No endpoints yet").waitFor();
  await tabTo(page, "Add an endpoint");
  await page.keyboard.press("Enter");
  await page.getByLabel("URL").waitFor();
  await tabTo(page, "URL");
  await page.keyboard.type(hook.url);
  await page.keyboard.press("Enter");
  await page.locator(".secret").waitFor();
  await tabTo(page, "Send a test");
  await page.keyboard.press("Enter");
  await page.locator(".result").getByText("thank you").waitFor();
  expect(await hook.received()).toHaveLength(1);
  await tabTo(page, "I have stored it");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/portal\/e\/ep_/);

  await call("DELETE", `tenants/${tenant}/tokens?sessionId=s-1`);
  await page.getByText("Your access has ended.").waitFor();
  await page.goto(url);
  await page.getByText("This link was opened before, and opens only once.").waitFor();
  dashboard.forgive(401, 409);
});

test("of another tenant the portal finds nothing, whatever the address names, and asks for nothing of it", async () => {
  const [own, other] = [await createTenant(), await createTenant()];
  const { id: endpoint } = await createEndpoint(other, { description: "the other's endpoint" });
  await call("POST", `tenants/${other}/event-types`, {
    name: "others.type",
    description: "the other's type",
  });
  const message = await commit(other, { eventType: "others.type", payload: { of: "the other's payload" } });
  await until(other, message, "delivered");

  const page = await openPortal(own, ["read", "manage"], "/portal/");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  for (const path of [
    `m/${message}`,
    `e/${endpoint}`,
    `e/${endpoint}?tab=settings`,
    "et/others.type",
    `messages/new?from=${message}`,
    `t/${other}`,
    `t/${other}/messages`,
    `deliveries?endpointId=${endpoint}`,
    `messages?q=payload`,
    `dead?tenantId=${other}`,
  ]) {
    await page.goto(`/portal/${path}`);
    await page.locator("main").locator(".refused, .empty").first().waitFor();
    expect(await page.locator("main").textContent(), path).not.toContain("the other's");
  }
  const ofOther = asked.filter((url) => new URL(url).pathname.includes(`/v1/tenants/${other}`));
  expect(ofOther).toEqual([]);
  const foreign = asked.filter((url) => {
    const { pathname } = new URL(url);
    return pathname.startsWith("/v1/") && !pathname.startsWith(`/v1/tenants/${own}`);
  });
  expect(foreign).toEqual([]);
  dashboard.forgive(404);
});
