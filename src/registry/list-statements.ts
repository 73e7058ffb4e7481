import type { Database, Statement } from "../db/database.ts";
import { lookThrough } from "../db/look-through.ts";
import type { CreatedPlace, PageQuery } from "../domain/page.ts";
import type { TenantState } from "../domain/states.ts";
import { limits } from "../platform/limits.ts";

export interface TenantQuery extends PageQuery<CreatedPlace> {
  state?: TenantState | undefined;
}

/** Tenants, newest first, from a position on. The index gives the order; the row tells the state. */
export function selectTenantPage(db: Database, { limit, after, state }: TenantQuery): Statement {
  const page = lookThrough({
    place: "created_at, id",
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
      SELECT place.found, t.id, t.name, t.state, t.quota, t.created_at AS createdAt
      FROM place CROSS JOIN outbox_tenants t ON t.id = place.id
      ORDER BY place.created_at DESC, place.id DESC`)
    .bind(
      after?.createdAt ?? Number.MAX_SAFE_INTEGER,
      after?.id ?? "",
      state ?? null,
      limit * limits.lookedAtPerShown,
      limit + 1,
    );
}
