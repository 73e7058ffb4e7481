import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { PageRequest } from "../domain/page.ts";
import type { Clock } from "../platform/clock.ts";
import type { AttemptTrace, DeliveryDetail } from "../trace/attempts.ts";
import type { BlockedKey } from "../trace/blocked-keys.ts";
import { listBlockedDeliveries, listBlockedKeys } from "../trace/blocked-keys.ts";
import type { DeadLetterGroup } from "../trace/dead-letter-groups.ts";
import type { DeadLetter } from "../trace/dead-letters.ts";
import { listDeadLetters } from "../trace/dead-letters.ts";
import { listDeliveries } from "../trace/deliveries.ts";
import { type AttemptCursor, type DeliveryName, listAttempts } from "../trace/delivery.ts";
import type { DeliveryNow } from "../trace/delivery-view.ts";
import type { EmailSummary } from "../trace/emails.ts";
import { listEmails } from "../trace/emails.ts";
import type { DeadLetterFilter, EmailFilter } from "../trace/filters.ts";
import type { Groups } from "../trace/groups.ts";
import type {
  BlockedKeyPageRequest,
  DeliveryCursor,
  DeliveryPageRequest,
  KeyPageRequest,
} from "../trace/list-statements.ts";
import type { EmailEventTrace, RecipientTrace } from "../trace/recipients.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

/**
 * Presents a delivery within its message, without the facts of the message.
 * @param retrySchedule seconds, for endpoints without a schedule of their own
 */
export function presentDelivery(detail: DeliveryDetail, retrySchedule: readonly number[]) {
  const { messageId, sequence, eventType, orderingKey, committedAt, schedule, ...delivery } = detail;
  return {
    ...delivery,
    dueAt: toIso(delivery.dueAt),
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    until: toIso(delivery.until),
    retriesLeft: delivery.dueAt === null ? null : (schedule.own ?? retrySchedule).slice(schedule.used),
    attempts: delivery.attempts.map(presentAttempt),
    recipients: delivery.recipients?.map(presentRecipient) ?? null,
  };
}

function presentRecipient({ events, ...recipient }: RecipientTrace) {
  const at = (event: EmailEventTrace) => ({ at: toIso(event.at), receivedAt: toIso(event.receivedAt) });
  return { ...recipient, events: events.map((event) => ({ ...event, ...at(event) })) };
}

/** Presents a delivery with the facts of its message. `retrySchedule`: as in `presentDelivery`. */
export function presentDeliveryDetail(delivery: DeliveryDetail, retrySchedule: readonly number[]) {
  const { messageId, sequence, eventType, orderingKey, committedAt } = delivery;
  const ofMessage = { messageId, sequence, eventType, orderingKey, committedAt: toIso(committedAt) };
  return { ...presentDelivery(delivery, retrySchedule), ...ofMessage };
}

export function presentListedDelivery(delivery: DeliveryNow) {
  return {
    ...delivery,
    committedAt: toIso(delivery.committedAt),
    dueAt: toIso(delivery.dueAt),
    claimedAt: toIso(delivery.claimedAt),
    settledAt: toIso(delivery.settledAt),
    startedAt: toIso(delivery.startedAt),
    until: toIso(delivery.until),
  };
}

export function presentListedEmail(email: EmailSummary) {
  return { ...presentListedDelivery(email), to: email.to, subject: email.subject };
}

export function presentAttempt(attempt: AttemptTrace) {
  return { ...attempt, startedAt: toIso(attempt.startedAt) };
}

export function presentDeadLetter(letter: DeadLetter) {
  return { ...letter, committedAt: toIso(letter.committedAt), settledAt: toIso(letter.settledAt) };
}

/** Presents a group of dead letters or of failures. */
export function presentGroup<Group extends { firstAt: number; lastAt: number }>({
  firstAt,
  lastAt,
  ...group
}: Group) {
  return { ...group, firstAt: toIso(firstAt), lastAt: toIso(lastAt) };
}

export function presentDeadLetterGroups({ groups, complete }: Groups<DeadLetterGroup>) {
  return { data: groups.map(presentGroup), complete };
}

export function presentBlockedKey(key: BlockedKey) {
  return {
    ...key,
    blockedSince: toIso(key.blockedSince),
    head: { ...key.head, committedAt: toIso(key.head.committedAt) },
  };
}

/** Tools of a read that depends on the present. */
interface Reading {
  db: Database;
  clock: Clock;
}

const cursor = z.strictObject({ seq: z.int(), endpointId: z.string() });
const attemptCursor = z.strictObject({ number: z.int() });

export function deliveriesPage({ db, clock }: Reading, tenantId: string, query: Asked<DeliveryPageRequest>) {
  return answerPage(query, {
    cursor,
    read: (page) => listDeliveries(db, tenantId, page, clock.now()),
    present: presentListedDelivery,
  });
}

export function attemptsPage(
  db: Database,
  tenantId: string,
  delivery: DeliveryName,
  query: Asked<PageRequest<AttemptCursor>>,
) {
  return answerPage(query, {
    cursor: attemptCursor,
    read: (page) => listAttempts(db, tenantId, delivery, page),
    present: presentAttempt,
  });
}

export function deadLettersPage(
  db: Database,
  tenantId: string,
  query: Asked<DeadLetterFilter & PageRequest<DeliveryCursor>>,
) {
  return answerPage(query, {
    cursor,
    read: (page) => listDeadLetters(db, tenantId, page),
    present: presentDeadLetter,
  });
}

export function blockedKeysPage(db: Database, tenantId: string, query: Asked<BlockedKeyPageRequest>) {
  return answerPage(query, {
    cursor,
    read: (page) => listBlockedKeys(db, tenantId, page),
    present: presentBlockedKey,
  });
}

export function blockedDeliveriesPage(
  { db, clock }: Reading,
  tenantId: string,
  query: Asked<KeyPageRequest>,
) {
  return answerPage(query, {
    cursor,
    read: (page) => listBlockedDeliveries(db, tenantId, page, clock.now()),
    present: presentListedDelivery,
  });
}

export function emailsPage(
  { db, clock }: Reading,
  tenantId: string,
  query: Asked<EmailFilter & PageRequest<DeliveryCursor>>,
) {
  return answerPage(query, {
    cursor,
    read: (page) => listEmails(db, tenantId, page, clock.now()),
    present: presentListedEmail,
  });
}
