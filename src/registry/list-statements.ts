import type { Database, Statement } from "../db/database.ts";
import { lookThrough } from "../db/look-through.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { tenants } from "../db/schema.ts";
import type { CreatedCursor, PageRequest } from "../domain/page.ts";
import type { TenantState } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

export interface TenantPageRequest extends PageRequest<CreatedCursor> {
  state?: TenantState | undefined;
}

const LISTED = ["id", "name", "state", "quota", "notify_email", "senders", "created_at"] as const;

/** A tenant on a page. */
export interface TenantRow extends RowOf<typeof tenants, (typeof LISTED)[number]> {
  found: number;
}

/** Tenants, newest first, from a page. The index gives the order; the row tells the state. */
export function selectTenantPage(db: Database, { limit, after, state }: TenantPageRequest): Statement {
  const page = lookThrough({
    cursor: "created_at, id",
    entries: `
      SELECT created_at, id FROM outbox_tenants INDEXED BY outbox_tenants_created
      WHERE (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC`,
    matching: `
      CROSS JOIN outbox_tenants t ON t.id = entry.id WHERE t.state <> 'deleted' AND (?3 IS NULL OR t.state = ?3)`,
    order: "created_at DESC, id DESC",
    look: "?4",
    wanted: "?5",
  });
  return db
    .prepare(`
      WITH ${page}
      SELECT page.found, ${columnsOf<typeof tenants>("t", LISTED)}
      FROM page CROSS JOIN outbox_tenants t ON t.id = page.id
      ORDER BY page.created_at DESC, page.id DESC`)
    .bind(
      after?.createdAt ?? Number.MAX_SAFE_INTEGER,
      after?.id ?? "",
      state ?? null,
      limit * limits.lookedAtPerShown,
      limit + 1,
    );
}
