import { parseMailbox } from "../platform/mailbox-address.ts";
import type { DeliveryState } from "./states.ts";

/**
 * Statuses that an event gives a recipient of an e-mail, each outranking those before it. A recipient has the last of its own:
 * that depends neither on their order nor on their number.
 */
export const EVENT_STATUSES = [
  "deferred",
  "delivered",
  "expired",
  "failed",
  "suppressed",
  "soft_bounced",
  "hard_bounced",
  "complained",
] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Statuses of recipients, as people read them. */
export const EMAIL_STATUSES = [
  "queued",
  "accepted",
  "deferred",
  "delivered",
  "expired",
  "failed",
  "uncertain",
  "suppressed",
  "bounced",
  "complained",
  "cancelled",
] as const;
export type EmailStatus = (typeof EMAIL_STATUSES)[number];

/** Reasons why an address gets no e-mails, each outranking those before it. */
export const SUPPRESSION_REASONS = ["soft_bounce", "hard_bounce", "complaint", "by_request"] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** Error class, and reason, of an e-mail to recipients that are all suppressed. */
export const SUPPRESSED = "suppressed";

/** Error class of an attempt, and reason of an e-mail that is held, where nobody knows whether it was taken. */
export const UNCERTAIN = "uncertain";

/** Error classes of attempts that leave open whether the e-mail was taken. */
const UNANSWERED = [UNCERTAIN, "timeout", "connection_lost"];
const SUPPRESSING = [SUPPRESSED, "E_RECIPIENT_SUPPRESSED"];

const list = (texts: readonly string[]) => texts.map((text) => `'${text}'`).join(", ");

/** Status of a recipient of whom nothing has come back, by its delivery. */
export function statusOfDelivery({
  state,
  reason,
  error,
}: {
  state: DeliveryState;
  reason: string | null;
  error: string | null;
}): EmailStatus {
  if (state === "delivered") return "accepted";
  if (state === "cancelled") return "cancelled";
  if (state !== "dead") return "queued";
  if (reason === UNCERTAIN) return "uncertain";
  if (SUPPRESSING.includes(error ?? "")) return "suppressed";
  return UNANSWERED.includes(error ?? "") ? "uncertain" : "failed";
}

/** SQL of `statusOfDelivery`, for a row of deliveries. */
export function statusOfDeliverySql(row: string): string {
  return `
    CASE ${row}.state WHEN 'delivered' THEN 'accepted' WHEN 'cancelled' THEN 'cancelled' WHEN 'dead' THEN
      CASE WHEN ${row}.reason = '${UNCERTAIN}' THEN 'uncertain' WHEN ${row}.error IN (${list(SUPPRESSING)}) THEN 'suppressed'
        WHEN ${row}.error IN (${list(UNANSWERED)}) THEN 'uncertain' ELSE 'failed' END
    ELSE 'queued' END`;
}

/** Status of a recipient by the last of its events. */
export function gravest(statuses: readonly EventStatus[]): EventStatus | undefined {
  return EVENT_STATUSES.findLast((status) => statuses.includes(status));
}

/** SQL: rank of a status of an event. */
export function rankOf(status: string): string {
  return `CASE ${status} ${EVENT_STATUSES.map((one, rank) => `WHEN '${one}' THEN ${rank}`).join(" ")} END`;
}

/** Status as people read it: a bounce is of one of two kinds. */
export function shownStatus(status: EventStatus): { status: EmailStatus; bounce: "soft" | "hard" | null } {
  if (status === "soft_bounced") return { status: "bounced", bounce: "soft" };
  if (status === "hard_bounced") return { status: "bounced", bounce: "hard" };
  return { status, bounce: null };
}

/** Address of a mailbox as events and suppressions have it: without a name, in lower case. Undefined: it is none. */
export function plainAddress(mailbox: string): string | undefined {
  return parseMailbox(mailbox)?.email.toLowerCase();
}

/** Plain addresses of an e-mail's recipients, each once, those of `to` first. */
export function recipientsOf(content: unknown): string[] {
  const { to, cc, bcc } = (content ?? {}) as Record<string, unknown>;
  const all = [to, cc, bcc]
    .flat()
    .flatMap((one) => (typeof one === "string" ? (plainAddress(one) ?? []) : []));
  return [...new Set(all)];
}
