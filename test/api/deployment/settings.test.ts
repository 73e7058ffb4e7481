import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { type SettingInForce, settingsInForce } from "../../../src/api/deployment/settings-in-force.ts";
import { readConfig } from "../../../src/platform/config.ts";
import { call } from "../../support/worker/api.ts";
import { apiWith } from "../../support/worker/own-api.ts";

const SECRET = "c4n4ry-c4n4ry-c4n4ry";
const SECRETS = {
  OPERATOR_TOKEN: `ada:read:${SECRET},bob:admin:${SECRET}2`,
  SECRET_KEYS: `new:${btoa("c4n4ry-c4n4ry-c4n4ry-c4n4ry-1234")},old:${btoa("d4n4ry-c4n4ry-c4n4ry-c4n4ry-1234")}`,
  RESEND_API_KEY: SECRET,
  POSTMARK_SERVER_TOKEN: SECRET,
  SENDGRID_API_KEY: SECRET,
  MAILGUN_API_KEY: SECRET,
  SES_ACCESS_KEY_ID: SECRET,
  SES_SECRET_ACCESS_KEY: SECRET,
  OTLP_HEADERS: `authorization=${SECRET}`,
};

const inForce = (given: object = {}) => {
  const config = readConfig(given);
  return settingsInForce(given, { ...config, retrySchedule: config.retrySchedule ?? [5, 300] });
};
const settingOf = (settings: readonly SettingInForce[], name: string) =>
  settings.find((one) => one.name === name);

describe("a setting", () => {
  test("is told with its default while it is not set, and with its value when it is", () => {
    expect(settingOf(inForce(), "RETENTION_DAYS")).toMatchObject({ value: "30", isSet: false });
    expect(settingOf(inForce(), "RETRY_SCHEDULE")).toMatchObject({ value: "5,300", isSet: false });
    expect(settingOf(inForce(), "CORS_ORIGINS")).toMatchObject({ value: null, isSet: false });
    const given = {
      RETENTION_DAYS: "7.5",
      LEASE_SECONDS: 90,
      ENVIRONMENT: "Development",
      RETRY_SCHEDULE: "1",
    };
    for (const [name, value] of Object.entries(given)) {
      expect(settingOf(inForce(given), name)).toMatchObject({
        value: String(value).toLowerCase(),
        isSet: true,
      });
    }
  });

  test("as it is told can be set, and is then in force as it was", () => {
    const told = inForce({ LEASE_SECONDS: "90", DATABASE_MAX_GB: "0.5", DISABLE_AFTER_DAYS: "0.001" });
    const again = Object.fromEntries(
      told.filter(({ value }) => value !== null).map((one) => [one.name, one.value]),
    );
    expect(inForce(again).map(({ value }) => value)).toEqual(told.map(({ value }) => value));
  });

  test.each(Object.keys(SECRETS))("that is secret is told to be set, and never its value: %s", (name) => {
    expect(settingOf(inForce(), name)).toEqual({ name, value: null, isSet: false, isSecret: true });
    const settings = inForce(SECRETS);
    expect(settingOf(settings, name)).toEqual({ name, value: null, isSet: true, isSecret: true });
    expect(JSON.stringify(settings)).not.toMatch(/c4n4ry/);
  });

  test.each([
    ["OTLP_METRICS_URL", `https://ada:${SECRET}@otlp.example.com/v1/metrics?key=${SECRET}`],
    ["DNS_OVER_HTTPS_URL", `https://dns.example.com/dns-query?key=${SECRET}`],
    ["RESEND_BASE_URL", `https://ada:${SECRET}@resend.example.com`],
    ["POSTMARK_BASE_URL", `https://ada:${SECRET}@resend.example.com`],
    ["SENDGRID_BASE_URL", `https://ada:${SECRET}@resend.example.com`],
    ["MAILGUN_BASE_URL", `https://ada:${SECRET}@resend.example.com`],
    ["SES_BASE_URL", `https://ada:${SECRET}@resend.example.com`],
  ])("that is a URL is told without credentials and query: %s", (name, url) => {
    const { value } = settingOf(inForce({ [name]: url }), name) ?? {};
    expect(value).toMatch(/^https:\/\/(otlp|dns|resend)\.example\.com/);
    expect(value).not.toContain("c4n4ry");
  });
});

describe("GET /v1/deployment", () => {
  test("tells the version, the keys' and operators' names, limits and the cron, and no secret", async () => {
    const { status, body } = await call("GET", "/v1/deployment");
    expect([status, body.version, body.environment]).toEqual([200, expect.any(String), "development"]);
    expect(body.secretKeys).toEqual(["test", "before"]);
    expect(body.operators).toEqual([{ name: "operator", role: "admin" }]);
    expect(body.limits).toMatchObject({ payloadBytes: 262_144, requestsPerMinute: 6000 });
    expect(body.health.jobs).toHaveProperty("sweep");
    const text = JSON.stringify(body);
    for (const secret of [
      env.OPERATOR_TOKEN,
      ...env.SECRET_KEYS.split(/[:,]/).filter((_, n) => n % 2 === 1),
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  test("tells how many events of e-mails wait, and how many cannot be recorded", async () => {
    await env.DB.batch([
      env.DB.prepare("DELETE FROM outbox_email_unmatched"),
      env.DB.prepare(
        "INSERT INTO outbox_email_unmatched VALUES ('cloudflare e1', 'aside cloudflare a', '', 1000)",
      ),
      env.DB.prepare("INSERT INTO outbox_email_unmatched VALUES ('cloudflare e2', 'cloudflare b', '', 2000)"),
    ]);
    const { body } = await call("GET", "/v1/deployment");
    expect(body.emailEvents).toEqual({
      ...{ waiting: 1, aside: 1, capped: false },
      oldestAt: "1970-01-01T00:00:02.000Z",
    });
  });

  test("tells that requests are not limited where the bindings are missing, and of no keys where there are none", async () => {
    const headers = { authorization: `Bearer ${env.OPERATOR_TOKEN}` };
    const answer = await apiWith({ rateLimits: {}, keyRing: undefined })("/v1/deployment", { headers });
    expect(await answer.json()).toMatchObject({
      limits: { requestsPerMinute: null, addressRequestsPerMinute: null },
      secretKeys: [],
    });
  });
});
