import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/platform/config.ts";
import { ConfigError } from "../../src/platform/errors.ts";

const bindings = { DB: {}, RELAY: {}, WEBHOOK_QUEUE: {}, EMAIL_QUEUE: {}, EMAIL: {} };
const read = (settings: Record<string, unknown> = {}) => readConfig({ ...bindings, ...settings });

describe("the settings", () => {
  test("have defaults", () => {
    expect(read()).toEqual({
      operatorToken: undefined,
      retrySchedule: undefined,
      leaseMs: 60_000,
      timeoutMs: 15_000,
      disableAfterMs: 432_000_000,
      retentionMs: 30 * 24 * 3600_000,
      deadRetentionMs: 90 * 24 * 3600_000,
      allowLoopback: false,
      emailProvider: "binding",
      emailFrom: "outbox@example.com",
      resendApiKey: undefined,
      resendBaseUrl: "https://api.resend.com",
    });
  });

  test("are read from text, and from numbers and booleans as JSON has them", () => {
    expect(read({ RETRY_SCHEDULE: "1, 2.5,30" }).retrySchedule).toEqual([1, 2.5, 30]);
    expect(read({ LEASE_SECONDS: 90, ALLOW_LOOPBACK_ENDPOINTS: true })).toMatchObject({
      leaseMs: 90_000,
      allowLoopback: true,
    });
    expect(read({ RETENTION_DAYS: "0.5" }).retentionMs).toBe(12 * 3600_000);
    expect(read({ LEASE_SECONDS: "" }).leaseMs).toBe(60_000);
  });

  test.each([
    [{ RETRY_SCHEDULE: "5,soon" }, /^RETRY_SCHEDULE is "5,soon", but must be the seconds/],
    [{ RETRY_SCHEDULE: "5,,6" }, /^RETRY_SCHEDULE/],
    [{ RETRY_SCHEDULE: "-1" }, /^RETRY_SCHEDULE/],
    [{ LEASE_SECONDS: "long" }, /^LEASE_SECONDS is "long", but must be a number of seconds from 2 to 3600/],
    [
      { LEASE_SECONDS: "17" },
      /^LEASE_SECONDS is 17, but an attempt can take WEBHOOK_TIMEOUT_SECONDS \(15\) and 2 more/,
    ],
    [{ RETENTION_DAYS: "0" }, /^RETENTION_DAYS is "0", but must be a number of days from 0.001 to 3650/],
    [{ RETENTION_DAYS: "91" }, /^DEAD_RETENTION_DAYS is 90, but RETENTION_DAYS is 91: /],
    [{ WEBHOOK_TIMEOUT_SECONDS: "0" }, /^WEBHOOK_TIMEOUT_SECONDS/],
    [{ ALLOW_LOOPBACK_ENDPOINTS: "yes" }, /^ALLOW_LOOPBACK_ENDPOINTS is "yes", but must be true or false/],
    [{ EMAIL_PROVIDER: "resnd" }, /^EMAIL_PROVIDER is "resnd".*Did you mean resend\?/],
    [{ EMAIL_PROVIDER: "resend" }, /^RESEND_API_KEY is missing/],
    [{ RESEND_BASE_URL: "nowhere" }, /^RESEND_BASE_URL/],
    [{ OPERATOR_TOKEN: "short" }, /^OPERATOR_TOKEN must have at least 16 characters/],
    [{ RETRY_SCHEDUL: "5" }, /^RETRY_SCHEDUL is not a setting\. Did you mean RETRY_SCHEDULE\?/],
    [{ EMAIL_FROM: {} }, /^EMAIL_FROM must be text/],
    [{ DB: undefined, DBS: {} }, /^The binding DB is missing from wrangler\.toml\. Did you mean DBS\?/],
    [{ EMAIL: undefined }, /^The binding EMAIL is missing/],
  ])("%o is refused, by name", (settings, message) => {
    expect(() => read(settings)).toThrow(ConfigError);
    expect(() => read(settings)).toThrow(message);
  });

  test("17 seconds of lease are too short for 15 of timeout, a little more is enough", () => {
    expect(read({ LEASE_SECONDS: "17.5" }).leaseMs).toBe(17_500);
  });
});
