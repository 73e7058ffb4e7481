import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createApi } from "../../src/create-api.ts";
import { dashboard } from "../../src/dashboard/dashboard.ts";
import { ConfigError, createOutbox } from "../../src/index.ts";
import { type Env, outbox } from "./app.ts";

const DASHBOARD_URL = "https://app.example/outbox";
const settings = { ...(env as unknown as Env), DASHBOARD_URL };

test("a link that an app makes in code leads to DASHBOARD_URL, opens once, and is the app's in the audit", async () => {
  const lib = outbox(settings);
  const tenant = `t-${crypto.randomUUID()}`;
  await lib.tenants.create({ id: tenant });
  const { url, expiresAt } = await lib.portalLinks.create(tenant, {
    sessionId: "s",
    theme: { accent: "#0a7f5a" },
  });
  expect(url).toMatch(/^https:\/\/app\.example\/outbox\/portal\/#ey/);
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());

  const api = createApi(outbox, { dashboard: dashboard() });
  const open = () =>
    api.fetch(
      new Request("https://app.example/portal/session", {
        method: "POST",
        headers: { "content-type": "application/json", "sec-fetch-site": "same-origin" },
        body: JSON.stringify({ code: url.split("#")[1] }),
      }),
      settings,
    );
  expect(await (await open()).json()).toMatchObject({ tenant: { id: tenant }, sessionId: "s" });
  expect((await open()).status).toBe(409);

  const { data } = await lib.audit.list(tenant, { operation: "createPortalLink" });
  expect(data).toMatchObject([{ caller: "app", callerId: null, role: null, affected: 1 }]);
  expect(await lib.tokens.revokeSession(tenant, "s")).toEqual({ revoked: 1 });
});

test("a Worker without the API, which serves the portal, is told so", async () => {
  const alone = createOutbox()(settings);
  await expect(alone.portalLinks.create("acme")).rejects.toThrow(
    new ConfigError("Links to the portal need createApi of edge-outbox/api in this Worker."),
  );
});

test("without DASHBOARD_URL an app is told to set it", async () => {
  const lib = outbox(env as unknown as Env);
  await expect(lib.portalLinks.create("acme")).rejects.toThrow(ConfigError);
  await expect(lib.portalLinks.create("acme")).rejects.toThrow(/^DASHBOARD_URL is missing/);
});
