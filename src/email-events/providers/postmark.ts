import type { EventStatus } from "../../domain/email-status.ts";
import type { EventSource } from "../provider-event.ts";
import { instantOf, objectAt, parseJson, tagsOf, textOf, wordsOf } from "./reading.ts";
import { isEqual, requireOne } from "./signatures.ts";

/** Types of bounces (https://postmarkapp.com/developer/api/bounce-api, read on 30 November 2026). Others are no bounces. */
const BOUNCES: Readonly<Record<string, EventStatus>> = {
  HardBounce: "hard_bounced",
  BadEmailAddress: "hard_bounced",
  SoftBounce: "soft_bounced",
  Undeliverable: "soft_bounced",
  Blocked: "soft_bounced",
  DMARCPolicy: "soft_bounced",
  VirusNotification: "soft_bounced",
  // The mail server took the e-mail for spam; a person complains by a SpamComplaint.
  SpamNotification: "soft_bounced",
  Transient: "deferred",
  DnsError: "deferred",
  ManuallyDeactivated: "suppressed",
  Unconfirmed: "suppressed",
  SMTPApiError: "failed",
  TemplateRenderingFailed: "failed",
  SpamComplaint: "complained",
};

/** Postmark signs nothing: the name and the password in its webhook's URL come as basic authentication. */
export const postmark: EventSource = {
  async verify({ headers }, { secrets }) {
    const given = headers.get("authorization") ?? "";
    await requireOne(secrets, (secret) => isEqual(given, `Basic ${encoded(secret)}`));
  },

  parse({ body }) {
    const event = objectAt(parseJson(body));
    const kind = String(event["RecordType"]);
    const type = textOf(event["Type"]) ?? "";
    const status = statusOf(kind, type);
    if (!status) return [];
    const at = event["BouncedAt"] ?? event["DeliveredAt"];
    const recipient = textOf(event["Email"] ?? event["Recipient"]);
    const messageId = textOf(event["MessageID"]);
    return [
      {
        provider: "postmark",
        // Only bounces have an id, of more digits than a double holds.
        id: [kind, type, messageId, at].join(" "),
        status,
        recipients: recipient ? [recipient] : [],
        isExact: true,
        at: instantOf(at),
        providerId: messageId,
        tags: tagsOf(objectAt(event, "Metadata")),
        detail: wordsOf(event["Details"], event["Description"]),
      },
    ];
  },
};

function statusOf(kind: string, type: string): EventStatus | undefined {
  if (kind === "Delivery") return "delivered";
  if (kind === "SpamComplaint") return "complained";
  return kind === "Bounce" && Object.hasOwn(BOUNCES, type) ? BOUNCES[type] : undefined;
}

function encoded(secret: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(secret)));
}
