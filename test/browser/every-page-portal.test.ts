import { expect, test } from "vitest";
import { inDashboard } from "./dashboard.ts";
import { fillTenant, lookingAt, readsOf } from "./every-page.ts";
import { type Known, sightsOf } from "./views.ts";

const dashboard = inDashboard();
const SCOPES = ["read", "manage"];
const NOTHING: Known = { tenant: "empty", message: "msg_none", endpoint: "ep_none", eventType: "none" };

test("every page of the portal is sound without anything to show", async () => {
  const page = await dashboard.openPortal(await dashboard.createTenant("empty"), SCOPES, "/portal/");
  const looking = await lookingAt(dashboard, page);
  for (const sight of sightsOf("portal", NOTHING)) await looking.as("empty", sight);
  expect(looking.found).toEqual({});
});

test("every page of the portal is sound when it is full, when its readings fail, and when they fail later", async () => {
  const known = await fillTenant(dashboard, await dashboard.createTenant("acme"));
  const page = await dashboard.openPortal("acme", SCOPES, "/portal/");
  const looking = await lookingAt(dashboard, page, known);
  for (const sight of sightsOf("portal", known)) {
    await looking.as("full", sight);
    await looking.failing(sight);
  }
  expect(looking.found).toEqual({});
  expect(looking.readings).toEqual(readsOf("portal"));
});
