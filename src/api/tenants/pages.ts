import type { Database } from "../../db/database.ts";
import type { TenantQuery } from "../../registry/list-statements.ts";
import { listTenants } from "../../registry/list-tenants.ts";
import { type Asked, answerPage, createdCursor } from "../page.ts";
import { presentTenant } from "./answers.ts";

export function tenantsPage(db: Database, query: Asked<TenantQuery>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listTenants(db, page),
    present: presentTenant,
  });
}
