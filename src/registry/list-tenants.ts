import * as z from "zod";
import type { Database } from "../db/database.ts";
import { pageOfFound } from "../db/look-through.ts";
import type { CreatedCursor, Page } from "../domain/page.ts";
import { TENANT_STATES } from "../domain/states.ts";
import { selectTenantPage, type TenantPageRequest, type TenantRow } from "./list-statements.ts";
import type { Tenant } from "./tenants.ts";

export const tenantFilter = z.strictObject({
  state: z.enum(TENANT_STATES).exclude(["deleted"]).optional(),
});

type TenantSummary = Pick<
  Tenant,
  "id" | "name" | "state" | "quota" | "notifyEmail" | "senders" | "createdAt"
>;

/**
 * A page of tenants, newest first: in a state, or all that are not deleted. It looks at 100 tenants for each that it
 * may show, so it may show fewer than `limit`, or none. Only a page whose `next` is null is the last.
 */
export async function listTenants(
  db: Database,
  page: TenantPageRequest,
): Promise<Page<TenantSummary, CreatedCursor>> {
  const { results } = await selectTenantPage(db, page).all<TenantRow>();
  const { entries, next } = pageOfFound(results, page.limit, (row) => ({
    createdAt: row.created_at,
    id: row.id,
  }));
  return {
    entries: entries.map(({ id, name, state, quota, notify_email, senders, created_at }) => ({
      id,
      name,
      state,
      quota: parsed(quota),
      notifyEmail: notify_email,
      senders: parsed(senders),
      createdAt: created_at,
    })),
    next,
  };
}

function parsed(json: string | null) {
  return json === null ? null : JSON.parse(json);
}
