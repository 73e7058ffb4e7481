import type { Database } from "../db/database.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import { systemClock } from "../platform/clock.ts";
import { readPage } from "./deliveries.ts";
import { type DeliveryNow, viewDeliveryAt, viewMessage } from "./delivery-view.ts";
import type { EmailFilter } from "./filters.ts";
import type { DeliveryCursor } from "./list-statements.ts";

/** A direct e-mail: the delivery of its message to `ep_email`. */
export interface EmailSummary extends DeliveryNow {
  /** Empty, or null, when the payload is not an e-mail. */
  to: string[];
  subject: string | null;
}

/**
 * A page of a tenant's direct e-mails, newest first: deliveries to `ep_email`, in the order of `listDeliveries` and with its
 * bound, counted in deliveries of all endpoints.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listEmails(
  db: Database,
  tenantId: string,
  page: EmailFilter & PageRequest<DeliveryCursor>,
  now = systemClock.now(),
): Promise<Page<EmailSummary, DeliveryCursor>> {
  const query = { ...page, endpointId: DIRECT_EMAIL_ENDPOINT };
  const { entries, next } = await readPage(db, tenantId, query, true);
  const emails = entries.map((row) => ({
    ...viewDeliveryAt(now, row, viewMessage(row)),
    to: recipientsIn(row.recipients),
    subject: subjectIn(row.subject),
  }));
  return { entries: emails, next };
}

function recipientsIn(json: string | null | undefined): string[] {
  const to: unknown = JSON.parse(json ?? "[]");
  return (Array.isArray(to) ? to : [to]).filter((one) => typeof one === "string");
}

function subjectIn(json: string | null | undefined): string | null {
  const subject: unknown = JSON.parse(json ?? "null");
  return typeof subject === "string" ? subject : null;
}
