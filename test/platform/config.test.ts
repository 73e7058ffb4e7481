import { describe, expect, test } from "vitest";
import { registerHandlers } from "../../src/handlers.ts";
import {
  createOutbox,
  type EmailBinding,
  emailBinding,
  type Names,
  type OutboxEnv,
  type OutboxOptions,
} from "../../src/index.ts";
import { Memory } from "../../src/memory.ts";
import { emailProviders } from "../../src/named-email-providers.ts";
import { readConfig } from "../../src/platform/config.ts";
import { ConfigError } from "../../src/platform/errors.ts";
import { deliveryTools, upkeepTools } from "../../src/room-tools.ts";
import { noSchemas } from "../../src/schemas/no-schemas.ts";
import { systemSurroundings } from "../../src/surroundings.ts";
import { WorkerHost } from "../../src/worker-host.ts";
import { dispatchWith } from "../support/outside/dispatch.ts";
import { createBox } from "../support/outside/email-servers/box.ts";
import { KEYS } from "../support/outside/email-servers/keys.ts";
import { never } from "../support/outside/signals.ts";

const read = (settings: Record<string, unknown> = {}) => readConfig(settings);

describe("the settings", () => {
  test("have defaults", () => {
    expect(read()).toEqual({
      operatorTokens: [],
      keyRing: undefined,
      retrySchedule: undefined,
      leaseMs: 60_000,
      timeoutMs: 15_000,
      disableAfterMs: 432_000_000,
      systemEventsTenant: undefined,
      retentionMs: 30 * 24 * 3600_000,
      deadRetentionMs: 90 * 24 * 3600_000,
      leastRetentionMs: 24 * 3600_000,
      databaseMaxBytes: 1e10,
      allowLoopback: false,
      ownHostnames: [],
      dnsUrl: undefined,
      environment: "production",
      portal: { url: undefined, frameAncestors: [], logoOrigins: [] },
      emailProvider: "binding",
      emailFrom: "outbox@example.com",
      log: { level: "info", sampleRate: 0.01 },
    });
  });

  test("are read from text, and from numbers and booleans as JSON has them", () => {
    expect(read({ RETRY_SCHEDULE: "1, 2.5,30" }).retrySchedule).toEqual([1, 2.5, 30]);
    const development = { ENVIRONMENT: "development", ALLOW_LOOPBACK_ENDPOINTS: true };
    expect(read({ LEASE_SECONDS: 90, ...development })).toMatchObject({
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
    [{ ENVIRONMENT: "staging" }, /^ENVIRONMENT is "staging", but must be production or development/],
    [{ ENVIRONMENT: "developmnt" }, /Did you mean development\?/],
    [
      { OWN_HOSTNAMES: "https://outbox.example.com" },
      /^OWN_HOSTNAMES has "https:\/\/outbox\.example\.com", which is not a/,
    ],
    [{ OWN_HOSTNAMES: "outbox.example.com,,b.example" }, /^OWN_HOSTNAMES has "", which is not a host name/],
    [
      { SYSTEM_EVENTS_TENANT: "Ops" },
      /^SYSTEM_EVENTS_TENANT is "Ops", but must be the id of a tenant: 1 to 64/,
    ],
    [
      { SYSTEM_EVENT_TENANT: "ops" },
      /^SYSTEM_EVENT_TENANT is not a setting. Did you mean SYSTEM_EVENTS_TENANT\?/,
    ],
    [{ OWN_HOSTNAMES: "outbox.example.com:443" }, /^OWN_HOSTNAMES has/],
    [{ OWN_HOSTNAMES: "outbox.example.com/v1" }, /^OWN_HOSTNAMES has/],
    [{ OWN_HOSTNAMES: "a.*.example.com" }, /^OWN_HOSTNAMES has/],
    [{ OWN_HOSTNAMES: "10.0.0.1" }, /^OWN_HOSTNAMES has/],
    [{ OWN_HOSTNAMES: "outbox" }, /^OWN_HOSTNAMES has/],
    [{ OWN_HOSTNAMES: "*.dev" }, /^OWN_HOSTNAMES has/],
    [{ DNS_OVER_HTTPS_URL: "cloudflare-dns.com" }, /^DNS_OVER_HTTPS_URL must be the https URL of a/],
    [{ DNS_OVER_HTTPS_URL: "http://cloudflare-dns.com/dns-query" }, /^DNS_OVER_HTTPS_URL/],
    [{ DNS_OVER_HTTPS_URL: "http://127.0.0.1:5353/" }, /^DNS_OVER_HTTPS_URL/],
    [{ DNS_OVER_HTTPS_URL: "http://example.com/", ENVIRONMENT: "development" }, /^DNS_OVER_HTTPS_URL/],
    [{ DNS_OVER_HTTPS_URL: "https://a:b@example.com/" }, /^DNS_OVER_HTTPS_URL(?!.*a:b)/],
    [
      { CORS_ORIGINS: "app.example.com" },
      /^CORS_ORIGINS has "app.example.com", but must be origins.*, or \*/,
    ],
    [{ DASHBOARD_URL: "app.example.com" }, /^DASHBOARD_URL must be the https URL of the folder/],
    [{ DASHBOARD_URL: "http://app.example.com" }, /^DASHBOARD_URL/],
    [{ DASHBOARD_URL: "http://localhost:8787" }, /^DASHBOARD_URL/],
    [{ DASHBOARD_URL: "https://a:b@app.example.com" }, /^DASHBOARD_URL(?!.*a:b)/],
    [{ DASHBOARD_URL: "https://app.example.com/?a=b" }, /^DASHBOARD_URL must not have a query/],
    [{ DASHBOARD_URL: "https://app.example.com/#ui" }, /^DASHBOARD_URL/],
    [
      { PORTAL_FRAME_ANCESTORS: "https://app.example.com/" },
      /^PORTAL_FRAME_ANCESTORS has "https:\/\/app\.example\.com\/", but must be origins/,
    ],
    [{ PORTAL_FRAME_ANCESTORS: "*" }, /^PORTAL_FRAME_ANCESTORS has "\*"(?!.*or \*)/],
    [{ PORTAL_FRAME_ANCESTORS: "https://a.example, 'self'" }, /^PORTAL_FRAME_ANCESTORS has "'self'"/],
    [{ PORTAL_FRAME_ANCESTORS: "https://a.example;script-src" }, /^PORTAL_FRAME_ANCESTORS/],
    [{ PORTAL_FRAME_ANCESTORS: 'https://a"onload' }, /^PORTAL_FRAME_ANCESTORS/],
    [{ PORTAL_FRAME_ANCESTORS: "https://a.example,," }, /^PORTAL_FRAME_ANCESTORS has ""/],
    [{ PORTAL_LOGO_ORIGINS: "cdn.example" }, /^PORTAL_LOGO_ORIGINS has "cdn\.example"/],
    [{ EMAIL_PROVIDER: "resend" }, /^EMAIL_PROVIDER is "resend".*the option emailProviders, or email\./],
    [{ OPERATOR_TOKEN: "short" }, /^OPERATOR_TOKEN must have at least 16 characters/],
    [{ RETRY_SCHEDUL: "5" }, /^RETRY_SCHEDUL is not a setting\. Did you mean RETRY_SCHEDULE\?/],
    [{ EMAIL_FROM: {} }, /^EMAIL_FROM must be text/],
    [
      { EMAIL_FROM: "not-an-address" },
      /^EMAIL_FROM is "not-an-address", but must be one e-mail address, as /,
    ],
    [{ EMAIL_FROM: '"Shop <eu>" <shop@example.com>' }, /^EMAIL_FROM is .*Set it to a sender/],
    [{ EMAIL_FROM: `"${"x".repeat(310)}" <shop@example.com>` }, /^EMAIL_FROM is .*Set it to a sender/],
    [{ EMAIL_FROM: "a@evil.example, shop@example.com" }, /^EMAIL_FROM is .*Set it to a sender/],
  ])("%o is refused, by name", (settings, message) => {
    expect(() => read(settings)).toThrow(ConfigError);
    expect(() => read(settings)).toThrow(message);
  });

  test.each([true, "true", "1", "TRUE"])(
    "production refuses to start with webhooks to its own machine: %o",
    (ALLOW_LOOPBACK_ENDPOINTS) => {
      const message = /^ALLOW_LOOPBACK_ENDPOINTS is true, but ENVIRONMENT is production, its default: /;
      expect(() => read({ ALLOW_LOOPBACK_ENDPOINTS })).toThrow(message);
      expect(() => read({ ALLOW_LOOPBACK_ENDPOINTS, ENVIRONMENT: "production" })).toThrow(message);
      expect(read({ ALLOW_LOOPBACK_ENDPOINTS, ENVIRONMENT: "development" }).allowLoopback).toBe(true);
      expect(read({ ENVIRONMENT: "development" }).allowLoopback).toBe(false);
    },
  );

  test("name no mailbox as a provider, which development has by itself", () => {
    const message = /^EMAIL_PROVIDER is mailbox, which is no provider\. Remove EMAIL_PROVIDER/;
    expect(() => read({ EMAIL_PROVIDER: "mailbox" })).toThrow(message);
    expect(() => read({ EMAIL_PROVIDER: "Mailbox", ENVIRONMENT: "development" })).toThrow(message);
    expect(read({}).environment).toBe("production");
  });

  const LIVE = { ENVIRONMENT: "development", EMAIL_DEV: "live" };

  test("let development send to nobody but whom they allow", () => {
    expect(read({ ENVIRONMENT: "development" }).emailDevAllow).toBeUndefined();
    const EMAIL_DEV_ALLOW = " *@OurTeam.example,Ada@example.com\n*@bücher.example ";
    expect(read({ ...LIVE, EMAIL_DEV_ALLOW }).emailDevAllow).toEqual([
      "*@ourteam.example",
      "ada@example.com",
      "*@xn--bcher-kva.example",
    ]);
    // A list that stays there for another time allows nobody by itself.
    expect(read({ ENVIRONMENT: "development", EMAIL_DEV_ALLOW }).emailDevAllow).toBeUndefined();
  });

  test("that let development send to somebody say to whom, or it does not start", () => {
    expect(() => read(LIVE)).toThrow(
      /^EMAIL_DEV_ALLOW is missing, and EMAIL_DEV is live\. Set EMAIL_DEV_ALLOW/,
    );
    expect(() => read({ ...LIVE, EMAIL_DEV_ALLOW: " , " })).toThrow(/^EMAIL_DEV_ALLOW is missing/);
    for (const entry of ["*", "*@", "@example.com", "*.example.com", "ad*@example.com", "<ada@example.com"]) {
      const refused = { ENVIRONMENT: "development", EMAIL_DEV_ALLOW: `ada@example.com, ${entry}` };
      expect(() => read(refused), entry).toThrow(`EMAIL_DEV_ALLOW has "${entry}", but must be addresses`);
    }
    expect(() => read({ ENVIRONMENT: "development", EMAIL_DEV: "liv" })).toThrow(
      'EMAIL_DEV is "liv", but must be mailbox or live. Did you mean live?',
    );
  });

  test("that hold no e-mail back stop production, and what asks for no more than it does anyway does not", () => {
    const message =
      /^EMAIL_DEV_ALLOW is set, but ENVIRONMENT is production, its default, .* Remove EMAIL_DEV_ALLOW/;
    expect(() => read({ EMAIL_DEV_ALLOW: "*@ourteam.example" })).toThrow(message);
    expect(() => read({ ...LIVE, EMAIL_DEV_ALLOW: "nonsense", ENVIRONMENT: "production" })).toThrow(message);
    expect(() => read({ EMAIL_DEV: "mailbox" })).toThrow(
      /^EMAIL_DEV is set, but ENVIRONMENT is production, .* Remove EMAIL_DEV, or/,
    );
    for (const EMAIL_DEV of ["live", ""]) {
      expect(read({ EMAIL_DEV, EMAIL_DEV_ALLOW: "" }).emailDevAllow).toBeUndefined();
    }
  });

  test("of a provider are needed only where it sends", () => {
    const settings = { EMAIL_PROVIDER: "resend", ENVIRONMENT: "development" };
    expect(chosen(settings)).toBe("resend");
    const live = { ...settings, ...LIVE, EMAIL_DEV_ALLOW: "*@ourteam.example" };
    expect(() => chosen(live)).toThrow(/^RESEND_API_KEY is missing/);
    const wrong = { ...live, RESEND_API_KEY: "re_1", RESEND_BASE_URL: "nowhere" };
    expect(() => chosen(wrong)).toThrow(/^RESEND_BASE_URL/);
  });

  const POSTMARK = { EMAIL_PROVIDER: "postmark", POSTMARK_SERVER_TOKEN: "pm" };
  const SENDGRID = { EMAIL_PROVIDER: "sendgrid", SENDGRID_API_KEY: "SG.1" };
  const MAILGUN = { EMAIL_PROVIDER: "mailgun", MAILGUN_API_KEY: "mg", MAILGUN_DOMAIN: "mg.example.com" };
  const SES = {
    EMAIL_PROVIDER: "ses",
    SES_ACCESS_KEY_ID: "AK",
    SES_SECRET_ACCESS_KEY: "s",
    SES_REGION: "eu-west-1",
  };
  const chosen = (settings: object) => readConfig(settings, { emailProviders }).emailProvider;

  test.each([POSTMARK, SENDGRID, MAILGUN, SES])("of a provider are needed where it is named: %o", (all) => {
    expect(chosen(all)).toBe(all.EMAIL_PROVIDER);
    const names = Object.keys(all).filter((name) => name !== "EMAIL_PROVIDER");
    for (const name of names) {
      const message = new RegExp(
        `^${name} is missing, and EMAIL_PROVIDER is ${all.EMAIL_PROVIDER}\\. Set ${name} with`,
      );
      expect(() => chosen({ ...all, [name]: "" })).toThrow(message);
      expect(() => chosen({ ...all, EMAIL_PROVIDER: "binding", [name]: "" })).not.toThrow();
      const misspelt = `${name.slice(0, -1)}_`;
      const meant = `${misspelt} is not a setting. Did you mean ${name}?`;
      expect(() => chosen({ ...all, [name]: undefined, [misspelt]: "x" })).toThrow(new ConfigError(meant));
    }
    // A setting of S3 or of anything else is none of the outbox's.
    expect(() => chosen({ AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AK" })).not.toThrow();
  });

  test.each([
    { ...POSTMARK, POSTMARK_BASE_URL: "nowhere" },
    { ...SENDGRID, SENDGRID_BASE_URL: "nowhere" },
    { ...MAILGUN, MAILGUN_BASE_URL: "nowhere" },
    { ...SES, SES_BASE_URL: "nowhere" },
  ])("of a provider's address are a URL: %o", (settings) => {
    expect(() => chosen(settings)).toThrow(/^\w+_BASE_URL is "nowhere", but must be a URL/);
  });

  test("name the providers alone that the Worker has", () => {
    expect(() => read(POSTMARK)).toThrow(/^EMAIL_PROVIDER is "postmark", but this Worker has only binding\./);
    expect(() => chosen({ EMAIL_PROVIDER: "resnd" })).toThrow(/Did you mean resend\?/);
    expect(() => chosen({ EMAIL_PROVIDER: "mailgum" })).toThrow(/Did you mean mailgun\?/);
    expect(readConfig(SES, { emailProviders, ownEmail: true }).emailProvider).toBe("ses");
  });

  test("of hosts are read as a URL would write them", () => {
    const OWN_HOSTNAMES = " Outbox.Example.com, *.acme.workers.dev ,bücher.example";
    expect(read({ OWN_HOSTNAMES }).ownHostnames).toEqual([
      "outbox.example.com",
      "*.acme.workers.dev",
      "xn--bcher-kva.example",
    ]);
    const DNS_OVER_HTTPS_URL = "https://cloudflare-dns.com/dns-query";
    expect(read({ DNS_OVER_HTTPS_URL }).dnsUrl).toBe(DNS_OVER_HTTPS_URL);
    const local = { DNS_OVER_HTTPS_URL: "http://127.0.0.1:5353/", ENVIRONMENT: "development" };
    expect(read(local).dnsUrl).toBe("http://127.0.0.1:5353/");
  });

  test("of the portal are an address without its last slash, and origins", () => {
    const portal = (settings: object) => read({ ...settings }).portal;
    expect(portal({ DASHBOARD_URL: "https://App.example.com" }).url).toBe("https://app.example.com");
    expect(portal({ DASHBOARD_URL: "https://app.example.com/a/b/" }).url).toBe("https://app.example.com/a/b");
    const local = { DASHBOARD_URL: "http://localhost:8787/", ENVIRONMENT: "development" };
    expect(portal(local).url).toBe("http://localhost:8787");
    const origins = "https://app.example.com, http://localhost:5173,https://[2001:db8::1]:8443";
    expect(portal({ PORTAL_FRAME_ANCESTORS: origins }).frameAncestors).toEqual([
      "https://app.example.com",
      "http://localhost:5173",
      "https://[2001:db8::1]:8443",
    ]);
    expect(portal({ PORTAL_LOGO_ORIGINS: "https://cdn.example" }).logoOrigins).toEqual([
      "https://cdn.example",
    ]);
    expect(read({ CORS_ORIGINS: "*" }).corsOrigins).toEqual(["*"]);
  });

  test("17 seconds of lease are too short for 15 of timeout, a little more is enough", () => {
    expect(read({ LEASE_SECONDS: "17.5" }).leaseMs).toBe(17_500);
  });
});

describe("the bindings", () => {
  const all = {
    DB: {} as D1Database,
    RELAY: {} as OutboxEnv["RELAY"],
    WEBHOOK_QUEUE: {} as Queue,
    EMAIL_QUEUE: {} as Queue,
    HANDLER_QUEUE: {} as Queue,
    EMAIL: {} as EmailBinding,
  };
  const RESEND = { EMAIL_PROVIDER: "resend", RESEND_API_KEY: "re_1" };
  const check = (env: object, options: OutboxOptions<OutboxEnv, Names> = {}) =>
    createOutbox(options).checkSettings(env as OutboxEnv);

  test("of a Worker that relays and delivers are all there, or it does not start, and says which", () => {
    expect(() => check(all)).not.toThrow();
    for (const name of Object.keys(all)) {
      const message = `The binding ${name} is missing from wrangler.toml. \`npx edge-outbox init\` adds it.`;
      expect(() => check({ ...all, [name]: undefined })).toThrow(new ConfigError(message));
    }
    const message = "The binding DB is missing from wrangler.toml. Did you mean DBS?";
    expect(() => check({ ...all, DB: undefined, DBS: {} })).toThrow(new ConfigError(message));
  });

  test("replaced in code, or by other settings, may be missing", () => {
    const { DB, EMAIL, ...rest } = all;
    expect(() => check({ ...rest, EMAIL }, { database: () => DB })).not.toThrow();
    expect(() => check({ ...rest, DB }, { email: () => emailBinding(EMAIL) })).not.toThrow();
    expect(() => check({ ...rest, DB, ...RESEND }, { emailProviders })).not.toThrow();
    expect(() => check({ ...rest, DB, ENVIRONMENT: "development" })).not.toThrow();
    const live = { EMAIL_DEV: "live", EMAIL_DEV_ALLOW: "*@ourteam.example" };
    expect(() => check({ ...rest, DB, ENVIRONMENT: "development", ...live })).toThrow("binding EMAIL");
  });

  const hostOf = (env: object, { email, emailProviders }: OutboxOptions<OutboxEnv, Names> = {}) =>
    new WorkerHost(env as OutboxEnv, {
      insides: { surroundings: systemSurroundings(), memory: new Memory(noSchemas) },
      email,
      registered: registerHandlers(undefined, undefined),
      database: undefined,
      createTenants: false,
      chats: undefined,
      emailProviders,
      attachments: undefined,
      sensitiveEmails: undefined,
      keepAlive: () => {},
      logger: undefined,
    });

  test("tell whether the Worker sends e-mails: by a binding, by Resend, by code, or keeps them in development", () => {
    const { EMAIL, ...rest } = all;
    const sends = (env: object, options?: OutboxOptions<OutboxEnv, Names>) =>
      deliveryTools(hostOf(env, options), "webhook").sendsEmails;
    expect(sends(rest)).toBe(false);
    expect(sends(all)).toBe(true);
    expect(sends({ ...rest, ...RESEND }, { emailProviders })).toBe(true);
    expect(sends({ ...rest, ENVIRONMENT: "development" })).toBe(true);
    const live = { ENVIRONMENT: "development", EMAIL_DEV: "live", EMAIL_DEV_ALLOW: "*@ourteam.example" };
    expect(sends({ ...rest, ...live })).toBe(false);
    expect(sends(rest, { email: () => emailBinding(EMAIL) })).toBe(true);
    const ses = {
      EMAIL_PROVIDER: "ses",
      SES_ACCESS_KEY_ID: "AK",
      SES_SECRET_ACCESS_KEY: "s",
      SES_REGION: "eu-west-1",
    };
    expect(sends({ ...rest, ...ses }, { emailProviders })).toBe(true);
  });

  test("a named provider sends by its settings", async () => {
    const box = await createBox();
    const { EMAIL, ...rest } = all;
    const settings = { EMAIL_PROVIDER: "postmark", POSTMARK_SERVER_TOKEN: KEYS.postmark };
    const env = { ...rest, RELAY: undefined, ...settings, POSTMARK_BASE_URL: `${box.urlOf("postmark")}/` };
    const content = { to: "ada@example.com", subject: "Hello", text: "You." };
    const endpoint = {
      id: "ep_email",
      target: "",
      headers: null,
      secretHeaders: null,
      payloadFormat: "standard" as const,
    };
    const dispatch = dispatchWith({
      payload: JSON.stringify(content),
      endpoint: { ...endpoint, secrets: [] },
    });
    const channel = hostOf(env, { emailProviders }).channel("email", "acme");
    expect(await channel.deliver(dispatch, never())).toMatchObject({ kind: "accepted", id: "taken-1" });
    expect((await box.look()).emails).toMatchObject([
      { to: ["ada@example.com"], from: ["outbox@example.com"] },
    ]);
  });

  test("a provider in code is told whose e-mails it sends, once for all of a tenant's in an invocation", () => {
    const asked: string[] = [];
    const email = (_: unknown, tenantId: string) => {
      asked.push(tenantId);
      return emailBinding(all.EMAIL);
    };
    const { channelOf } = deliveryTools(hostOf(all, { email }), "email");
    for (const tenant of ["acme", "globex", "acme"]) channelOf(tenant);
    expect(asked).toEqual(["acme", "globex"]);
  });

  test("and settings reach the consumer and the cron, which reads them only to warn", () => {
    const SYSTEM_EVENTS_TENANT = "ops";
    const host = hostOf({ ...all, SYSTEM_EVENTS_TENANT });
    expect(deliveryTools(host, "webhook").systemEventsTenant).toBe("ops");
    expect(upkeepTools(host).systemEventsTenant()).toBe("ops");
    const wrong = upkeepTools(hostOf({ ...all, SYSTEM_EVENTS_TENANT: "Ops" }));
    expect(() => wrong.systemEventsTenant()).toThrow(ConfigError);
  });
});
