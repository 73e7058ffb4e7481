import type { ProviderEvent } from "../../../src/email-events/provider-event.ts";

/** A verified event, but for what a test is about. Without tags it is Cloudflare's. */
export function eventWith(given: Partial<ProviderEvent>): ProviderEvent {
  return {
    provider: given.tags ? "sendgrid" : "cloudflare",
    id: crypto.randomUUID(),
    status: "hard_bounced",
    recipients: ["ada@example.com"],
    isExact: true,
    at: null,
    providerId: "re_1",
    tags: null,
    detail: "550 5.1.1 User unknown",
    ...given,
  };
}
