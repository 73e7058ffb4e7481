import type { Database } from "../../db/database.ts";
import { invalid } from "../../platform/errors.ts";
import type { SearchCursor, SearchResult } from "./found.ts";
import { searchKeys } from "./search-keys.ts";
import { searchPayloads } from "./search-payloads.ts";
import { readSought } from "./search-query.ts";
import { searchTenants } from "./search-tenants.ts";

/** A search, and the position at which it goes on. */
interface SearchRequest {
  q: string;
  tenant?: string | undefined;
  after?: SearchCursor | undefined;
}

/**
 * Searches for all that a text may mean, of all tenants or of one. It looks at 10,000 tenants, or at 1,000 messages of one,
 * and tells where it stopped.
 * @throws {OutboxError} `invalid_input`, `tenant_not_found`
 */
export async function search(db: Database, { q, tenant, after }: SearchRequest): Promise<SearchResult> {
  const sought = readSought(q);
  if (sought.by === "text") {
    if (tenant === undefined)
      throw invalid("tenant", "is needed to search payloads: give the id of a tenant");
    return searchPayloads(db, tenant, sought.text, beforeOf(after));
  }
  if (sought.by === "word" && tenant !== undefined)
    return searchKeys(db, tenant, sought.word, beforeOf(after));
  if (after && !("afterTenant" in after)) throw wrongCursor();
  return searchTenants(db, { tenantId: tenant, afterNumber: after?.afterTenant ?? 0 }, sought);
}

function beforeOf(after: SearchCursor | undefined): number | undefined {
  if (after && !("beforeSeq" in after)) throw wrongCursor();
  return after?.beforeSeq;
}

function wrongCursor() {
  return invalid("cursor", "must be the nextCursor of the same search");
}
