import type { Page } from "playwright-core";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { Received } from "../support/outside/receiver-server.ts";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessibleEverywhere } from "./axe.ts";
import { UNANSWERED } from "./browser.ts";
import { type Body, expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";
import { expectRefusals } from "./endpoints.ts";

const READER = "a-token-that-only-reads";
const dashboard = inDashboard({ OPERATOR_TOKEN: `${OPERATOR_TOKEN},eve:read:${READER}` });
const { call, commit, createHook, createTenant, openSignedIn, until } = dashboard;

const button = (within: Pick<Page, "getByRole">, name: string) =>
  within.getByRole("button", { name, exact: true });
const statusOf = (page: Page) => page.locator(".said").getByRole("status");
/** Opens the dialog of an action, and confirms it. */
async function confirm(page: Page, name: string, verb = name) {
  await button(page, name).click();
  await button(page.getByRole("dialog"), verb).click();
}

/** A tenant with an endpoint, its receiver and its secret. */
async function createOne(fields: object = {}, ...answers: Parameters<typeof createHook>) {
  const tenant = await createTenant();
  const hook = await createHook(...answers);
  const body = { channel: "webhook", url: hook.url, description: "Warehouse", ...fields };
  const endpoint = await call("POST", `tenants/${tenant}/endpoints`, body);
  const path = `tenants/${tenant}/endpoints/${endpoint.id}`;
  const open = (tab = "", ...rest: [object?, string?]) =>
    openSignedIn(`/ui/t/${tenant}/e/${endpoint.id}${tab && `?tab=${tab}`}`, ...rest);
  return { tenant, hook, id: endpoint.id, secret: endpoint.secret, path, open };
}

function verifies(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

describe("the secret", () => {
  test("that is rotated signs beside the new one while the page counts down, and then no more", async () => {
    const { tenant, hook, secret: first, open } = await createOne();
    const page = await open("secret");
    await page.getByText("No earlier secret signs beside it.").waitFor();
    await button(page, "Rotate").click();
    await page.getByLabel("Overlap").fill("8s");
    await button(page.getByRole("dialog"), "Rotate").click();
    const second = (await page.locator(".secret code").textContent()) ?? "";
    expect(second).toMatch(/^whsec_/);
    expect(second).not.toBe(first);
    await until(tenant, await commit(tenant), "delivered");
    const [during] = await hook.received();
    expect([first, second].map((secret) => during && verifies(secret, during))).toEqual([true, true]);
    expect(during?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);

    const countdown = page.getByText("An earlier secret signs beside it for");
    const secondsLeft = async () =>
      Number(/for ([\d.]+) sec/.exec((await countdown.textContent()) ?? "")?.[1]);
    const before = await secondsLeft();
    expect(before).toBeLessThanOrEqual(8);
    await expect.poll(secondsLeft).toBeLessThan(before);
    await expectAccessibleEverywhere(page);
    await page.getByText("No earlier secret signs beside it.").waitFor();

    await until(tenant, await commit(tenant), "delivered");
    const [, after] = await hook.received();
    expect([first, second].map((secret) => after && verifies(secret, after))).toEqual([false, true]);
    await button(page, "I have stored it").click();
    expect(await page.content()).not.toContain(second);
    await page.reload();
    await page.getByRole("heading", { name: "Signing secret" }).waitFor();
    expect(await page.content()).not.toContain(second);
  });

  test("whose overlap the API refuses stays, with the reason", async () => {
    const { path, open } = await createOne();
    const page = await open("secret");
    const { secretSetAt } = await call("GET", path);
    await button(page, "Rotate").click();
    await page.getByLabel("Overlap").fill("a while");
    await button(page.getByRole("dialog"), "Rotate").click();
    await page.getByRole("alert").getByText("overlapSeconds").first().waitFor();
    await button(page, "Cancel").click();
    expect((await call("GET", path)).secretSetAt).toBe(secretSetAt);
    await expectRefusals(dashboard, 422);
  });

  test("needs a word when the URL moves to another origin, and a new one is shown once", async () => {
    const { tenant, secret, open } = await createOne();
    const other = await createHook();
    const page = await open("settings");
    await page.getByLabel("URL").fill(other.url.replace("127.0.0.1", "localhost"));
    await page.getByLabel("Signing secret").waitFor();
    await button(page, "Save").click();
    await page.getByText("is required with a url of another origin").waitFor();
    await page.getByLabel("Signing secret").selectOption("rotate");
    await button(page, "Save").click();
    const shown = (await page.locator(".secret code").textContent()) ?? "";
    await button(page, "I have stored it").click();
    expect(await page.content()).not.toContain(shown);
    await until(tenant, await commit(tenant), "delivered");
    const [received] = await other.received();
    expect([secret, shown].map((one) => received && verifies(one, received))).toEqual([false, true]);
    await expectRefusals(dashboard, 422);
  });
});

describe("settings", () => {
  test("that two people change are shown in both versions, and only what is chosen is saved", async () => {
    const { path, open } = await createOne({ rateLimit: 3 });
    const page = await open("settings");
    await page.getByLabel("Description").fill("Mine");
    await page.getByText("Advanced").click();
    await page.getByLabel("Give up on").fill("404");
    await page.getByLabel("Rate limit").fill("7");
    await call("PATCH", path, { description: "Theirs", rateLimit: 9, maxConcurrency: 2 });
    await button(page, "Save").click();

    const conflict = page.getByRole("region", { name: "Somebody else has changed this endpoint" });
    const rows = conflict.locator("tbody tr");
    await rows.first().waitFor();
    const found = await rows.evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll("th, td")].map((cell) => cell.textContent)),
    );
    expect(found).toEqual([
      ["Description", "Mine", "Theirs"],
      ["Give up on", "[404]", "default"],
      ["Rate limit", "7", "9"],
      ["Deliveries at once", "default", "2"],
    ]);
    const isMine = (n: number) => rows.nth(n).getByRole("radio").first().isChecked();
    expect(await Promise.all([0, 1, 2, 3].map(isMine))).toEqual([true, true, true, false]);
    expect(await call("GET", path)).toMatchObject({ description: "Theirs", giveUpOn: null, rateLimit: 9 });
    await expectAccessibleEverywhere(page);

    await rows.nth(0).getByRole("radio").nth(1).check();
    await button(conflict, "Save the chosen").click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Saved");
    expect(await call("GET", path)).toMatchObject({
      description: "Theirs",
      giveUpOn: [404],
      rateLimit: 7,
      maxConcurrency: 2,
    });
    expect(await conflict.count()).toBe(0);
    await expect.poll(() => page.getByLabel("Description").inputValue()).toBe("Theirs");
    await expectRefusals(dashboard, 412);
  });

  test("of mine can be given up for the others', and a field that nobody touches is not written", async () => {
    const { path, open } = await createOne();
    const page = await open("settings");
    await page.getByLabel("Description").fill("Mine");
    const patched = page.waitForRequest((request) => request.method() === "PATCH");
    await call("PATCH", path, { description: "Theirs" });
    await button(page, "Save").click();
    expect((await patched).postDataJSON()).toEqual({ description: "Mine" });
    await button(page, "Discard mine").click();
    await expect.poll(() => page.getByLabel("Description").inputValue()).toBe("Theirs");
    expect((await call("GET", path)).description).toBe("Theirs");
    await expectRefusals(dashboard, 412);
  });

  /** Saves a change that is made, and whose answer is lost. */
  async function saveUnanswered(page: Page, path: string): Promise<void> {
    await page.route(`**/${path}`, async (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      await route.fetch();
      await route.abort("connectionreset");
    });
    await button(page, "Save").click();
    await page.getByText("The outbox could not be reached").waitFor();
  }

  test("are saved once, though the answer was lost", async () => {
    const { path, open } = await createOne();
    const page = await open("settings");
    await page.getByLabel("Description").fill("Mine");
    await saveUnanswered(page, path);
    await page.unroute(`**/${path}`);
    await button(page, "Save").click();
    await page.getByText("The outbox could not be reached").waitFor({ state: "detached" });
    await expect
      .poll(() => page.getByRole("region", { name: "Somebody else has changed this endpoint" }).count())
      .toBe(0);
    await expect.poll(() => page.getByLabel("Description").inputValue()).toBe("Mine");
    expect((await call("GET", path)).description).toBe("Mine");
    dashboard.forgive(UNANSWERED, 412);
  });

  test("rotate the secret once, though the answer was lost", async () => {
    const { path, open } = await createOne();
    const { url } = await dashboard.createHook();
    const page = await open("settings");
    await page.getByLabel("URL").fill(url.replace("127.0.0.1", "localhost"));
    await page.getByLabel("Signing secret").selectOption("rotate");
    await saveUnanswered(page, path);
    const { secretSetAt } = await call("GET", path);
    await page.unroute(`**/${path}`);
    await button(page, "Save").click();
    await expect.poll(() => statusOf(page).textContent()).toContain("Rotate it to get a new one");
    await expect
      .poll(() => page.getByRole("region", { name: "Somebody else has changed this endpoint" }).count())
      .toBe(0);
    expect((await call("GET", path)).secretSetAt).toBe(secretSetAt);
    dashboard.forgive(UNANSWERED, 412);
  });

  test("follow what others change, while nothing is typed", async () => {
    const { path, open } = await createOne({ secretHeaders: { authorization: "Bearer of-mine" } });
    const page = await open("settings");
    await call("PATCH", path, { description: "Theirs" });
    await expect.poll(() => page.getByLabel("Description").inputValue()).toBe("Theirs");
    await page.getByText("Advanced").click();
    await page.getByText("Set: authorization.").waitFor();
    await page.getByLabel("Take all secret headers away").check();
    await button(page, "Save").click();
    await expect.poll(async () => (await call("GET", path)).secretHeaders).toBeNull();
  });
});

describe("a test", () => {
  test("of a receiver that is gone shows its answer, and the endpoint as disabled for it", async () => {
    const { open } = await createOne({}, { status: 410, body: "We have moved away" });
    const page = await open("test");
    await button(page, "Send a test").click();
    const result = page.locator(".result");
    await result.getByText("We have moved away").waitFor();
    await expect
      .poll(() => result.textContent())
      .toMatch(/dead[\s\S]*failed for good[\s\S]*410[\s\S]*We have moved away/);
    await page.getByText("gone: it answered 410").waitFor();
    await expect.poll(() => page.locator(".endpoint-head").textContent()).toContain("disabled");
    await expectAccessibleEverywhere(page);
  });

  test("of an event type begins with an example from its schema, and keeps every digit", async () => {
    const { tenant, hook, open } = await createOne();
    const schema = {
      type: "object",
      required: ["orderId", "lines"],
      properties: {
        orderId: { type: "string", examples: ["1001"] },
        total: { type: "integer" },
        lines: { type: "array", items: { $ref: "#/$defs/line" } },
      },
      $defs: { line: { type: "object", properties: { sku: { type: "string" } } } },
    };
    await call("POST", `tenants/${tenant}/event-types`, { name: "order.placed", schema });
    const page = await open("test");
    await page.getByLabel("Message").selectOption("order.placed");
    const payload = page.getByLabel("Payload");
    expect(JSON.parse(await payload.inputValue())).toEqual({
      orderId: "1001",
      total: 1,
      lines: [{ sku: "text" }],
    });
    await payload.fill("{ not json");
    await button(page, "Send a test").click();
    await page.getByText("Not JSON").waitFor();
    await payload.fill('{ "orderId": "1001", "total": 9007199254740993123, "lines": [] }');
    await button(page, "Send a test").click();
    await page.locator(".result").getByText("delivered").first().waitFor();
    expect((await hook.received())[0]?.body).toContain("9007199254740993123");
  });
});

describe("an action", () => {
  test("pauses: messages wait, with the reason; resumed, they are delivered", async () => {
    const { hook, open } = await createOne();
    const page = await open("test");
    await confirm(page, "Pause");
    await expect.poll(() => statusOf(page).textContent()).toBe("Warehouse is paused.");
    await button(page, "Send a test").click();
    const result = page.locator(".result");
    await result.getByText("its endpoint is paused").waitFor();
    expect(await hook.received()).toEqual([]);

    await button(page, "Resume").click();
    await page.getByRole("dialog").getByText("Waiting now: 1.").waitFor();
    await expect.poll(() => page.locator(":focus").textContent()).toBe("Cancel");
    await button(page.getByRole("dialog"), "Resume").click();
    await result.getByText("delivered").first().waitFor();
    expect(await hook.received()).toHaveLength(1);
    await expect.poll(() => page.locator(".endpoint-head").textContent()).toContain("enabled");
  });

  test("disables, and enables", async () => {
    const { path, open } = await createOne();
    const page = await open();
    await confirm(page, "Disable");
    await page.locator(".endpoint-head").getByText("by request").waitFor();
    expect((await call("GET", path)).state).toBe("disabled");
    await confirm(page, "Enable");
    await expect.poll(async () => (await call("GET", path)).state).toBe("enabled");
    await button(page, "Disable").waitFor();
  });

  test("deletes, and says before how many deliveries it cancels", async () => {
    const { tenant, path, open } = await createOne();
    await call("POST", `${path}/pause`);
    const ids = [await commit(tenant), await commit(tenant), await commit(tenant, { orderingKey: "k" })];
    const page = await open();
    await button(page, "Delete").click();
    await page.getByText("Unsettled deliveries that are cancelled: 3.").waitFor();
    await expectAccessibleEverywhere(page);
    await button(page.getByRole("dialog"), "Delete").click();
    await page.getByText("No endpoints yet").waitFor();
    await expect
      .poll(() => statusOf(page).textContent())
      .toBe("Warehouse is deleted; its unsettled deliveries are cancelled.");
    for (const id of ids) await until(tenant, id, "cancelled");
  });

  test("replays what ended so, counted first", async () => {
    const { tenant, hook, open } = await createOne({}, { status: 500 });
    for (let n = 0; n < 3; n++) await until(tenant, await commit(tenant), "dead");
    await hook.answer({ status: 200 });
    const page = await open();
    await button(page, "Replay since …").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Matching: 3.").waitFor();
    await dialog.getByRole("checkbox", { name: "dead" }).uncheck();
    await dialog.getByRole("checkbox", { name: "delivered" }).check();
    await dialog.getByText("Matching: 0.").waitFor();
    await expect.poll(() => button(dialog, "Replay 0").isDisabled()).toBe(true);
    await dialog.getByRole("checkbox", { name: "dead" }).check();
    await expectAccessibleEverywhere(page);
    await button(dialog, "Replay 3").click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Replayed: 3.");
    await expect
      .poll(async () => (await call("GET", `tenants/${tenant}/deliveries?state=delivered`)).data.length)
      .toBe(3);
  });

  test("retries now what waits for a retry, and skips the keys that are blocked", async () => {
    const { tenant, hook, open } = await createOne(
      { order: "strict", retrySchedule: [3600], giveUpOn: [404] },
      { status: 500 },
      { status: 404 },
      { status: 200 },
    );
    const message = await commit(tenant, { orderingKey: "k" });
    const behind = await commit(tenant, { orderingKey: "k" });
    await expect.poll(async () => (await hook.received()).length).toBe(1);
    const page = await open();
    await button(page, "Retry now").click();
    await page.getByRole("heading", { name: "Retry 1 delivery to Warehouse now?" }).waitFor();
    await button(page.getByRole("dialog"), "Retry now").click();
    await until(tenant, message, "dead");
    await page.reload();
    await button(page, "Skip blocked keys").click();
    await page.getByRole("heading", { name: "Skip 1 dead delivery to Warehouse?" }).waitFor();
    await button(page.getByRole("dialog"), "Skip blocked keys").click();
    await expect.poll(() => statusOf(page).textContent()).toBe("Skipped: 1.");
    await until(tenant, behind, "delivered");
  });

  test("is refused to whoever may only read, with the reason", async () => {
    const { open } = await createOne();
    const page = await open("", {}, READER);
    await expect
      .poll(() => button(page, "Delete").getAttribute("title"))
      .toBe('Your sign-in lacks the right "manage"');
    await expect.poll(() => button(page, "Delete").getAttribute("aria-disabled")).toBe("true");
  });
});

describe("the health of an endpoint that fails", () => {
  test("is told in words, with its receiver's own, on every part of the page", async () => {
    const { tenant, hook, open } = await createOne(
      { retrySchedule: [3600] },
      { status: 503, body: "Closed for stocktaking" },
    );
    for (let n = 0; n < 12; n++) await commit(tenant);
    await expect.poll(async () => (await hook.received()).length).toBeGreaterThan(9);
    const page = await open();
    await page.getByText("Closed for stocktaking").waitFor();
    await page.getByText(/open: held until|half open/).waitFor();
    await page.getByText(/0% used · disabled in 4 days 23 hr unless it succeeds/).waitFor();
    await expect.poll(() => page.locator(".endpoint-head").textContent()).toMatch(/failing for/);
    await page.getByRole("slider", { name: /^0 delivered, \d+ attempts failed/ }).waitFor();
    await expectAccessibleEverywhere(page);
    for (const tab of ["Deliveries", "Failures", "Settings", "Secret", "Test"]) {
      await page
        .getByRole("navigation", { name: "Parts of the endpoint" })
        .getByRole("link", { name: tab })
        .click();
      await expect.poll(() => new URL(page.url()).searchParams.get("tab")).toBe(tab.toLowerCase());
      await page.locator(".skeleton").waitFor({ state: "detached" });
      await expectAccessibleEverywhere(page);
      await page.setViewportSize({ width: 320, height: 800 });
      await expectNoSidewaysScroll(page);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    await page.goBack();
    await expect.poll(() => new URL(page.url()).searchParams.get("tab")).toBe("secret");
  });
});

test("an endpoint that there is not says so, and the page is accessible", async () => {
  const tenant = await createTenant();
  const page = await openSignedIn(`/ui/t/${tenant}/e/ep_nobody`);
  await page.getByText("endpoint_not_found").waitFor();
  await expectAccessibleEverywhere(page);
  dashboard.forgive(404);
});

describe("handlers", () => {
  test("are the built-in endpoints, with their state, paused and resumed here", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}/handlers`);
    const row = page.locator("tbody tr", { hasText: "Direct e-mails" });
    await row.waitFor();
    await page.getByText("No handler has had work yet").waitFor();
    await expectAccessibleEverywhere(page);
    await button(row, "Pause").click();
    await button(page.getByRole("dialog"), "Pause").click();
    await row.getByText("by request").waitFor();
    const state = async () => (await call("GET", `tenants/${tenant}/endpoints/ep_email`)).state as Body;
    expect(await state()).toBe("paused");
    await button(row, "Resume").click();
    await button(page.getByRole("dialog"), "Resume").click();
    await expect.poll(state).toBe("enabled");
    await row.getByRole("link").click();
    await page.getByRole("heading", { name: "Direct e-mails" }).waitFor();
    const tabs = page.getByRole("navigation", { name: "Parts of the endpoint" });
    await expect
      .poll(() => tabs.getByRole("link").allTextContents())
      .toEqual(["Health", "Deliveries", "Failures", "Settings"]);
    expect(await button(page, "Delete").count()).toBe(0);
  });
});
