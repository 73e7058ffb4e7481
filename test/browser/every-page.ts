import type { Page, Request, Route } from "playwright-core";
import { PAGE_READS } from "../support/page-reads.ts";
import { findingsEverywhere, IN_PAIRS } from "./axe.ts";
import type { InDashboard } from "./dashboard.ts";
import { settled, watch } from "./settled.ts";
import type { Filled, Sight } from "./views.ts";

/** A tenant with something on every page. */
export async function fillTenant(dashboard: InDashboard, tenant: string): Promise<Filled> {
  const { call, commit, createEndpoint, until } = dashboard;
  const schema = {
    type: "object",
    required: ["orderId"],
    properties: { orderId: { type: "string", examples: ["1001"] }, total: { type: "number" } },
  };
  const eventType = "order.placed";
  await call("POST", `tenants/${tenant}/event-types`, {
    name: eventType,
    description: "A purchase was placed.",
    schema,
  });
  await call("POST", `tenants/${tenant}/event-types`, { name: "order.archived" });
  await call("PATCH", `tenants/${tenant}/event-types/order.archived`, { archived: true });
  await call("POST", `tenants/${tenant}/tokens`, { scopes: ["read"], description: "A script" });
  await createEndpoint(tenant, { description: "CRM" }, { body: "ok" });
  await createEndpoint(tenant, { description: "Gone", eventTypes: ["order.gone"] }, { status: 410 });
  const answer = { status: 422, body: '{"error":"unknown sku"}' };
  const { id: endpoint } = await createEndpoint(
    tenant,
    { description: "Ledger", order: "strict", giveUpOn: [422] },
    answer,
  );
  const message = await commit(tenant, { orderingKey: "customer-1" });
  await commit(tenant, { orderingKey: "customer-1" });
  await commit(tenant, { eventType: "order.gone" });
  const deliverAt = new Date(Date.now() + 7_200_000).toISOString();
  await commit(tenant, { deliverAt });
  const { id: email } = await call("POST", `tenants/${tenant}/emails`, {
    to: ["ada@example.com"],
    subject: "Your order",
    html: "<h1>We have it.</h1>",
  });
  await until(tenant, message, "delivered", "dead");
  await until(tenant, email, "delivered", "dead");
  return { tenant, message, email, endpoint, eventType };
}

/** Answers of an API whose database has failed, to the readings of a page. */
const fails = (route: Route) =>
  route.request().resourceType() === "fetch" && route.request().method() === "GET"
    ? route.fulfill({
        status: 500,
        contentType: "application/problem+json",
        json: { title: "Internal error", detail: "It failed.", code: "internal_error", requestId: "r-1" },
      })
    : route.fallback();
const READINGS = /\/v1\/|\/ui\/dev\//;

/** Looks at pages one after the other, and collects what is wrong with each. */
export async function lookingAt(dashboard: InDashboard, page: Page, known: Partial<Filled> = {}) {
  const found: Record<string, string[]> = {};
  const readings: Record<string, string[]> = {};
  // Readings are made once: what a page reads when it is opened is to be known.
  await page.addInitScript(() => {
    if (window === top) localStorage.setItem("edge-outbox-live", "off");
  });
  watch(page);
  // A browser tells of every refusal.
  dashboard.forgive(404, 500);
  const note = (state: string, path: string, findings: string[]) => {
    if (findings.length > 0) found[`${path}, ${state}`] = findings;
  };
  const failing = async (of: () => Promise<void>) => {
    await page.route(READINGS, fails);
    await of();
    await page.unroute(READINGS, fails);
  };
  return {
    found,
    /** Readings of the API by each page, by the patterns of both. */
    readings,
    async as(state: string, { path, pattern }: Sight): Promise<void> {
      const read = new Set(readings[pattern]);
      const add = (request: Request) => {
        if (request.url().includes("/v1/")) read.add(patternOf(request.url(), known));
      };
      page.on("request", add);
      await page.goto(path);
      await settled(page);
      page.off("request", add);
      readings[pattern] = [...read].toSorted();
      const refused = state === "empty" ? 0 : await page.locator(".refused").count();
      note(state, path, [...(await findingsOf(page)), ...(refused > 0 ? ["an error is shown"] : [])]);
    },
    /** The page whose first readings fail, and then the one whose later readings do. */
    async failing({ path, reads }: Sight): Promise<void> {
      await failing(async () => {
        await page.goto(path);
        await settled(page);
        const shown = await page.locator(".refused").count();
        note("error", path, [
          ...(await findingsOf(page, IN_PAIRS)),
          ...told(reads, shown, "no error is shown"),
        ]);
      });
      await page.goto(path);
      await settled(page);
      await failing(async () => {
        await goAwayAndBack(page);
        await settled(page);
        const shown = await page.locator(".stale").count();
        note("stale", path, [
          ...(await findingsOf(page, IN_PAIRS)),
          ...told(reads, shown, "nothing old is shown"),
        ]);
      });
    },
  };
}

/** An address of the API with the names of its ids, without the instants that move with the clock. */
function patternOf(address: string, { email, ...known }: Partial<Filled>): string {
  const { pathname, searchParams } = new URL(address);
  searchParams.delete("since");
  const full = decodeURIComponent(`${pathname}${searchParams.size > 0 ? `?${searchParams}` : ""}`);
  const ids = [...Object.entries(known), ["message", email ?? ""] as const].filter(([, id]) => id !== "");
  return ids.reduce(
    (text, [name, id]) => text.replaceAll(new RegExp(`(?<=[/=:])${id}(?=[/&?]|$)`, "g"), `:${name}`),
    full,
  );
}

/** Addresses that the pages of a surface are to read. */
export const readsOf = (surface: "ui" | "portal") =>
  Object.fromEntries(Object.entries(PAGE_READS).filter(([pattern]) => pattern.startsWith(`/${surface}/`)));

const told = (reads: boolean, shown: number, complaint: string) => (reads && shown === 0 ? [complaint] : []);

/** Draws the page anew, with what it has read before: as one who comes back to it does. */
async function goAwayAndBack(page: Page): Promise<void> {
  await page.evaluate(() => {
    history.pushState({}, "", `${location.pathname.split("/", 2).join("/")}/nowhere`);
    dispatchEvent(new PopStateEvent("popstate"));
  });
  await page.getByRole("heading", { level: 1, name: "No such page" }).waitFor();
  await page.goBack();
}

/** All that is wrong with a page: under axe, at 320 px, without colours of its own, and without movement. */
async function findingsOf(page: Page, looks?: typeof IN_PAIRS): Promise<string[]> {
  const found = await findingsEverywhere(page, looks);
  await page.setViewportSize({ width: 320, height: 640 });
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (wider > 0) found.push(`it is ${wider} px wider than a window of 320 px`);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  found.push(...(await page.evaluate(unseenIn)), ...(await page.evaluate(movingIn)));
  await page.emulateMedia({ forcedColors: null, reducedMotion: null });
  return found;
}

/** Buttons and links that cannot be told from the ground in forced colours, or whose focus cannot be seen. */
function unseenIn(): string[] {
  const found: string[] = [];
  const ground = getComputedStyle(document.documentElement).backgroundColor;
  const nameOf = (element: Element) => element.outerHTML.slice(0, 160);
  const before = document.activeElement as HTMLElement | null;
  const all = document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary");
  for (const element of all) {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const { color, backgroundColor } = getComputedStyle(element);
    const behind = backgroundColor === "rgba(0, 0, 0, 0)" ? ground : backgroundColor;
    if (color === behind) found.push(`has the colour of its ground: ${nameOf(element)}`);
    if (element.matches(":disabled")) continue;
    element.focus({ preventScroll: true });
    const ring = getComputedStyle(element);
    const isRinged = ring.outlineStyle !== "none" && Number.parseFloat(ring.outlineWidth) > 0;
    if (document.activeElement === element && !isRinged && element.matches(":focus-visible")) {
      found.push(`has a focus that nobody sees: ${nameOf(element)}`);
    }
  }
  before?.focus({ preventScroll: true });
  return found;
}

/** Movements that last, which whoever wants less of them must not see. */
function movingIn(): string[] {
  const found: string[] = [];
  for (const { effect } of document.getAnimations()) {
    const { duration } = effect?.getTiming() ?? {};
    const { target } = effect as KeyframeEffect;
    if (Number(duration) > 1) found.push(`moves: ${target?.outerHTML.slice(0, 160)}`);
  }
  return found;
}
