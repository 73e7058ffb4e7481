import { describe, expect, test } from "vitest";
import type { EventStatus } from "../../src/domain/email-status.ts";
import type { EventSource } from "../../src/email-events/provider-event.ts";
import { cloudflareEvent } from "../../src/email-events/providers/cloudflare.ts";
import { mailgun } from "../../src/email-events/providers/mailgun.ts";
import { postmark } from "../../src/email-events/providers/postmark.ts";
import { resend } from "../../src/email-events/providers/resend.ts";
import { sendgrid } from "../../src/email-events/providers/sendgrid.ts";
import { ses } from "../../src/email-events/providers/ses.ts";

const AT = "2026-11-30T12:00:00.500Z";
const SECONDS = Date.parse(AT) / 1000;
const ADA = "ada@example.com";
const IDS = { "outbox-message": "msg_1", "outbox-tenant": "acme" };
const TAGS = { messageId: "msg_1", tenantId: "acme" };

const parse = (source: EventSource, body: unknown, headers: Record<string, string> = {}) =>
  source.parse({
    headers: new Headers(headers),
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const statuses = (source: EventSource, body: unknown) => parse(source, body).map(({ status }) => status);

type Table = readonly (readonly [event: object, status: EventStatus | undefined])[];
const expectTable = (table: Table, statusOf: (event: object) => (string | undefined)[]) => {
  for (const [event, status] of table)
    expect(statusOf(event), JSON.stringify(event)).toEqual(status ? [status] : []);
};

describe("an event of Resend", () => {
  const event = (type: string, data: object = {}) => ({
    type,
    created_at: AT,
    data: { email_id: "re_1", to: [ADA], tags: IDS, created_at: "2026-11-29T00:00:00Z", ...data },
  });

  test("has the id of its header, our ids from its tags, and does not say which recipient it means", () => {
    const bounce = { type: "Permanent", subType: "General", message: "rejected" };
    const headers = { "svix-id": "msg_svix", "svix-timestamp": "1", "svix-signature": "v1,abc" };
    expect(parse(resend, event("email.bounced", { bounce }), headers)).toEqual([
      {
        provider: "resend",
        id: "msg_svix",
        status: "hard_bounced",
        recipients: [ADA],
        isExact: false,
        at: Date.parse(AT),
        providerId: "re_1",
        tags: TAGS,
        detail: "rejected",
      },
    ]);
  });

  test("has its tags as a list, too, as Resend documents them", () => {
    const tags = Object.entries(IDS).map(([name, value]) => ({ name, value }));
    expect(parse(resend, event("email.delivered", { tags }))[0]?.tags).toEqual(TAGS);
  });

  test("gives a status by its kind", () => {
    expectTable(
      [
        [event("email.delivered"), "delivered"],
        [event("email.delivery_delayed"), "deferred"],
        [event("email.complained"), "complained"],
        [event("email.failed", { failed: { reason: "reached_daily_quota" } }), "failed"],
        [event("email.suppressed"), "suppressed"],
        [event("email.bounced"), "hard_bounced"],
        [event("email.bounced", { bounce: { type: "Transient" } }), "soft_bounced"],
        [event("email.bounced", { bounce: { type: "Undetermined" } }), "soft_bounced"],
        [
          event("email.bounced", { bounce: { type: "Permanent", subType: "OnAccountSuppressionList" } }),
          "suppressed",
        ],
        [event("email.sent"), undefined],
        [event("email.opened"), undefined],
        [event("contact.created"), undefined],
        [event("constructor"), undefined],
      ],
      (body) => statuses(resend, body),
    );
  });
});

describe("an event of Postmark", () => {
  const event = (RecordType: string, more: object = {}) => ({
    RecordType,
    MessageID: "883953f4-6105-42a2-a16a-77a8eac79483",
    Metadata: IDS,
    ...more,
  });

  test("has an id, which an arrival gets from its e-mail", () => {
    const bounce = {
      ID: 42,
      Type: "HardBounce",
      Email: ADA,
      BouncedAt: AT,
      Details: "unknown user",
    };
    const arrival = { Recipient: ADA, DeliveredAt: AT, Details: "250 OK" };
    const shared = { provider: "postmark", recipients: [ADA], isExact: true, at: Date.parse(AT), tags: TAGS };
    const ids = [event("Bounce", bounce), event("Delivery", arrival)].map((one) => parse(postmark, one)[0]);
    expect(ids).toMatchObject([
      {
        ...shared,
        status: "hard_bounced",
        detail: "unknown user",
        providerId: "883953f4-6105-42a2-a16a-77a8eac79483",
      },
      { ...shared, status: "delivered", detail: "250 OK" },
    ]);
    expect(new Set(ids.map((one) => one?.id)).size).toBe(2);
    expect(parse(postmark, event("Delivery", arrival))[0]?.id).toBe(ids[1]?.id);
  });

  test("gives a status by its kind", () => {
    const bounce = (Type: string) => event("Bounce", { Type, Email: ADA });
    expectTable(
      [
        [event("SpamComplaint", { Email: ADA }), "complained"],
        [bounce("SoftBounce"), "soft_bounced"],
        [bounce("Transient"), "deferred"],
        [bounce("Blocked"), "soft_bounced"],
        [bounce("SpamNotification"), "soft_bounced"],
        [bounce("BadEmailAddress"), "hard_bounced"],
        [bounce("ManuallyDeactivated"), "suppressed"],
        [bounce("AutoResponder"), undefined],
        [bounce("Subscribe"), undefined],
        [bounce("toString"), undefined],
        [event("Open"), undefined],
      ],
      (body) => statuses(postmark, body),
    );
  });
});

describe("events of SendGrid", () => {
  const event = (kind: string, more: object = {}) => ({
    event: kind,
    email: ADA,
    timestamp: SECONDS,
    sg_event_id: "sg-1",
    sg_message_id: "sm-1",
    ...IDS,
    ...more,
  });

  test("come in a list, with custom arguments beside their own fields", () => {
    const [first, second] = parse(sendgrid, [
      event("bounce", { type: "bounce", reason: "550 5.1.1 unknown", status: "5.1.1" }),
      event("delivered", { sg_event_id: "sg-2", response: "250 OK" }),
    ]);
    const shared = { provider: "sendgrid", recipients: [ADA], isExact: true, at: SECONDS * 1000, tags: TAGS };
    expect(first).toEqual({
      ...shared,
      id: "sg-1",
      status: "hard_bounced",
      providerId: "sm-1",
      detail: "550 5.1.1 unknown",
    });
    expect(second).toMatchObject({ ...shared, id: "sg-2", status: "delivered", detail: "250 OK" });
  });

  test("give a status by their kind", () => {
    expectTable(
      [
        [event("deferred"), "deferred"],
        [event("bounce", { type: "blocked" }), "soft_bounced"],
        [event("bounce", { type: "expired" }), "expired"],
        [event("dropped", { reason: "Bounced Address" }), "suppressed"],
        [event("dropped", { reason: "Spam Reporting Address" }), "suppressed"],
        [event("dropped", { reason: "Spam Content" }), "failed"],
        [event("dropped", { reason: "Invalid SMTPAPI header" }), "failed"],
        [event("spamreport"), "complained"],
        [event("processed"), undefined],
        [event("open"), undefined],
        [event("bounce", { sg_event_id: undefined }), undefined],
        [event("bounce", { email: 5, sg_event_id: null }), undefined],
      ],
      (body) => statuses(sendgrid, [body]),
    );
  });
});

describe("an event of Mailgun", () => {
  const event = (kind: string, more: object = {}) => ({
    signature: {},
    "event-data": {
      event: kind,
      id: "mg-1",
      timestamp: SECONDS,
      recipient: ADA,
      message: { headers: { "message-id": "m1@mg.example.com" } },
      "user-variables": IDS,
      ...more,
    },
  });

  test("has our ids from the variables, and the words of the mail server", () => {
    const status = { code: 605, message: "", description: "Not delivering to previously bounced address" };
    expect(parse(mailgun, event("failed", { severity: "permanent", "delivery-status": status }))).toEqual([
      {
        provider: "mailgun",
        id: `mg-1 ${SECONDS}`,
        status: "hard_bounced",
        recipients: [ADA],
        isExact: true,
        at: SECONDS * 1000,
        providerId: "m1@mg.example.com",
        tags: TAGS,
        detail: "Not delivering to previously bounced address",
      },
    ]);
  });

  test("gives a status by its kind", () => {
    expectTable(
      [
        [event("delivered"), "delivered"],
        [event("complained"), "complained"],
        [event("rejected"), "failed"],
        [event("failed", { severity: "temporary", reason: "generic" }), "deferred"],
        [event("failed", { severity: "permanent", reason: "bounce" }), "hard_bounced"],
        [event("failed", { severity: "permanent", reason: "espblock" }), "soft_bounced"],
        [event("failed", { severity: "permanent", reason: "old" }), "expired"],
        [event("failed", { severity: "permanent", reason: "suppress-bounce" }), "suppressed"],
        [event("accepted"), undefined],
        [event("opened"), undefined],
      ],
      (body) => statuses(mailgun, body),
    );
  });
});

describe("a notification of SES", () => {
  const event = (eventType: string, more: object) => ({
    Type: "Notification",
    MessageId: "sns-1",
    Message: JSON.stringify({
      eventType,
      mail: { messageId: "ses-1", timestamp: AT, destination: [ADA, "bob@example.com"], tags: tagsOf(IDS) },
      ...more,
    }),
  });
  const tagsOf = (ids: Record<string, string>) =>
    Object.fromEntries(Object.entries(ids).map(([name, value]) => [name, [value]]));
  const bounce = (bounceType: string, bounceSubType = "General") =>
    event("Bounce", {
      bounce: {
        bounceType,
        bounceSubType,
        timestamp: AT,
        bouncedRecipients: [{ emailAddress: ADA, diagnosticCode: "smtp; 550 5.1.1 user unknown" }],
      },
    });

  const complaint = (more: object, ...addresses: string[]) => {
    const complainedRecipients = addresses.map((emailAddress) => ({ emailAddress }));
    return event("Complaint", { complaint: { complainedRecipients, complaintSubType: null, ...more } });
  };

  test("of a complaint names all who may have complained, and means one only where it names one", () => {
    const exact = (...addresses: string[]) =>
      parse(ses, complaint({}, ...addresses)).map(({ recipients, isExact }) => [...recipients, isExact]);
    expect(exact(ADA)).toEqual([[ADA, true]]);
    expect(exact(ADA, "bob@example.com")).toEqual([
      [ADA, false],
      ["bob@example.com", false],
    ]);
  });

  test("names each recipient that it is about", () => {
    expect(parse(ses, bounce("Permanent"))).toEqual([
      {
        provider: "ses",
        id: "sns-1",
        status: "hard_bounced",
        recipients: [ADA],
        isExact: true,
        at: Date.parse(AT),
        providerId: "ses-1",
        tags: TAGS,
        detail: "smtp; 550 5.1.1 user unknown",
      },
    ]);
  });

  test("gives a status by its kind", () => {
    expectTable(
      [
        [bounce("Transient"), "soft_bounced"],
        [bounce("Undetermined"), "soft_bounced"],
        [bounce("Permanent", "OnAccountSuppressionList"), "suppressed"],
        [complaint({}, ADA), "complained"],
        [complaint({ complaintSubType: "OnAccountSuppressionList" }, ADA), "suppressed"],
        [event("Delivery", { delivery: { recipients: [ADA], timestamp: AT } }), "delivered"],
        [
          event("DeliveryDelay", { deliveryDelay: { delayedRecipients: [{ emailAddress: ADA }] } }),
          "deferred",
        ],
        [event("Reject", { reject: { reason: "Bad content" } }), "failed"],
        [event("Rendering Failure", { failure: { errorMessage: "no such variable" } }), "failed"],
        [event("Send", { send: {} }), undefined],
        [event("Open", { open: {} }), undefined],
        [{ Type: "Notification", Message: "Successfully validated SNS topic" }, undefined],
      ],
      (body) => statuses(ses, body),
    );
  });
});

describe("an event of Cloudflare's queue", () => {
  const event = (kind: string, payload: object = {}) => ({
    type: `cf.email.sending.message.${kind}`,
    source: { type: "email.sending", domain: "send.example.com" },
    payload: { eventId: "cf-e1", messageId: "cf-1", recipient: ADA, terminal: true, ...payload },
    metadata: { eventTimestamp: AT, eventSchemaVersion: 1 },
  });

  test("is matched by the id of the e-mail", () => {
    const delivery = { status: "bounced", smtpResponse: "550 5.1.1 User unknown" };
    expect(cloudflareEvent(event("bounced", { delivery, bounce: { type: "hard" } }))).toEqual({
      provider: "cloudflare",
      id: "cf-e1",
      status: "hard_bounced",
      recipients: [ADA],
      isExact: true,
      at: Date.parse(AT),
      providerId: "cf-1",
      tags: null,
      detail: "550 5.1.1 User unknown",
    });
  });

  test("gives a status by its kind", () => {
    expectTable(
      [
        [event("delivered"), "delivered"],
        [event("deferred"), "deferred"],
        [event("bounced", { bounce: { type: "soft" } }), "soft_bounced"],
        [event("failed"), "failed"],
        [event("complained"), "complained"],
        [event("rejected", { rejection: { reason: "suppressed" } }), "suppressed"],
        [event("rejected", { rejection: { reason: "spam" } }), "failed"],
        [event("opened"), undefined],
        [{ type: "cf.r2.bucket.created" }, undefined],
      ],
      (body) => [cloudflareEvent(body)?.status].filter((status) => status !== undefined),
    );
  });
});

test.each([resend, postmark, sendgrid, mailgun, ses])(
  "what is no event of a provider is none, and throws nothing",
  (source) => {
    const odd = [
      "",
      "null",
      "1",
      '"text"',
      "[]",
      "[null]",
      "[[]]",
      "{}",
      '{"data":null}',
      '{"event-data":[]}',
    ];
    for (const body of odd) expect(parse(source, body), body).toEqual([]);
    for (const body of [undefined, null, 1, "text", [], { payload: [] }])
      expect(cloudflareEvent(body)).toBeUndefined();
  },
);

test("words and ids are cut to what is kept of them", () => {
  const [event] = parse(sendgrid, [
    { event: "bounce", email: ADA, sg_event_id: "e".repeat(9999), reason: `${"x".repeat(499)}\ud83d\ude00` },
  ]);
  expect(event?.id).toHaveLength(256);
  expect(event?.detail).toHaveLength(500);
  expect(event?.detail?.isWellFormed()).toBe(true);
});
