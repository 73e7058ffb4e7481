import type { Locator, Page } from "playwright-core";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { expectAccessibleEverywhere } from "./axe.ts";
import { UNANSWERED } from "./browser.ts";
import { type Body, expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";
import { expectRefusals, tabTo } from "./endpoints.ts";

const dashboard = inDashboard();
const { call, commit, createEndpoint, createHook, createTenant, openPortal, openSignedIn, until } = dashboard;

const button = (within: Pick<Page, "getByRole">, name: string) =>
  within.getByRole("button", { name, exact: true });
/** Presses a button that says that it cannot be pressed, as a keyboard does. */
async function pressOn(one: Locator) {
  await one.focus();
  await one.page().keyboard.press("Enter");
}
const rowOf = (page: Page, name: string) => page.locator("tbody tr", { hasText: name });
/** Everything that the page shows, and that the browser keeps for it. */
const traces = (page: Page) =>
  page
    .evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, history.state]),
    )
    .then(async (kept) => kept + (await page.content()));

describe("the list of endpoints", () => {
  test("without any, says what to do, here and from a shell, and is accessible", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints`);
    await page.getByText("No endpoints yet").waitFor();
    await expect
      .poll(() => page.locator(".empty pre").textContent())
      .toContain(`/v1/tenants/${tenant}/endpoints`);
    await expectAccessibleEverywhere(page);
    await page.locator(".empty").getByRole("link", { name: "Add an endpoint" }).click();
    await page.getByRole("heading", { name: "Add an endpoint" }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/ui/t/${tenant}/endpoints/new`);
  });

  test("tells of each how it does, in words beside the pictures", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, {
      description: "Warehouse",
      eventTypes: ["order.placed", "order.paid", "order.sent"],
    });
    await createEndpoint(tenant, { description: "Broken" }, { status: 500 });
    await createEndpoint(tenant, { description: "Gone" }, { status: 410 });
    const paused = await createEndpoint(tenant, { description: "Paused" });
    await call("POST", `tenants/${tenant}/endpoints/${paused.id}/pause`);
    const message = await commit(tenant);
    await until(tenant, message, "delivered", "dead", "pending");
    await expect
      .poll(async () =>
        (await call("GET", `tenants/${tenant}/messages/${message}`)).deliveries
          .map(({ state }: Body) => state)
          .toSorted(),
      )
      .toEqual(["dead", "dead", "delivered", "pending"]);

    const page = await openSignedIn(`/ui/t/${tenant}/endpoints`);
    await expect
      .poll(() => rowOf(page, "Warehouse").textContent())
      .toMatch(/\+1[\s\S]*enabled[\s\S]*100% of 1[\s\S]*unused/);
    await expect.poll(() => rowOf(page, "Warehouse").locator("svg.sparkline").count()).toBe(1);
    await expect
      .poll(() => rowOf(page, "Broken").textContent())
      .toMatch(/enabled[\s\S]*failing for[\s\S]*0% of 3[\s\S]*0% used/);
    await expect
      .poll(() => rowOf(page, "Gone").textContent())
      .toMatch(/disabled[\s\S]*gone: it answered 410/);
    await expect
      .poll(() => rowOf(page, "Paused").textContent())
      .toMatch(/paused[\s\S]*by request[\s\S]*no attempts[\s\S]*1/);
    await expectAccessibleEverywhere(page);
    for (const width of [320, 360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScroll(page);
    }

    await page.locator("#filter-state").selectOption("disabled");
    await expect
      .poll(() => page.locator("tbody tr").allTextContents())
      .toEqual([expect.stringContaining("Gone")]);
    expect(new URL(page.url()).searchParams.get("state")).toBe("disabled");
    await page.locator("#filter-channel").selectOption("email");
    await page.getByText("Nothing matches").waitFor();
    await button(page, "Clear filters").first().click();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(4);
    await rowOf(page, "Warehouse").click();
    await page.getByRole("heading", { name: "Warehouse" }).waitFor();
  });

  test("shows a bar of the failure budget, and the words for it", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { description: "Broken" });
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints`);
    await page.route("**/endpoints?*", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      const now = Date.now();
      body.data[0].health.failing = {
        since: new Date(now - 3_600_000).toISOString(),
        lastAt: new Date(now).toISOString(),
        usedPercent: 70,
        disabledAt: new Date(now + 3_600_000).toISOString(),
      };
      await route.fulfill({ response: answer, json: body });
    });
    await page.reload();
    await page.getByText("70% used").waitFor();
    const widths = await page
      .locator(".budget .bar")
      .evaluate((bar) => [bar.clientWidth, bar.firstElementChild?.clientWidth ?? 0]);
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(0.7, 1);
    await expectAccessibleEverywhere(page);
  });

  test("says what went wrong, keeps what it had, and comes back", async () => {
    const tenant = await createTenant();
    await createEndpoint(tenant, { description: "Warehouse" });
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints`);
    await rowOf(page, "Warehouse").waitFor();
    const away = {
      title: "Storage unavailable",
      detail: "The database does not answer.",
      code: "storage_unavailable",
      requestId: "the-request",
    };
    await page.route("**/endpoints?*", (route) =>
      route.fulfill({ status: 503, contentType: "application/problem+json", json: away }),
    );
    await page.reload();
    await page.getByText("The database does not answer.").waitFor();
    await expect.poll(() => page.getByRole("alert").textContent()).toContain("the-request");
    await expectAccessibleEverywhere(page);
    await page.unroute("**/endpoints?*");
    await button(page, "Try again").click();
    await rowOf(page, "Warehouse").waitFor();
    await expectRefusals(dashboard, 503);
  });
});

describe("a new endpoint", () => {
  test("gets its webhooks signed with the secret that is shown once, and never again", async () => {
    const tenant = await createTenant();
    for (const name of ["order.placed", "order.paid", "customer.created"])
      await call("POST", `tenants/${tenant}/event-types`, { name });
    const hook = await createHook();
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints/new`);
    await page.getByLabel("URL").fill(hook.url);
    await page.getByLabel("Only these").check();
    await page.getByLabel("order.… (all)").check();
    await page.getByLabel("Search, or type a name").fill("invoice.sent");
    await button(page, "Add").click();
    await page.getByText("3 event types").waitFor();
    await page.getByLabel("Description").fill("Warehouse");
    await button(page, "Add an endpoint").click();
    const secret = (await page.locator(".secret code").textContent()) ?? "";
    expect(secret).toMatch(/^whsec_/);
    await expectAccessibleEverywhere(page);
    for (const [language, words] of [
      ["Python", "from standardwebhooks"],
      ["Go", "standardwebhooks.NewWebhook"],
      ["PHP", "\\StandardWebhooks\\Webhook"],
    ] as const) {
      await button(page, language).click();
      await expect.poll(() => page.locator(".code pre").textContent()).toContain(words);
    }
    expect((await traces(page)).split(secret)).toHaveLength(2);

    await button(page, "I have stored it").click();
    await page.getByRole("heading", { name: "Warehouse" }).waitFor();
    for (const look of [
      () => page.reload(),
      () => page.getByRole("link", { name: "Secret" }).click(),
      () => page.goBack(),
    ]) {
      await look();
      await page.getByRole("heading", { name: "Warehouse" }).waitFor();
      expect(await traces(page)).not.toContain(secret);
    }
    const [{ id, eventTypes }] = (await call("GET", `tenants/${tenant}/endpoints`)).data;
    expect(eventTypes.toSorted()).toEqual(["invoice.sent", "order.paid", "order.placed"]);
    expect(page.url()).toContain(id);
    await until(tenant, await commit(tenant), "delivered");
    const [{ body, headers } = { body: "", headers: {} }] = await hook.received();
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: "order.placed" });
  });

  test("with a URL that the API refuses, has its words beside the field, and the focus in it", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints/new`);
    await page.getByLabel("URL").fill("https://10.0.0.1/hook");
    await button(page, "Add an endpoint").click();
    const field = page.getByLabel("URL");
    await expect.poll(() => field.getAttribute("aria-invalid")).toBe("true");
    const words = page.locator(`[id="${await field.getAttribute("aria-describedby")}"]`);
    await expect.poll(() => words.textContent()).toMatch(/private|reserved/);
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
    await expect.poll(() => page.locator("main :focus").inputValue()).toBe("https://10.0.0.1/hook");
    await expectAccessibleEverywhere(page);
    expect((await call("GET", `tenants/${tenant}/endpoints`)).data).toEqual([]);

    await page.getByText("Advanced").click();
    await page.getByLabel("Headers", { exact: true }).fill("webhook-id: mine");
    await button(page, "Add an endpoint").click();
    await page.getByText("is reserved, or set by the outbox itself").waitFor();
    await expectRefusals(dashboard, 422, 422);
  });

  test("has the advanced settings that were given, and draws its retries", async () => {
    const tenant = await createTenant();
    const hook = await createHook();
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints/new`);
    await page.getByLabel("URL").fill(hook.url);
    await page.getByText("Advanced").click();
    await page.getByLabel("Headers", { exact: true }).fill("x-team: blue\nx-shift: night");
    await page.getByLabel("Secret headers").fill("authorization: Bearer of-mine");
    await page.getByLabel("Retries").selectOption("own");
    await page.getByLabel("Waits before each retry").fill("5s 5m 30m 2h 5h 10h 14h 20h 1d");
    await page.getByText("10 attempts; gives up after 3 days 3 hr.").waitFor();
    await page.getByLabel("Give up on").fill("404, 422");
    await page.getByLabel("Body").selectOption("raw");
    await page.getByLabel("Order").selectOption("strict");
    await page.getByLabel("Rate limit").fill("2.5");
    await page.getByLabel("Deliveries at once").fill("4");
    await expectAccessibleEverywhere(page);
    await button(page, "Add an endpoint").click();
    await page.locator(".secret").waitFor();
    const [made] = (await call("GET", `tenants/${tenant}/endpoints`)).data;
    expect(made).toMatchObject({
      eventTypes: null,
      headers: { "x-team": "blue", "x-shift": "night" },
      secretHeaders: ["authorization"],
      retrySchedule: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
      giveUpOn: [404, 422],
      payloadFormat: "raw",
      order: "strict",
      rateLimit: 2.5,
      maxConcurrency: 4,
    });
  });

  test("can be a chat, whose URL is its secret: it is shown as its host, and changed as a whole", async () => {
    const tenant = await createTenant();
    const hook = await createHook();
    const secret = new URL(hook.url).pathname;
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints/new`);
    await page.getByText("Advanced").click();
    await page.getByLabel("Body").selectOption("slack");
    await page.getByText("It is sealed, and shown as its host alone.").waitFor();
    await page.getByLabel("URL").fill(hook.url);
    await button(page, "Add an endpoint").click();
    await page.getByRole("link", { name: "Open the endpoint" }).click();
    await page.getByRole("link", { name: "Settings" }).click();
    const field = page.getByLabel("URL");
    await expect.poll(() => field.inputValue()).toMatch(/^http:\/\/[^/]+\/…[0-9a-f]{6}$/);
    expect(await page.getByRole("link", { name: "Secret" }).count()).toBe(0);
    expect(await page.content()).not.toContain(secret);
    await page.getByText("Advanced").click();
    expect(await page.getByLabel("Body").count()).toBe(0);
    const masked = await field.inputValue();
    await field.fill("https://hooks.slack.com/services/T1/B1/of-another-channel");
    await button(page, "Save").click();
    await expect.poll(() => field.inputValue()).toMatch(/^https:\/\/hooks\.slack\.com\/…[0-9a-f]{6}$/);
    expect(await field.inputValue()).not.toBe(masked);
    await expectAccessibleEverywhere(page);
  });

  test("can be an address for e-mails, which has no secret", async () => {
    const tenant = await createTenant();
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints/new`);
    await page.getByText("Advanced").click();
    await page.getByLabel("Channel").selectOption("email");
    await page.getByLabel("E-mail address").fill("ops@example.com");
    await page.getByLabel("Description").fill("Ops");
    await button(page, "Add an endpoint").click();
    await page.getByRole("link", { name: "Open the endpoint" }).click();
    await page.getByRole("heading", { name: "Ops" }).waitFor();
    expect(await page.getByRole("navigation", { name: "Parts of the endpoint" }).textContent()).not.toContain(
      "Secret",
    );
  });

  test("is made once, though its answer was lost, and the lost secret is told of", async () => {
    const tenant = await createTenant();
    const hook = await createHook();
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints/new`);
    await page.getByLabel("URL").fill(hook.url);
    await page.route("**/endpoints", async (route) => {
      await route.fetch();
      await route.abort("connectionreset");
    });
    await button(page, "Add an endpoint").click();
    await page.getByText("The outbox could not be reached").waitFor();
    await page.unroute("**/endpoints");
    await button(page, "Add an endpoint").click();
    await page.getByText("Rotate it to get a new one").waitFor();
    expect((await call("GET", `tenants/${tenant}/endpoints`)).data).toHaveLength(1);
    dashboard.forgive(UNANSWERED);
  });

  test("is added, and tested, by the keyboard alone", async () => {
    const tenant = await createTenant();
    const hook = await createHook({ body: "thank you" });
    const page = await openSignedIn(`/ui/t/${tenant}/endpoints`);
    await page.getByText("No endpoints yet").waitFor();
    await tabTo(page, "Add an endpoint");
    await page.keyboard.press("Enter");
    await page.getByLabel("URL").waitFor();
    await tabTo(page, "URL");
    await page.keyboard.type(hook.url);
    await tabTo(page, "Every event type");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, "Search, or type a name");
    await page.keyboard.type("order.placed");
    await page.keyboard.press("Enter");
    await tabTo(page, "Description");
    await page.keyboard.type("By keys");
    await page.keyboard.press("Enter");
    await page.locator(".secret").waitFor();
    await tabTo(page, "Send a test");
    await page.keyboard.press("Enter");
    await page.locator(".result").getByText("thank you").waitFor();
    await page.locator(".result").getByText("delivered").first().waitFor();
    const [made] = (await call("GET", `tenants/${tenant}/endpoints`)).data;
    expect(made).toMatchObject({ description: "By keys", eventTypes: ["order.placed"], url: hook.url });
    expect(await hook.received()).toHaveLength(1);
  });
});

test("a description, headers and types of strangers are text, wherever they are shown", async () => {
  const tenant = await createTenant();
  const hostile = "<img src=x onerror=alert(1)>\u202egnp.exe";
  const { id } = await createEndpoint(
    tenant,
    { description: hostile, headers: { "x-html": "<b>bold</b>" } },
    {
      status: 500,
      body: "<script>alert(2)</script>\u202eexcerpt",
    },
  );
  await until(tenant, await commit(tenant), "dead");
  const page = await openSignedIn(`/ui/t/${tenant}/endpoints`);
  page.on("dialog", (dialog) => dashboard.complaints.push(dialog.message()));
  const shown = hostile.replace("\u202e", "⟨202e⟩");
  await page.getByText(shown).waitFor();
  for (const tab of ["", "?tab=deliveries", "?tab=failures", "?tab=settings", "?tab=test"]) {
    await page.goto(`/ui/t/${tenant}/e/${id}${tab}`);
    await page.getByRole("heading", { name: shown }).waitFor();
    expect(await page.locator("main :is(img, script)").count()).toBe(0);
    expect(await page.locator("main b", { hasText: "bold" }).count()).toBe(0);
  }
  await page.goto(`/ui/t/${tenant}/e/${id}`);
  await page.getByText("<script>alert(2)</script>⟨202e⟩excerpt").waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: `Delete ${shown}?` }).waitFor();
});

describe("in the portal of a tenant", () => {
  test("an endpoint is added without the settings of the operator", async () => {
    const tenant = await createTenant();
    const hook = await createHook();
    const page = await openPortal(tenant, ["read", "manage"], "/portal/endpoints");
    await page.locator(".empty").getByRole("link", { name: "Add an endpoint" }).click();
    await page.getByLabel("URL").fill(hook.url);
    await page.getByText("Advanced").click();
    await page.getByLabel("Give up on").waitFor();
    for (const label of ["Order", "Rate limit", "Deliveries at once"])
      expect(await page.getByLabel(label).count()).toBe(0);
    await expectAccessibleEverywhere(page);
    await button(page, "Add an endpoint").click();
    await page.locator(".secret").waitFor();
    await button(page, "Send a test").click();
    await page.locator(".result").getByText("delivered").first().waitFor();
    await button(page, "I have stored it").click();
    await page.waitForURL(/\/portal\/e\/ep_/);
    await expectAccessibleEverywhere(page);
    expect((await hook.received())[0]?.headers["webhook-event-type"]).toBe("endpoint.test");
  });

  test("whoever may only read sees everything, and the reason why nothing can be done", async () => {
    const tenant = await createTenant();
    const { id } = await createEndpoint(tenant, { description: "Warehouse" });
    const page = await openPortal(tenant, ["read"], `/portal/e/${id}`);
    await page.getByRole("heading", { name: "Warehouse" }).waitFor();
    const refusal = 'Your sign-in lacks the right "manage"';
    for (const name of ["Pause", "Disable", "Replay since …", "Delete"]) {
      const one = button(page, name);
      await expect.poll(() => one.getAttribute("aria-disabled"), { message: name }).toBe("true");
      await expect.poll(() => one.getAttribute("title"), { message: name }).toBe(refusal);
    }
    await pressOn(button(page, "Pause"));
    await expect.poll(() => page.getByRole("status").first().textContent()).toContain(refusal);
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Description").fill("Mine");
    await pressOn(button(page, "Save"));
    await page.getByRole("link", { name: "Test" }).click();
    await pressOn(button(page, "Send a test"));
    await page.goto("/portal/endpoints/new");
    await page.getByLabel("URL").fill("https://example.com/");
    await pressOn(button(page, "Add an endpoint"));
    expect((await call("GET", `tenants/${tenant}/endpoints`)).data).toMatchObject([
      { id, description: "Warehouse" },
    ]);
    expect((await call("GET", `tenants/${tenant}/messages`)).data).toEqual([]);
  });
});
