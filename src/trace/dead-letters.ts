import type { Database } from "../db/database.ts";
import { type MessageRef, messageId } from "../domain/ids.ts";
import type { ChannelName } from "../domain/states.ts";
import { OutboxError } from "../platform/errors.ts";
import { selectDeadLetters, selectTenant } from "./statements.ts";

/** A delivery that ended dead, and why: it wants a person. Instants in milliseconds. */
export interface DeadLetter {
  messageId: string;
  sequence: number;
  eventType: string;
  committedAt: number;
  endpointId: string;
  channel: ChannelName;
  attempts: number;
  settledAt: number;
  reason: string | null;
  httpStatus: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

/** Where a page begins: after this one. */
export interface DeadLetterPlace {
  seq: number;
  endpointId: string;
}

interface Row extends MessageRef {
  event_type: string;
  committed_at: number;
  endpoint_id: string;
  channel: ChannelName;
  attempts: number;
  settled_at: number;
  reason: string | null;
  http_status: number | null;
  error: string | null;
  excerpt: string | null;
}

/**
 * A page of a tenant's dead letters, the newest messages first.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listDeadLetters(
  db: Database,
  tenantId: string,
  page: { limit: number; after: DeadLetterPlace | undefined },
): Promise<{ deadLetters: DeadLetter[]; more: boolean }> {
  const before = page.after ?? { seq: Number.MAX_SAFE_INTEGER, endpointId: "" };
  const [tenants, found] = await db.batch([
    selectTenant(db, tenantId),
    selectDeadLetters(db, tenantId, before, page.limit + 1),
  ]);
  if (tenants?.results.length === 0) throw new OutboxError({ code: "tenant_not_found", tenantId });
  const rows = (found?.results ?? []) as Row[];
  return { deadLetters: rows.slice(0, page.limit).map(describe), more: rows.length > page.limit };
}

function describe(row: Row): DeadLetter {
  return {
    messageId: messageId(row),
    sequence: row.seq,
    eventType: row.event_type,
    committedAt: row.committed_at,
    endpointId: row.endpoint_id,
    channel: row.channel,
    attempts: row.attempts,
    settledAt: row.settled_at,
    reason: row.reason,
    httpStatus: row.http_status,
    error: row.error,
    responseExcerpt: row.excerpt,
  };
}
