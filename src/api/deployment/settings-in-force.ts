import type { Config, Settings } from "../../platform/config.ts";
import {
  MAILGUN_URL,
  POSTMARK_URL,
  RESEND_URL,
  SENDGRID_URL,
} from "../../platform/email-provider-setting.ts";
import { text } from "../../platform/read-setting.ts";

/** A setting. The value of a secret is never told. */
export interface SettingInForce {
  name: keyof Settings;
  /** Value in force as it would be written, its default if none is set. Null: none, or a secret. */
  value: string | null;
  isSet: boolean;
  isSecret: boolean;
}

const SECRETS = [
  "OPERATOR_TOKEN",
  "SECRET_KEYS",
  "RESEND_API_KEY",
  "POSTMARK_SERVER_TOKEN",
  "SENDGRID_API_KEY",
  "MAILGUN_API_KEY",
  "SES_ACCESS_KEY_ID",
  "SES_SECRET_ACCESS_KEY",
  "RESEND_WEBHOOK_SECRET",
  "POSTMARK_WEBHOOK_SECRET",
  "MAILGUN_WEBHOOK_KEY",
  "OTLP_HEADERS",
] as const;
type Secret = (typeof SECRETS)[number];

const DAY_MS = 24 * 3600 * 1000;

/**
 * Settings in force, secrets first.
 * @param env environment of which `config` was read
 * @param config with the schedule that is in force, set or not
 */
export function settingsInForce(env: object, config: Config): readonly SettingInForce[] {
  const isSet = (name: string) => text(env as Record<string, unknown>, name) !== undefined;
  const secrets = SECRETS.map((name) => ({ name, value: null, isSet: isSet(name), isSecret: true }));
  const others = Object.entries(valuesOf(env, config)).map(([name, value]) => ({
    name: name as keyof Settings,
    value: value ?? null,
    isSet: isSet(name),
    isSecret: false,
  }));
  return [...secrets, ...others];
}

/** A record, so that a forgotten setting does not compile. */
function valuesOf(env: object, config: Config): Record<Exclude<keyof Settings, Secret>, string | undefined> {
  const given = (name: keyof Settings) => text(env as Record<string, unknown>, name);
  return {
    RETRY_SCHEDULE: config.retrySchedule?.join(","),
    LEASE_SECONDS: String(config.leaseMs / 1000),
    WEBHOOK_TIMEOUT_SECONDS: String(config.timeoutMs / 1000),
    DISABLE_AFTER_DAYS: String(config.disableAfterMs / DAY_MS),
    RETENTION_DAYS: String(config.retentionMs / DAY_MS),
    DEAD_RETENTION_DAYS: String(config.deadRetentionMs / DAY_MS),
    LEAST_RETENTION_DAYS: String(config.leastRetentionMs / DAY_MS),
    DATABASE_MAX_GB: String(config.databaseMaxBytes / 1e9),
    SYSTEM_EVENTS_TENANT: config.systemEventsTenant,
    ENVIRONMENT: given("ENVIRONMENT")?.toLowerCase() ?? "production",
    ALLOW_LOOPBACK_ENDPOINTS: String(config.allowLoopback),
    OWN_HOSTNAMES: given("OWN_HOSTNAMES"),
    DNS_OVER_HTTPS_URL: withoutCredentials(config.dnsUrl),
    CORS_ORIGINS: config.corsOrigins?.join(","),
    DASHBOARD_URL: config.portal.url,
    PORTAL_FRAME_ANCESTORS: config.portal.frameAncestors.join(",") || undefined,
    PORTAL_LOGO_ORIGINS: config.portal.logoOrigins.join(",") || undefined,
    EMAIL_DEV: config.environment === "production" ? undefined : config.emailDevAllow ? "live" : "mailbox",
    EMAIL_DEV_ALLOW: config.emailDevAllow?.join(","),
    EMAIL_PROVIDER: config.emailProvider,
    EMAIL_FROM: config.emailFrom,
    EMAIL_UNSUBSCRIBE_URL: given("EMAIL_UNSUBSCRIBE_URL"),
    RESEND_BASE_URL: withoutCredentials(given("RESEND_BASE_URL") ?? RESEND_URL),
    POSTMARK_BASE_URL: withoutCredentials(given("POSTMARK_BASE_URL") ?? POSTMARK_URL),
    POSTMARK_MESSAGE_STREAM: given("POSTMARK_MESSAGE_STREAM"),
    SENDGRID_BASE_URL: withoutCredentials(given("SENDGRID_BASE_URL") ?? SENDGRID_URL),
    MAILGUN_BASE_URL: withoutCredentials(given("MAILGUN_BASE_URL") ?? MAILGUN_URL),
    MAILGUN_DOMAIN: given("MAILGUN_DOMAIN"),
    SES_BASE_URL: withoutCredentials(given("SES_BASE_URL")),
    SES_REGION: given("SES_REGION"),
    SES_CONFIGURATION_SET: given("SES_CONFIGURATION_SET"),
    SENDGRID_WEBHOOK_KEY: given("SENDGRID_WEBHOOK_KEY"),
    SES_TOPIC_ARNS: given("SES_TOPIC_ARNS"),
    LOG_LEVEL: config.log.level,
    LOG_SAMPLE_RATE: String(config.log.sampleRate),
    OTLP_METRICS_URL: withoutCredentials(given("OTLP_METRICS_URL")),
  };
}

/** A URL without its name and password, and without its query, which may have a key in it. */
function withoutCredentials(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return url === undefined ? undefined : "";
  const { origin, pathname } = new URL(url);
  return origin + (pathname === "/" ? "" : pathname);
}
