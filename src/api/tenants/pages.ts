import type { Database } from "../../db/database.ts";
import type { TenantPageRequest } from "../../registry/list-statements.ts";
import { listTenants } from "../../registry/list-tenants.ts";
import { type Asked, answerPage, createdCursor } from "../page.ts";
import { presentTenant } from "./answers.ts";

export function tenantsPage(db: Database, query: Asked<TenantPageRequest>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listTenants(db, page),
    present: presentTenant,
  });
}
