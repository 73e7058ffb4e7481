import type { EventStatus } from "../../domain/email-status.ts";
import type { ProviderEvent } from "../provider-event.ts";
import { type Fields, instantOf, objectAt, textOf, wordsOf } from "./reading.ts";

const TYPE = /^cf\.email\.sending\.message\.(\w+)$/;

/**
 * Reads an event from a queue that subscribes to a sending domain
 * (https://developers.cloudflare.com/email-service/platform/event-subscriptions/, read on 30 November 2026). Only Cloudflare writes
 * to it, and such events bring no tags. Undefined: it says nothing about arrival.
 */
export function cloudflareEvent(body: unknown): ProviderEvent | undefined {
  const { type } = objectAt(body);
  const payload = objectAt(body, "payload");
  const status = statusOf(TYPE.exec(String(type))?.[1], payload);
  const id = textOf(payload["eventId"]);
  const recipient = textOf(payload["recipient"]);
  if (!status || id === null || recipient === null) return undefined;
  return {
    provider: "cloudflare",
    id,
    status,
    recipients: [recipient],
    isExact: true,
    at: instantOf(objectAt(body, "metadata")["eventTimestamp"]),
    providerId: textOf(payload["messageId"]),
    tags: null,
    detail: wordsOf(
      objectAt(payload, "delivery")["smtpResponse"],
      objectAt(payload, "bounce")["reason"],
      objectAt(payload, "failure")["reason"],
      objectAt(payload, "rejection")["detail"],
    ),
  };
}

function statusOf(kind: string | undefined, payload: Fields): EventStatus | undefined {
  switch (kind) {
    case "delivered":
    case "deferred":
    case "failed":
    case "complained":
      return kind;
    case "bounced":
      return objectAt(payload, "bounce")["type"] === "soft" ? "soft_bounced" : "hard_bounced";
    case "rejected":
      return objectAt(payload, "rejection")["reason"] === "suppressed" ? "suppressed" : "failed";
    default:
      return undefined;
  }
}
