import { z } from "zod";
import type { Database } from "../../db/database.ts";
import type { PageRequest } from "../../domain/page.ts";
import { listBlockedKeys } from "../../trace/blocked-keys.ts";
import { listDeadLetters } from "../../trace/dead-letters.ts";
import { listDeliveries } from "../../trace/deliveries.ts";
import { type AttemptCursor, type DeliveryName, listAttempts } from "../../trace/delivery.ts";
import { listEmails } from "../../trace/emails.ts";
import type { DeadLetterFilter, EmailFilter } from "../../trace/filters.ts";
import type {
  BlockedKeyPageRequest,
  DeliveryCursor,
  DeliveryPageRequest,
} from "../../trace/list-statements.ts";
import { type Asked, answerPage } from "../page.ts";
import {
  presentAttempt,
  presentBlockedKey,
  presentDeadLetter,
  presentListedDelivery,
  presentListedEmail,
} from "./answers.ts";

const cursor = z.strictObject({ seq: z.int(), endpointId: z.string() });
const attemptCursor = z.strictObject({ number: z.int() });

export function deliveriesPage(db: Database, tenantId: string, query: Asked<DeliveryPageRequest>) {
  return answerPage(query, {
    cursor,
    read: (page) => listDeliveries(db, tenantId, page),
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

export function emailsPage(
  db: Database,
  tenantId: string,
  query: Asked<EmailFilter & PageRequest<DeliveryCursor>>,
) {
  return answerPage(query, {
    cursor,
    read: (page) => listEmails(db, tenantId, page),
    present: presentListedEmail,
  });
}
