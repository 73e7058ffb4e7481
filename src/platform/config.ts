import { readEmailDev } from "./email-dev-setting.ts";
import {
  type EmailProviderName,
  type EmailProviders,
  type ProviderSettings,
  readEmailProvider,
} from "./email-provider-setting.ts";
import { ConfigError } from "./errors.ts";
import { readDnsUrl, readOwnHostnames } from "./host-settings.ts";
import { KeyRing } from "./key-ring.ts";
import { limits } from "./limits.ts";
import { DEFAULT_LOG_SETTINGS, LOG_LEVELS, type LogSettings } from "./log-lines.ts";
import { parseMailbox, printMailbox } from "./mailbox-address.ts";
import { type OperatorToken, readOperatorTokens } from "./operator-tokens.ts";
import { type PortalSettings, readOrigins, readPortalSettings } from "./portal-settings.ts";
import { amount, oneOf, type Range, refuseNearMisses, text } from "./read-setting.ts";
import { TENANT_ID } from "./tenant-id.ts";

/** Settings in the environment: wrangler vars, `.dev.vars` or secrets. */
export interface Settings extends ProviderSettings {
  OPERATOR_TOKEN?: string;
  SECRET_KEYS?: string;
  RETRY_SCHEDULE?: string;
  LEASE_SECONDS?: string;
  WEBHOOK_TIMEOUT_SECONDS?: string;
  DISABLE_AFTER_DAYS?: string;
  SYSTEM_EVENTS_TENANT?: string;
  RETENTION_DAYS?: string;
  DEAD_RETENTION_DAYS?: string;
  LEAST_RETENTION_DAYS?: string;
  DATABASE_MAX_GB?: string;
  ENVIRONMENT?: string;
  ALLOW_LOOPBACK_ENDPOINTS?: string;
  OWN_HOSTNAMES?: string;
  DNS_OVER_HTTPS_URL?: string;
  CORS_ORIGINS?: string;
  DASHBOARD_URL?: string;
  PORTAL_FRAME_ANCESTORS?: string;
  PORTAL_LOGO_ORIGINS?: string;
  EMAIL_DEV?: string;
  EMAIL_DEV_ALLOW?: string;
  EMAIL_PROVIDER?: string;
  EMAIL_FROM?: string;
  EMAIL_UNSUBSCRIBE_URL?: string;
  RESEND_WEBHOOK_SECRET?: string;
  POSTMARK_WEBHOOK_SECRET?: string;
  SENDGRID_WEBHOOK_KEY?: string;
  MAILGUN_WEBHOOK_KEY?: string;
  SES_TOPIC_ARNS?: string;
  LOG_LEVEL?: string;
  LOG_SAMPLE_RATE?: string;
  OTLP_METRICS_URL?: string;
  OTLP_HEADERS?: string;
}

/** The settings, read and checked. */
export interface Config {
  /** Operator tokens, each with a name and a role. Without any, the HTTP API refuses every call. */
  operatorTokens: readonly OperatorToken[];
  /** Keys that seal secrets and sign tokens. Undefined: operations that need a key are refused. */
  keyRing: KeyRing | undefined;
  /** Seconds to wait before each retry, for endpoints without a schedule of their own; undefined for the default. */
  retrySchedule: readonly number[] | undefined;
  /** First duration of a claim, in milliseconds. Defaults to 60 s. */
  leaseMs: number;
  /** Longest duration of an attempt, its answer's body included. Defaults to 15 s. */
  timeoutMs: number;
  /** Time of failures only after which an endpoint is disabled. Defaults to 5 days. */
  disableAfterMs: number;
  /** Tenant whose endpoints get the system events of all tenants, and of the deployment. Undefined: nobody does. */
  systemEventsTenant: string | undefined;
  /** Time for which a message is kept after its last delivery was settled. Defaults to 30 days. */
  retentionMs: number;
  /** Time for which it is kept if a delivery is dead; at least `retentionMs`. Defaults to 90 days. */
  deadRetentionMs: number;
  /**
   * Least time for which a settled message is kept when the database is nearly full; at most `retentionMs`. Defaults to
   * a day.
   */
  leastRetentionMs: number;
  /** Largest size of the database. Defaults to 10 GB. */
  databaseMaxBytes: number;
  /** Kind of deployment. Defaults to production. */
  environment: "production" | "development";
  /** True: webhooks may go to this machine. Never true in production. */
  allowLoopback: boolean;
  /** Hostnames of the outbox itself, to which no webhooks go. Defaults to none. */
  ownHostnames: readonly string[];
  /** URL of the resolver that looks up hosts of webhooks. Undefined: no look-up. */
  dnsUrl: string | undefined;
  /** Origins whose pages may call the HTTP API; undefined: none. */
  corsOrigins: readonly string[] | undefined;
  portal: PortalSettings;
  emailProvider: EmailProviderName;
  /** Addresses to which development sends: an address, or `*@` and a domain. Undefined: to none. Always so in production. */
  emailDevAllow: readonly string[] | undefined;
  emailFrom: string;
  log: LogSettings;
}

/** A record, so that a forgotten setting does not compile. */
const NAMES: Record<Exclude<keyof Settings, keyof ProviderSettings>, true> = {
  OPERATOR_TOKEN: true,
  SECRET_KEYS: true,
  RETRY_SCHEDULE: true,
  LEASE_SECONDS: true,
  WEBHOOK_TIMEOUT_SECONDS: true,
  DISABLE_AFTER_DAYS: true,
  SYSTEM_EVENTS_TENANT: true,
  RETENTION_DAYS: true,
  DEAD_RETENTION_DAYS: true,
  LEAST_RETENTION_DAYS: true,
  DATABASE_MAX_GB: true,
  ENVIRONMENT: true,
  ALLOW_LOOPBACK_ENDPOINTS: true,
  OWN_HOSTNAMES: true,
  DNS_OVER_HTTPS_URL: true,
  CORS_ORIGINS: true,
  DASHBOARD_URL: true,
  PORTAL_FRAME_ANCESTORS: true,
  PORTAL_LOGO_ORIGINS: true,
  EMAIL_DEV: true,
  EMAIL_DEV_ALLOW: true,
  EMAIL_PROVIDER: true,
  EMAIL_FROM: true,
  EMAIL_UNSUBSCRIBE_URL: true,
  RESEND_WEBHOOK_SECRET: true,
  POSTMARK_WEBHOOK_SECRET: true,
  SENDGRID_WEBHOOK_KEY: true,
  MAILGUN_WEBHOOK_KEY: true,
  SES_TOPIC_ARNS: true,
  LOG_LEVEL: true,
  LOG_SAMPLE_RATE: true,
  OTLP_METRICS_URL: true,
  OTLP_HEADERS: true,
};

const DAY_MS = 24 * 3600 * 1000;

/**
 * Reads the settings of an environment.
 * @param ownEmail true if the app brings its own e-mail provider, so that no setting is needed
 * @param emailProviders providers that `EMAIL_PROVIDER` may name beside those of every outbox
 * @throws {ConfigError} naming the first invalid setting, and the near miss if there is one.
 */
export function readConfig(
  env: object,
  {
    ownEmail = false,
    emailProviders,
  }: { ownEmail?: boolean; emailProviders?: EmailProviders | undefined } = {},
): Config {
  const settings = env as Record<string, unknown>;
  refuseNearMisses(settings, Object.keys(NAMES));
  const environment = oneOf(settings, "ENVIRONMENT", ["production", "development"], "production");
  const isProduction = environment === "production";
  const emailDevAllow = readEmailDev(settings, isProduction);
  const isSent = !ownEmail && (isProduction || emailDevAllow !== undefined);
  const emailProvider = readEmailProvider(settings, { isSent, more: emailProviders });
  const timeoutMs = seconds(settings, "WEBHOOK_TIMEOUT_SECONDS", { from: 1, to: 60, otherwise: 15 }) * 1000;
  const leaseMs = seconds(settings, "LEASE_SECONDS", { from: 2, to: 3600, otherwise: 60 }) * 1000;
  refuseShortLease(leaseMs, timeoutMs);
  const retentionDays = days(settings, "RETENTION_DAYS", 30);
  const deadRetentionDays = days(settings, "DEAD_RETENTION_DAYS", 90);
  refuseShortDeadRetention(deadRetentionDays, retentionDays);
  const operatorTokens = text(settings, "OPERATOR_TOKEN");
  const ownHostnames = text(settings, "OWN_HOSTNAMES");
  const dnsUrl = text(settings, "DNS_OVER_HTTPS_URL");
  return {
    environment,
    operatorTokens: operatorTokens === undefined ? [] : readOperatorTokens(operatorTokens),
    keyRing: keyRing(settings),
    retrySchedule: schedule(settings),
    leaseMs,
    timeoutMs,
    disableAfterMs: Math.round(days(settings, "DISABLE_AFTER_DAYS", 5) * DAY_MS),
    systemEventsTenant: systemEventsTenant(settings),
    retentionMs: Math.round(retentionDays * DAY_MS),
    deadRetentionMs: Math.round(deadRetentionDays * DAY_MS),
    leastRetentionMs: Math.round(Math.min(days(settings, "LEAST_RETENTION_DAYS", 1), retentionDays) * DAY_MS),
    databaseMaxBytes: readDatabaseMaxBytes(env),
    allowLoopback: allowLoopback(settings, isProduction),
    ownHostnames: ownHostnames === undefined ? [] : readOwnHostnames(ownHostnames),
    dnsUrl: dnsUrl === undefined ? undefined : readDnsUrl(dnsUrl, isProduction),
    corsOrigins: readOrigins(settings, "CORS_ORIGINS", true),
    portal: readPortalSettings(settings, isProduction),
    emailProvider,
    emailDevAllow,
    emailFrom: emailFrom(settings),
    log: readLogSettings(env),
  };
}

/**
 * Reads which lines of the log are told.
 * @throws {ConfigError}
 */
export function readLogSettings(env: object): LogSettings {
  const settings = env as Record<string, unknown>;
  const { level, sampleRate: otherwise } = DEFAULT_LOG_SETTINGS;
  return {
    level: oneOf(settings, "LOG_LEVEL", LOG_LEVELS, level),
    sampleRate: amount(settings, "LOG_SAMPLE_RATE", "a share", { from: 0, to: 1, otherwise }),
  };
}

/**
 * Largest size of the database, in bytes.
 * @throws {ConfigError}
 */
export function readDatabaseMaxBytes(env: object): number {
  const settings = env as Record<string, unknown>;
  return amount(settings, "DATABASE_MAX_GB", "a number of GB", limits.databaseGb) * 1e9;
}

function refuseShortLease(leaseMs: number, timeoutMs: number) {
  const leastMs = timeoutMs + limits.settleMarginSeconds * 1000;
  if (leaseMs <= leastMs) {
    throw new ConfigError(
      `LEASE_SECONDS is ${leaseMs / 1000}, but an attempt can take WEBHOOK_TIMEOUT_SECONDS (${timeoutMs / 1000}) and ` +
        `${limits.settleMarginSeconds} more to record. Make LEASE_SECONDS more than ${leastMs / 1000}, or WEBHOOK_TIMEOUT_SECONDS less.`,
    );
  }
}

function refuseShortDeadRetention(deadDays: number, settledDays: number) {
  if (deadDays < settledDays) {
    throw new ConfigError(
      `DEAD_RETENTION_DAYS is ${deadDays}, but RETENTION_DAYS is ${settledDays}: dead deliveries are kept at least ` +
        "as long as delivered ones. Raise DEAD_RETENTION_DAYS, or lower RETENTION_DAYS.",
    );
  }
}

function keyRing(settings: Record<string, unknown>): KeyRing | undefined {
  const given = text(settings, "SECRET_KEYS");
  return given === undefined ? undefined : KeyRing.parse(given);
}

function schedule(settings: Record<string, unknown>): readonly number[] | undefined {
  const given = text(settings, "RETRY_SCHEDULE");
  if (given === undefined) return undefined;
  const delays = given.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const bad = delays.some((delay) => !(delay >= 0 && delay <= limits.retryDelaySeconds));
  if (bad || delays.length > limits.retriesPerSchedule) {
    throw new ConfigError(
      `RETRY_SCHEDULE is "${given}", but must be the seconds to wait before each retry, as "5,300,1800": ` +
        `at most ${limits.retriesPerSchedule} numbers from 0 to ${limits.retryDelaySeconds}.`,
    );
  }
  return delays;
}

function systemEventsTenant(settings: Record<string, unknown>): string | undefined {
  const given = text(settings, "SYSTEM_EVENTS_TENANT");
  if (given === undefined || TENANT_ID.test(given)) return given;
  throw new ConfigError(
    `SYSTEM_EVENTS_TENANT is "${given}", but must be the id of a tenant: 1 to 64 of a-z, 0-9, "_" and "-", beginning with a letter or a digit.`,
  );
}

function emailFrom(settings: Record<string, unknown>): string {
  const given = text(settings, "EMAIL_FROM") ?? "outbox@example.com";
  const mailbox = parseMailbox(given);
  const printed = mailbox && !/[<>]/.test(mailbox.name ?? "") ? printMailbox(mailbox) : undefined;
  if (printed !== undefined && printed.length <= limits.addressLength) return printed;
  throw new ConfigError(
    `EMAIL_FROM is "${given}", but must be one e-mail address, as "shop@example.com" or "Shop <shop@example.com>". ` +
      "Set it to a sender that your account of e-mails may use.",
  );
}

function allowLoopback(settings: Record<string, unknown>, isProduction: boolean): boolean {
  const given = oneOf(settings, "ALLOW_LOOPBACK_ENDPOINTS", ["true", "false", "1", "0"], "false");
  const allowed = given === "true" || given === "1";
  if (allowed && isProduction) {
    throw new ConfigError(
      "ALLOW_LOOPBACK_ENDPOINTS is true, but ENVIRONMENT is production, its default: webhooks could reach programs that run " +
        "beside the outbox. Remove ALLOW_LOOPBACK_ENDPOINTS, or on your own machine set ENVIRONMENT to development.",
    );
  }
  return allowed;
}

const seconds = (settings: Record<string, unknown>, name: keyof Settings, range: Range) =>
  amount(settings, name, "a number of seconds", range);

const days = (settings: Record<string, unknown>, name: keyof Settings, otherwise: number) =>
  amount(settings, name, "a number of days", { ...limits.daysOfSetting, otherwise });
