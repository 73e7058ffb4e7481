import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import { expectAccessible, expectAccessibleEverywhere } from "./axe.ts";
import { expectNoSidewaysScroll, inDashboard } from "./dashboard.ts";

const READER = "the-token-of-a-reader";
const dashboard = inDashboard({ OPERATOR_TOKEN: `${OPERATOR_TOKEN},reader:read:${READER}` });

const schema = {
  type: "object",
  required: ["orderId"],
  properties: { orderId: { type: "string", examples: ["1001"] }, total: { type: "number", minimum: 2 } },
};
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const status = (page: Page) => page.getByRole("status");
const confirm = (page: Page, name: string) => page.getByRole("dialog").getByRole("button", { name }).click();
const part = (page: Page, title: string) =>
  page
    .locator("section.panel")
    .filter({ has: page.getByRole("heading", { level: 2, name: title, exact: true }) });

async function tenantWith(...types: object[]): Promise<string> {
  const tenant = await dashboard.createTenant();
  for (const type of types) await dashboard.call("POST", `tenants/${tenant}/event-types`, type);
  return tenant;
}
const typeOf = (tenant: string, name: string) =>
  dashboard.call("GET", `tenants/${tenant}/event-types/${name}`);

describe("the list of event types", () => {
  test("shows name, description and whether payloads are checked, and the archived ones apart", async () => {
    const tenant = await tenantWith(
      { name: "order.placed", description: "A customer has placed an order.", schema },
      { name: "order.paid" },
      { name: "legacy.thing" },
    );
    await dashboard.call("PATCH", `tenants/${tenant}/event-types/legacy.thing`, { archived: true });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types`);
    await row(page, "order.placed").getByText("checked").waitFor();
    await expect
      .poll(() => row(page, "order.placed").textContent())
      .toContain("A customer has placed an order.");
    await expect.poll(() => row(page, "order.paid").textContent()).toContain("any payload");
    expect(await row(page, "legacy.thing").count()).toBe(0);
    await expectAccessibleEverywhere(page);
    await button(page, "Archived").click();
    await row(page, "legacy.thing").waitFor();
    expect(new URL(page.url()).search).toBe("?archived=true");
    await row(page, "legacy.thing").getByRole("link").click();
    await heading(page, "legacy.thing").waitFor();
  });

  test("shows how many messages each had in 24 hours, and leads to them, in the portal, too", async () => {
    const tenant = await tenantWith({ name: "order.placed" }, { name: "order.paid" });
    for (const n of [1, 2]) {
      await dashboard.call("POST", `tenants/${tenant}/messages`, { eventType: "order.placed", payload: n });
    }
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types`);
    const volume = (shown: Page, name: string) => row(shown, name).getByRole("link", { name: /^\d+$/ });
    await row(page, "order.paid").getByRole("cell", { name: "0", exact: true }).waitFor();
    await expect.poll(() => volume(page, "order.placed").textContent()).toBe("2");
    await expectAccessibleEverywhere(page);
    await volume(page, "order.placed").click();
    await heading(page, "Messages").waitFor();
    expect(new URL(page.url()).search).toBe("?eventType=order.placed");
    await expect.poll(() => page.locator("tr[data-row]").count()).toBe(2);
    const portal = await dashboard.openPortal(tenant, ["read"], "/portal/types");
    await expect.poll(() => volume(portal, "order.placed").textContent()).toBe("2");
  });

  test("that is empty says what it is for, with the line that adds the first one", async () => {
    const tenant = await tenantWith();
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types`);
    await page.getByText("No event types yet").waitFor();
    await page.getByText(`${dashboard.url()}/v1/tenants/${tenant}/event-types`).waitFor();
    await expectAccessibleEverywhere(page);
  });

  test("has pages", async () => {
    const tenant = await tenantWith(...Array.from({ length: 51 }, (_, n) => ({ name: `type-${n}` })));
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types`);
    await page.getByRole("link", { name: "Older" }).click();
    await row(page, "type-0").waitFor();
    await expect.poll(() => page.locator("tr[data-row]").count()).toBe(1);
    await page.getByRole("link", { name: "Newest" }).click();
    await row(page, "type-50").waitFor();
  });
});

describe("the page of an event type", () => {
  test("shows its schema with the digits as they were sent, an example, and the endpoints that take it", async () => {
    const tenant = await dashboard.createTenant();
    const exact = JSON.stringify({ name: "order.placed", schema }).replace("2}", "9007199254740993123}");
    await fetch(`${dashboard.url()}/v1/tenants/${tenant}/event-types`, {
      method: "POST",
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" },
      body: exact,
    });
    const types = { eventTypes: ["order.placed", "order.paid"] };
    await dashboard.createEndpoint(tenant, { description: "Warehouse", ...types });
    await dashboard.createEndpoint(tenant, { description: "Everything" });
    await dashboard.createEndpoint(tenant, { description: "Elsewhere", eventTypes: ["order.paid"] });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/order.placed`);
    await part(page, "Schema").getByText("9007199254740993123").waitFor();
    await part(page, "Schema").getByRole("button", { name: "Text" }).click();
    await expect
      .poll(() => part(page, "Schema").locator("pre").textContent())
      .toContain('"minimum": 9007199254740993123');
    await expect
      .poll(() => part(page, "Example").locator("pre").textContent())
      .toContain('"orderId": "1001"');
    const takers = part(page, "Endpoints that take it");
    await takers.getByText("Warehouse").waitFor();
    await expect.poll(() => row(page, "Warehouse").textContent()).toContain("it, and 1 more");
    await expect.poll(() => row(page, "Everything").textContent()).toContain("every type");
    expect(await row(page, "Elsewhere").count()).toBe(0);
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 320, height: 600 });
    await expectNoSidewaysScroll(page);
  });

  test("archives it and puts it back, each time saying what that means", async () => {
    const tenant = await tenantWith({ name: "order.placed" });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/order.placed`);
    await button(page, "Archive").click();
    await page.getByText("endpoints can no longer newly name it. Its messages are still accepted").waitFor();
    await expectAccessible(page);
    await confirm(page, "Archive");
    await status(page).getByText("order.placed is archived.").waitFor();
    expect((await typeOf(tenant, "order.placed")).archivedAt).not.toBeNull();
    await button(page, "Put back").click();
    await confirm(page, "Put back");
    await status(page).getByText("order.placed is back on the list.").waitFor();
    expect((await typeOf(tenant, "order.placed")).archivedAt).toBeNull();
  });

  test("deletes it after it has said what is lost, and leads back to the list; Cancel deletes nothing", async () => {
    const tenant = await tenantWith({ name: "order.placed", schema });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/order.placed`);
    await button(page, "Delete").click();
    await page.getByText("Its messages are accepted unchecked from then on").waitFor();
    await expect.poll(() => page.locator(":focus").textContent()).toBe("Cancel");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect((await typeOf(tenant, "order.placed")).name).toBe("order.placed");
    await button(page, "Delete").click();
    await confirm(page, "Delete");
    await status(page).getByText("order.placed was deleted.").waitFor();
    await heading(page, "Event types").waitFor();
    await page.getByText("No event types yet").waitFor();
  });

  test("shows hostile texts as the texts that they are", async () => {
    const description = "<img src=x onerror=alert(1)>\u202egnp";
    const tenant = await tenantWith({
      name: "a",
      description,
      schema: { description: "</pre><script>1</script>" },
    });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/a`);
    await page.getByText("<img src=x onerror=alert(1)>⟨202e⟩gnp").waitFor();
    await part(page, "Schema").getByText("</pre><script>1</script>").waitFor();
  });

  test("of a type that is not there says so, with the code and the request", async () => {
    const tenant = await tenantWith();
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/nothing`);
    await page.getByRole("alert").getByText("event_type_not_found").waitFor();
    await expectAccessible(page);
    dashboard.forgive(404);
  });
});

describe("the form", () => {
  test("has the API's words beside each field as one types, and creates the type when all is well", async () => {
    const tenant = await tenantWith();
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types`);
    await page.getByRole("link", { name: "New event type" }).click();
    await heading(page, "New event type").waitFor();
    const field = (name: string) => page.getByRole("textbox", { name, exact: true });
    const complaint = async (name: string) => {
      await expect.poll(() => field(name).getAttribute("aria-invalid")).toBe("true");
      const [id] = (await field(name).getAttribute("aria-describedby"))?.split(" ").slice(-1) ?? [];
      return page.locator(`[id="${id}"]`).textContent();
    };
    await field("Name").fill("order placed");
    expect(await complaint("Name")).toContain("must be words of letters, digits");
    await field("Name").fill("order.placed");
    await status(page).getByText("The API takes it.").waitFor();
    await field("Schema").fill("{ type: object }");
    expect(await complaint("Schema")).toContain("This is not JSON");
    await field("Schema").fill('{ "properties": { "total": { "type": "money" } } }');
    await page.getByText("schema.properties.total.type: must be").waitFor();
    await expectAccessibleEverywhere(page);
    expect(await dashboard.call("GET", `tenants/${tenant}/event-types`)).toMatchObject({ data: [] });

    await field("Schema").fill('{ "properties": { "total": { "minimum": 9007199254740993123 } } }');
    await status(page).getByText("The API takes it.").waitFor();
    await field("Description").fill("A customer has placed an order.");
    await button(page, "New event type").click();
    await heading(page, "order.placed").waitFor();
    await status(page).getByText("order.placed was created.").waitFor();
    await part(page, "Schema").getByText("9007199254740993123").waitFor();
    dashboard.forgive(422);
  });

  test("begins with an example of a schema, and shows a payload as the schema wants it", async () => {
    const page = await dashboard.openSignedIn(`/ui/t/${await tenantWith()}/types/new`);
    await button(page, "Insert an example").click();
    await expect
      .poll(() => part(page, "Example").locator("pre").textContent())
      .toContain('"orderId": "1001"');
    await page.getByRole("textbox", { name: "Schema" }).fill('{ "enum": ["red"] }');
    await expect.poll(() => part(page, "Example").locator("pre").textContent()).toBe('"red"');
  });

  test("tells before it is sent that a type of this name is there with other content", async () => {
    const tenant = await tenantWith({ name: "order.placed", description: "Mine." });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/types/new`);
    await page.getByRole("textbox", { name: "Name" }).fill("order.placed");
    await page.getByText("event_type_exists").waitFor();
    dashboard.forgive(409);
  });

  test("changes a type, with its own values at first, and takes a description and a schema back", async () => {
    const tenant = await tenantWith({ name: "order.placed", description: "Mine.", schema });
    const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/order.placed`);
    await page.getByRole("link", { name: "Edit" }).click();
    await heading(page, "Edit order.placed").waitFor();
    const [description, text] = ["Description", "Schema"].map((name) => page.getByRole("textbox", { name }));
    await expect.poll(() => description?.inputValue()).toBe("Mine.");
    expect(JSON.parse((await text?.inputValue()) ?? "")).toEqual(schema);
    await expectAccessibleEverywhere(page);
    await description?.fill("");
    await text?.fill("");
    await button(page, "Save").click();
    await status(page).getByText("order.placed was changed.").waitFor();
    await page.getByText("No schema: any payload is accepted.").waitFor();
    expect(await typeOf(tenant, "order.placed")).toMatchObject({ description: null, schema: null });
  });
});

test("whoever may only read sees the actions, and why they do nothing", async () => {
  const tenant = await tenantWith({ name: "order.placed" });
  const page = await dashboard.openSignedIn(`/ui/t/${tenant}/et/order.placed`, {}, READER);
  for (const name of ["Add an endpoint for it", "Edit", "Archive", "Delete"]) {
    const action = button(page, name);
    await expect.poll(() => action.getAttribute("aria-disabled"), { message: name }).toBe("true");
    await action.dispatchEvent("click");
    await status(page).getByText('Your sign-in lacks the right "manage"').waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
  }
  await expectAccessibleEverywhere(page);
});

describe("the portal's catalogue", () => {
  test("shows the types with schema and example, and leads to an endpoint for one; it changes none", async () => {
    const tenant = await tenantWith({ name: "order.placed", description: "An order.", schema });
    const page = await dashboard.openPortal(tenant, ["read", "manage"], "/portal/types");
    await row(page, "order.placed").waitFor();
    expect(await page.getByRole("link", { name: "New event type" }).count()).toBe(0);
    await expectAccessibleEverywhere(page);
    await row(page, "order.placed").getByRole("link").click();
    await part(page, "Example").getByText('"orderId": "1001"').waitFor();
    for (const name of ["Edit", "Archive", "Delete"])
      expect(await page.getByText(name).count(), name).toBe(0);
    await expectAccessibleEverywhere(page);
    await page.getByRole("link", { name: "Subscribe" }).click();
    expect(page.url()).toBe(`${dashboard.url()}/portal/endpoints/new?eventType=order.placed`);
    await expect.poll(() => page.getByLabel("order.placed").isChecked()).toBe(true);
    const { url } = await dashboard.createHook();
    await page.getByLabel("URL", { exact: true }).fill(url);
    await page.getByRole("main").getByRole("button", { name: "Add an endpoint" }).click();
    await page.getByRole("heading", { level: 1, name: "The endpoint was added" }).waitFor();
    const { data } = await dashboard.call("GET", `tenants/${tenant}/endpoints`);
    expect(data).toMatchObject([{ url, eventTypes: ["order.placed"] }]);
  });

  test("says to a session that may only read why it cannot subscribe", async () => {
    const tenant = await tenantWith({ name: "order.placed" });
    const page = await dashboard.openPortal(tenant, ["read"], "/portal/et/order.placed");
    await button(page, "Subscribe").dispatchEvent("click");
    await status(page).getByText('Your sign-in lacks the right "manage"').waitFor();
  });
});
