import { type Database, readRows } from "../../db/database.ts";
import { LIVE_TENANT, requireTenant } from "../../db/live-tenant.ts";
import { LAST_SEQ } from "../../db/message-key.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { foundByWord, foundKeyed, foundMessage, type SearchResult } from "./found.ts";
import * as statements from "./search-statements.ts";

/**
 * Searches the keys of a tenant: an idempotency key and the ordering keys of unsettled and blocking deliveries by index, then
 * the ordering keys of messages, newest first.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function searchKeys(
  db: Database,
  tenantId: string,
  key: string,
  before: number | undefined,
): Promise<SearchResult> {
  const from = before ?? LAST_SEQ;
  const [tenant, [at], messages, byKey, keyed] = await readRows<
    [
      unknown,
      statements.LookedRow,
      statements.FoundMessageRow,
      statements.FoundWordRow,
      statements.FoundKeyedRow | statements.HopsRow,
    ]
  >(db, [
    db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(tenantId),
    statements.selectLooked(db, tenantId, from),
    statements.selectMessagesWithKey(db, tenantId, from, key),
    statements.selectWord(db, { tenantId, afterNumber: 0 }, key, true),
    statements.selectKeyedDeliveries(db, tenantId, key),
  ]);
  requireTenant(tenant, tenantId);
  const { shown, next, looked } = pageOf(messages, at ?? { looked: 0, last: null });
  const indexed = foundKeyed(keyed);
  const listed = shown.map((row) => foundMessage(row, "orderingKey"));
  const first =
    before === undefined ? [...byKey.flatMap((row) => foundByWord(row, key)), ...indexed.entries] : [];
  return {
    entries: [...first, ...listed],
    next: next === null ? null : { beforeSeq: next },
    lookedAt: { tenants: 1, messages: looked },
    complete: next === null && indexed.complete,
  };
}

/** Messages to show, the sequence number before which the search goes on, and the number of messages looked at. */
function pageOf(messages: readonly statements.FoundMessageRow[], { looked, last }: statements.LookedRow) {
  const shown = messages.slice(0, deploymentLimits.searched.shown);
  const isCut = messages.length > shown.length;
  const cut = isCut ? (shown.at(-1)?.seq ?? null) : null;
  return { shown, next: cut ?? (looked === deploymentLimits.messagesSearched ? last : null), looked };
}
