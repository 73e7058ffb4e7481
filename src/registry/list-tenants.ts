import { z } from "zod";
import type { Database } from "../db/database.ts";
import { pageOf } from "../db/look-through.ts";
import type { CreatedPlace, Page } from "../domain/page.ts";
import { TENANT_STATES } from "../domain/states.ts";
import { selectTenantPage, type TenantQuery } from "./list-statements.ts";
import type { Tenant } from "./tenants.ts";

export const tenantFilter = z.strictObject({
  state: z.enum(TENANT_STATES).exclude(["deleted"]).optional().describe("Only entries in this state."),
});

type TenantSummary = Pick<Tenant, "id" | "name" | "state" | "quota" | "createdAt">;

/**
 * A page of tenants, newest first: in a state, or all that are not deleted. It looks at 100 tenants for each that it
 * may show, so it may show fewer than `limit`, or none. Only a page whose `next` is null is the last.
 */
export async function listTenants(
  db: Database,
  page: TenantQuery,
): Promise<Page<TenantSummary, CreatedPlace>> {
  type Row = Omit<TenantSummary, "quota"> & { quota: string | null; found: number };
  const { results } = await selectTenantPage(db, page).all<Row>();
  const { shown, last } = pageOf(results, page.limit);
  return {
    entries: shown.map(({ id, name, state, quota, createdAt }) => ({
      id,
      name,
      state,
      quota: quota === null ? null : JSON.parse(quota),
      createdAt,
    })),
    next: last && { createdAt: last.createdAt, id: last.id },
  };
}
