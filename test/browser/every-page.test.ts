import { expect, test } from "vitest";
import { inDashboard } from "./dashboard.ts";
import { fillTenant, lookingAt, readsOf } from "./every-page.ts";
import { type Known, patternsOfApp, patternsOfViews, sightsOf } from "./views.ts";

const dashboard = inDashboard();
const NOTHING: Known = { tenant: "empty", message: "msg_none", endpoint: "ep_none", eventType: "none" };

test("every page of the dashboard is looked at", () => {
  expect(patternsOfViews()).toEqual(patternsOfApp());
});

test("every page is sound without anything to show", async () => {
  await dashboard.createTenant("empty");
  const page = await dashboard.openSignedIn("/ui/");
  const looking = await lookingAt(dashboard, page);
  for (const sight of sightsOf("ui", NOTHING)) await looking.as("empty", sight);
  expect(looking.found).toEqual({});
});

test("every page is sound when it is full, when its readings fail, and when they fail later", async () => {
  const known = await fillTenant(dashboard, await dashboard.createTenant("acme"));
  const page = await dashboard.openSignedIn("/ui/");
  const looking = await lookingAt(dashboard, page, known);
  for (const sight of sightsOf("ui", known)) {
    await looking.as("full", sight);
    await looking.failing(sight);
  }
  expect(looking.found).toEqual({});
  expect(looking.readings).toEqual(readsOf("ui"));
});
