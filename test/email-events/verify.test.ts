import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, test } from "vitest";
import {
  type EventProvider,
  type EventRequest,
  type EventSource,
  Unverified,
} from "../../src/email-events/provider-event.ts";
import { mailgun } from "../../src/email-events/providers/mailgun.ts";
import { postmark } from "../../src/email-events/providers/postmark.ts";
import { resend } from "../../src/email-events/providers/resend.ts";
import { sendgrid } from "../../src/email-events/providers/sendgrid.ts";
import { ses } from "../../src/email-events/providers/ses.ts";
import { SECRET_SETTINGS, secretsOf } from "../../src/email-events/settings.ts";
import { ConfigError } from "../../src/platform/errors.ts";
import { fetchBy } from "../support/outside/fetch-by.ts";
import {
  mailgunWebhook,
  postmarkWebhook,
  type SignedWebhook,
  sendgridKeys,
  sendgridWebhook,
  snsWebhook,
  TOPIC,
} from "../support/outside/provider-webhooks.ts";
import { never } from "../support/outside/signals.ts";
import { SNS_CERTIFICATE } from "../support/secrets/sns-key.ts";

const NOW = Date.parse("2026-12-01T20:00:00Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const RESEND_SECRET = `whsec_${btoa("a secret of Resend's, in tests")}`;
const MAILGUN_KEY = "key-of-mailgun-in-tests";
const POSTMARK_SECRET = "outbox:a-password-of-postmark";

const sendgridPair = await sendgridKeys();
function verify(source: EventSource, { headers, body }: SignedWebhook, secrets: string[], now = NOW) {
  const clock = { now: () => now, timeout: never, sleep: async () => {}, after: () => () => {} };
  const fetch = fetchBy(() => new Response(SNS_CERTIFICATE));
  const request: EventRequest = { headers: new Headers(headers), body };
  return source.verify(request, { secrets, clock, fetch });
}

const svix = (body = '{"type":"email.sent"}', at = NOW, id = "msg_1"): SignedWebhook => {
  const signature = new SvixWebhook(RESEND_SECRET).sign(id, new Date(at), body);
  return {
    headers: { "svix-id": id, "svix-timestamp": String(at / 1000), "svix-signature": signature },
    body,
  };
};

interface Case {
  source: EventSource;
  secrets: string[];
  /** Signed at an instant. */
  make: (at?: number) => SignedWebhook | Promise<SignedWebhook>;
  /** Age of the oldest signature that is believed. Undefined: nothing is signed. */
  ageMs?: number;
  /** Bytes of the body that are signed. */
  isSigned?: (body: string, at: number) => boolean;
}

const CASES: Record<EventProvider, Case> = {
  resend: { source: resend, secrets: [RESEND_SECRET], make: (at) => svix(undefined, at), ageMs: 5 * MINUTE },
  sendgrid: {
    source: sendgrid,
    secrets: [sendgridPair.publicKey],
    make: (at = NOW) => sendgridWebhook(sendgridPair.privateKey, [{ event: "delivered" }], at),
    ageMs: DAY,
  },
  mailgun: {
    source: mailgun,
    secrets: [MAILGUN_KEY],
    make: (at = NOW) => mailgunWebhook(MAILGUN_KEY, { event: "delivered" }, at),
    ageMs: DAY,
    // Mailgun signs the instant and the token, and not the event.
    isSigned: (body, at) => /"(?:timestamp|token|signature)":"[^"]*$/.test(body.slice(0, at)),
  },
  ses: {
    source: ses,
    secrets: [TOPIC],
    make: (at = NOW) => snsWebhook({ eventType: "Delivery" }, at),
    ageMs: DAY,
    // The version tells which hash was signed, and the certificate's address which key.
    isSigned: (body, at) => !/"(?:SigningCertURL|SignatureVersion)":"[^"]*$/.test(body.slice(0, at)),
  },
  postmark: {
    source: postmark,
    secrets: [POSTMARK_SECRET],
    make: () => postmarkWebhook(POSTMARK_SECRET, { RecordType: "Delivery" }),
    isSigned: () => false,
  },
};
const cases = Object.entries(CASES);

describe.each(cases)("a webhook of %s", (_, { source, secrets, make, ageMs, isSigned = () => true }) => {
  test("is believed as its provider signs it, also beside a secret that is rotated out", async () => {
    await expect(verify(source, await make(), secrets)).resolves.toBeUndefined();
    const another = secrets.map((secret) => secret.replace(/[a-z](?=[A-Za-z0-9+/]{3})/, "A"));
    await expect(verify(source, await make(), [...another, ...secrets])).resolves.toBeUndefined();
  });

  test("is not believed with any byte of its body changed that is signed", async () => {
    const { headers, body } = await make();
    const places = Array.from(body, (_, at) => at).filter(
      (at) => isSigned(body, at) && /\w/.test(body[at] ?? ""),
    );
    for (const at of places) {
      const byte = body.charCodeAt(at);
      const changed = body.slice(0, at) + String.fromCharCode(byte ^ 1) + body.slice(at + 1);
      const error = await verify(source, { headers, body: changed }, secrets).catch(
        (thrown: unknown) => thrown,
      );
      expect(error, `byte ${at} of ${body}`).toBeInstanceOf(Unverified);
    }
  });

  test("is not believed with any byte of its headers changed, nor without one of them", async () => {
    const { headers, body } = await make();
    for (const [name, value] of Object.entries(headers)) {
      if (name === "content-type") continue;
      const { [name]: _, ...rest } = headers;
      await expect(verify(source, { headers: rest, body }, secrets), name).rejects.toThrow(Unverified);
      for (const [at, char] of [...value].entries()) {
        const other = char === "A" ? "B" : "A";
        const changed = value.slice(0, at) + other + value.slice(at + 1);
        // The name of a scheme is read in any case, and the version of a signature may be one that nobody knows.
        const error = await verify(source, { headers: { ...rest, [name]: changed }, body }, secrets).catch(
          (thrown: unknown) => thrown,
        );
        expect(error, `${name}: ${changed}`).toBeInstanceOf(Unverified);
      }
    }
  });

  test("is not believed with another's secret, nor empty", async () => {
    const others = Object.values(CASES).filter((one) => one.source !== source);
    for (const other of others) {
      await expect(verify(source, await other.make(), secrets)).rejects.toThrow(Unverified);
    }
    for (const body of ["", "{}", "[]", "null", "\u0000"]) {
      await expect(verify(source, { headers: {}, body }, secrets)).rejects.toThrow(Unverified);
    }
  });

  test.runIf(ageMs !== undefined)("is believed as long as it is repeated, and no longer", async () => {
    const age = ageMs as number;
    await expect(verify(source, await make(NOW - age), secrets)).resolves.toBeUndefined();
    await expect(verify(source, await make(NOW - age - 1000), secrets)).rejects.toThrow(/too old/);
    await expect(verify(source, await make(NOW + 5 * MINUTE), secrets)).resolves.toBeUndefined();
    await expect(verify(source, await make(NOW + 5 * MINUTE + 1000), secrets)).rejects.toThrow(/new|future/);
  });
});

test("a webhook is believed that the library of Standard Webhooks has signed", async () => {
  const body = '{"type":"email.sent"}';
  const signature = new StandardWebhook(RESEND_SECRET).sign("msg_1", new Date(NOW), body);
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(NOW / 1000),
    "webhook-signature": signature,
  };
  await expect(verify(resend, { headers, body }, [RESEND_SECRET])).resolves.toBeUndefined();
});

test("the id of an event of Resend's is the one that was verified, whatever stands beside it", async () => {
  const { headers, body } = svix('{"type":"email.delivered","data":{"to":["ada@example.com"]}}');
  const asStandard = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace("svix-", "webhook-"), value]),
  );
  const idOf = (given: Record<string, string>) => resend.parse({ headers: new Headers(given), body })[0]?.id;
  const other = { "svix-id": "msg_new" };
  await verify(resend, { headers: { ...asStandard, ...other }, body }, [RESEND_SECRET]);
  expect(idOf({ ...asStandard, ...other })).toBe("msg_1");
  const whole = { ...headers, ...other };
  const replayed = verify(resend, { headers: { ...asStandard, ...whole }, body }, [RESEND_SECRET]);
  await expect(replayed).rejects.toThrow(Unverified);
  const beside = { ...headers, ...asStandard, "webhook-id": "msg_new" };
  await verify(resend, { headers: beside, body }, [RESEND_SECRET]);
  expect(idOf(beside)).toBe("msg_1");
});

test("a webhook is believed that SendGrid's own library has for an example", async () => {
  const key =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
  const event = {
    email: "hello@world.com",
    event: "dropped",
    reason: "Bounced Address",
    sg_event_id: "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
    sg_message_id: "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
    "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
    timestamp: 1600112492,
  };
  const headers = {
    "x-twilio-email-event-webhook-signature":
      "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
    "x-twilio-email-event-webhook-timestamp": "1600112502",
  };
  const webhook = { headers, body: `${JSON.stringify([event])}\r\n` };
  await expect(verify(sendgrid, webhook, [key], 1_600_112_502_000)).resolves.toBeUndefined();
});

test("signatures of SendGrid are read whatever zeros their numbers begin with", async () => {
  for (let n = 0; n < 300; n++) {
    const webhook = await sendgridWebhook(sendgridPair.privateKey, [{ n }], NOW);
    await expect(verify(sendgrid, webhook, [sendgridPair.publicKey])).resolves.toBeUndefined();
  }
});

describe("the settings", () => {
  test.each([
    ["RESEND_WEBHOOK_SECRET", "whsec_!", /^RESEND_WEBHOOK_SECRET must be "whsec_" and base 64/],
    ["RESEND_WEBHOOK_SECRET", `${RESEND_SECRET},short`, /^Entry 2 of RESEND_WEBHOOK_SECRET must be/],
    ["POSTMARK_WEBHOOK_SECRET", "outbox", /^POSTMARK_WEBHOOK_SECRET must be a name, a colon and a password/],
    ["SENDGRID_WEBHOOK_KEY", "abc", /^SENDGRID_WEBHOOK_KEY must be a public key in base 64/],
    ["MAILGUN_WEBHOOK_KEY", "short", /^MAILGUN_WEBHOOK_KEY must be the HTTP webhook signing key/],
    ["SES_TOPIC_ARNS", "arn:of:them", /^SES_TOPIC_ARNS must be the ARN of a topic/],
  ])("%s is refused as %s, in words that name it and do not quote it", (name, value, words) => {
    const provider = Object.entries(SECRET_SETTINGS).find(([, one]) => one === name)?.[0] as EventProvider;
    const read = () => secretsOf({ [name]: value }, provider);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(words);
    expect(read).not.toThrow(value);
  });

  test("may have several secrets, or none", () => {
    expect(secretsOf({ RESEND_WEBHOOK_SECRET: `${RESEND_SECRET}, ${RESEND_SECRET}` }, "resend")).toHaveLength(
      2,
    );
    expect(secretsOf({ SES_TOPIC_ARNS: "" }, "ses")).toEqual([]);
  });
});
