import type { EventStatus } from "../../domain/email-status.ts";
import { keysOf, readHeaders, verify } from "../../inbox/verify.ts";
import { type EventRequest, type EventSource, type ProviderEvent, Unverified } from "../provider-event.ts";
import { type Fields, instantOf, objectAt, parseJson, tagsOf, textOf, textsOf, wordsOf } from "./reading.ts";

/** Kinds of events (https://resend.com/docs/webhooks/event-types, read on 30 November 2026). */
const STATUSES: Readonly<Record<string, EventStatus>> = {
  "email.delivery_delayed": "deferred",
  "email.delivered": "delivered",
  "email.failed": "failed",
  "email.suppressed": "suppressed",
  "email.bounced": "hard_bounced",
  "email.complained": "complained",
};

/** Resend signs as Standard Webhooks, under the names of Svix: each repetition anew, with one id. */
export const resend: EventSource = {
  async verify({ headers, body }, { secrets, clock }) {
    const keys = await keysOf(secrets);
    try {
      await verify(keys, readHeaders(signedOf(headers), clock.now()), body);
    } catch (error) {
      throw new Unverified(error instanceof Error ? error.message : "");
    }
  },

  parse(request) {
    const event = objectAt(parseJson(request.body));
    const data = objectAt(event, "data");
    const status = statusOf(String(event["type"]), objectAt(data, "bounce"));
    return status ? [eventOf(request, event, { data, status })] : [];
  },
};

const SVIX = ["svix-id", "svix-timestamp", "svix-signature"] as const;
const STANDARD = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

/** Headers of one set alone. Another beside it is not signed, and by an id of that a replay would be a new event. */
function signedOf(headers: Headers): Headers {
  const names = SVIX.every((name) => headers.get(name)) ? SVIX : STANDARD;
  return new Headers(names.map((name) => [name, headers.get(name) ?? ""]));
}

function idOf(signed: Headers): string {
  return signed.get("svix-id") ?? signed.get("webhook-id") ?? "";
}

/** The event tells the recipients of `to`, and does not say which of them it is about. */
function eventOf(
  { headers }: EventRequest,
  event: Fields,
  { data, status }: { data: Fields; status: EventStatus },
): ProviderEvent {
  const { message, diagnosticCode } = objectAt(data, "bounce");
  return {
    provider: "resend",
    id: idOf(signedOf(headers)),
    status,
    recipients: textsOf(data["to"]),
    isExact: false,
    at: instantOf(event["created_at"]),
    providerId: textOf(data["email_id"]),
    tags: tagsOf(byName(data["tags"])),
    detail: wordsOf(diagnosticCode, message, objectAt(data, "failed")["reason"]),
  };
}

/** Resend documents a list of names and values, and sends an object. */
function byName(tags: unknown): Fields {
  if (!Array.isArray(tags)) return objectAt(tags);
  return Object.fromEntries(tags.map((tag) => [objectAt(tag)["name"], objectAt(tag)["value"]]));
}

function statusOf(type: string, { type: kind, subType }: Fields): EventStatus | undefined {
  const status = Object.hasOwn(STATUSES, type) ? STATUSES[type] : undefined;
  if (status !== "hard_bounced") return status;
  if (/suppress/i.test(String(subType))) return "suppressed";
  return kind === "Transient" || kind === "Undetermined" ? "soft_bounced" : status;
}
