import type { EventStatus } from "../domain/email-status.ts";
import type { Clock } from "../platform/clock.ts";

/** Providers whose events come as webhooks. */
export const EVENT_PROVIDERS = ["resend", "postmark", "sendgrid", "mailgun", "ses"] as const;
export type EventProvider = (typeof EVENT_PROVIDERS)[number];

/** An event of an e-mail, as its provider tells it. */
export interface ProviderEvent {
  provider: EventProvider | "cloudflare" | "mailbox";
  /** The provider's id of the event, equal when it comes again. */
  id: string;
  status: EventStatus;
  /** Recipients that it is about, as the provider writes them. */
  recipients: readonly string[];
  /** False: the provider does not say which of an e-mail's recipients it means. */
  isExact: boolean;
  /** Instant in milliseconds. Null: the provider does not say. */
  at: number | null;
  /** The provider's id of the e-mail. */
  providerId: string | null;
  /** Our ids, which the e-mail was given as tags. Null: it has none. */
  tags: { messageId: string; tenantId: string } | null;
  /** Words of the mail server, or of the provider. */
  detail: string | null;
}

/** A request with events. */
export interface EventRequest {
  headers: Headers;
  /** As sent and signed. */
  body: string;
}

/** Means of a verification beside the request. */
export interface VerifyTools {
  /** Secrets of the provider's setting, at least one. */
  secrets: readonly string[];
  clock: Clock;
  fetch: typeof fetch;
}

/** A provider of e-mails that tells by webhooks what became of them. */
export interface EventSource {
  /** @throws {Unverified} */
  verify(request: EventRequest, tools: VerifyTools): Promise<void>;
  /** Reads a verified request. Kinds of events that say nothing about arrival are left out. */
  parse(request: EventRequest): ProviderEvent[];
  /** Does what a verified request asks for beside its events. */
  obey?(request: EventRequest, tools: VerifyTools): Promise<void>;
}

/** A request that is not proven to be its provider's. The message never quotes it. */
export class Unverified extends Error {
  override readonly name = "Unverified";
}
