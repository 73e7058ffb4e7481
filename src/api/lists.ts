/** Pages of lists as they look from outside: for the routes, and for the library. A page begins where its `cursor` says. */
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { type EndpointPage, listEndpoints } from "../registry/endpoints.ts";
import { listEventTypes } from "../registry/event-types.ts";
import { listTenants } from "../registry/list-tenants.ts";
import { listTokens } from "../registry/tokens.ts";
import { listAudit, listAuditOfAll } from "../trace/audit.ts";
import { listBlockedKeys } from "../trace/blocked-keys.ts";
import { listDeadLetters } from "../trace/dead-letters.ts";
import { listDeliveries } from "../trace/deliveries.ts";
import { listAttempts } from "../trace/delivery.ts";
import { listEmails } from "../trace/emails.ts";
import { listMessages } from "../trace/messages.ts";
import { nextCursor, positionFrom } from "./page.ts";
import { presentListedMessage } from "./messages/answers.ts";
import { presentAttempt, presentBlockedKey, presentDeadLetter, presentListedDelivery, presentListedEmail } from "./deliveries/answers.ts";
import { presentAudit } from "./audit/answers.ts";
import { presentEventType } from "./event-types/answers.ts";
import { presentToken } from "./tokens/answers.ts";
import { presentTenant } from "./tenants/answers.ts";

/** A page as it is asked for: the rest of it goes to the list as it is. */
type Asked<
  List extends (db: Database, tenantId: string, page: never) => unknown,
  Position extends string,
> = Omit<Parameters<List>[2], Position> & { cursor?: string | undefined };

const ofMessages = z.strictObject({ before: z.int().min(1) });
const ofAttempts = z.strictObject({ before: z.int() });
const ofDeliveries = z.strictObject({ seq: z.int(), endpointId: z.string() });
const ofAudit = z.strictObject({ at: z.int(), id: z.string() });
const newestFirst = z.strictObject({ createdAt: z.int(), id: z.string() });

export async function tenantsPage(
  db: Database,
  { cursor, ...query }: Omit<Parameters<typeof listTenants>[1], "after"> & { cursor?: string | undefined },
) {
  const { tenants, next } = await listTenants(db, { ...query, after: positionFrom(cursor, newestFirst) });
  return { data: tenants.map(presentTenant), nextCursor: nextCursor(next) };
}

interface NewestFirstQuery {
  limit: number;
  cursor?: string | undefined;
}

export async function tokensPage(db: Database, tenantId: string, { cursor, limit }: NewestFirstQuery) {
  const { tokens, more } = await listTokens({ db }, tenantId, {
    limit,
    after: positionFrom(cursor, newestFirst),
  });
  return { data: tokens.map(presentToken), nextCursor: cursorAfter(tokens.at(-1), more) };
}

export async function eventTypesPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: NewestFirstQuery & { archived: boolean },
) {
  const page = { ...query, after: positionFrom(cursor, newestFirst) };
  const { eventTypes, more } = await listEventTypes({ db }, tenantId, page);
  const last = eventTypes.at(-1);
  const next = cursorAfter(last && { createdAt: last.createdAt, id: last.name }, more);
  return { data: eventTypes.map(presentEventType), nextCursor: next };
}

export async function endpointsPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Omit<EndpointPage, "after"> & { cursor?: string | undefined },
) {
  const page = { ...query, after: positionFrom(cursor, newestFirst) };
  const { endpoints, more } = await listEndpoints({ db }, tenantId, page);
  return { data: endpoints, nextCursor: cursorAfter(endpoints.at(-1), more) };
}

function cursorAfter(last: { createdAt: number; id: string } | undefined, more: boolean): string | null {
  return nextCursor(more && last ? { createdAt: last.createdAt, id: last.id } : null);
}

export async function messagesPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Asked<typeof listMessages, "before">,
) {
  const page = { ...query, before: positionFrom(cursor, ofMessages)?.before };
  const { messages, next } = await listMessages(db, tenantId, page);
  return {
    data: messages.map(presentListedMessage),
    nextCursor: nextCursor(next === null ? null : { before: next }),
  };
}

export async function deliveriesPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Asked<typeof listDeliveries, "after">,
) {
  const page = { ...query, after: positionFrom(cursor, ofDeliveries) };
  const { deliveries, next } = await listDeliveries(db, tenantId, page);
  return { data: deliveries.map(presentListedDelivery), nextCursor: nextCursor(next) };
}

export async function attemptsPage(
  db: Database,
  tenantId: string,
  { messageId, endpointId }: { messageId: string; endpointId: string },
  { cursor, limit }: NewestFirstQuery,
) {
  const page = { limit, before: positionFrom(cursor, ofAttempts)?.before };
  const { attempts, next } = await listAttempts(db, tenantId, messageId, endpointId, page);
  return {
    data: attempts.map(presentAttempt),
    nextCursor: nextCursor(next === null ? null : { before: next }),
  };
}

export async function deadLettersPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Asked<typeof listDeadLetters, "after">,
) {
  const page = { ...query, after: positionFrom(cursor, ofDeliveries) };
  const { deadLetters, next } = await listDeadLetters(db, tenantId, page);
  return { data: deadLetters.map(presentDeadLetter), nextCursor: nextCursor(next) };
}

export async function blockedKeysPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Asked<typeof listBlockedKeys, "after">,
) {
  const page = { ...query, after: positionFrom(cursor, ofDeliveries) };
  const { blockedKeys, next } = await listBlockedKeys(db, tenantId, page);
  return { data: blockedKeys.map(presentBlockedKey), nextCursor: nextCursor(next) };
}

export async function emailsPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Asked<typeof listEmails, "after">,
) {
  const page = { ...query, after: positionFrom(cursor, ofDeliveries) };
  const { emails, next } = await listEmails(db, tenantId, page);
  return { data: emails.map(presentListedEmail), nextCursor: nextCursor(next) };
}

/** @param forTenant whether a tenant asks, which is not shown names and addresses of operators */
export async function auditPage(
  db: Database,
  tenantId: string,
  { cursor, ...query }: Omit<Asked<typeof listAudit, "after">, "forTenant">,
  forTenant = false,
) {
  const page = { ...query, forTenant, after: positionFrom(cursor, ofAudit) };
  const { entries, next } = await listAudit(db, tenantId, page);
  return {
    data: entries.map((entry) => presentAudit(entry, forTenant)),
    nextCursor: nextCursor(next),
  };
}

export async function auditOfAllPage(
  db: Database,
  {
    cursor,
    tenantId,
    ...query
  }: Omit<Parameters<typeof listAuditOfAll>[1], "after" | "tenantId" | "forTenant"> & {
    cursor?: string | undefined;
    tenantId?: string | undefined;
  },
) {
  const page = { ...query, tenantId: tenantId ?? null, after: positionFrom(cursor, ofAudit) };
  const { entries, next } = await listAuditOfAll(db, page);
  return { data: entries.map((entry) => presentAudit(entry, false)), nextCursor: nextCursor(next) };
}
