import { auditOfAllPage, auditPage } from "../answers/audit.ts";
import { auditFilter, auditOfAllFilter } from "../trace/audit.ts";
import type { AuditAnswer, Page } from "./answers.ts";
import { type Instant, type PageQuery, queryOf, read } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Filter of a list of audit entries. */
export interface AuditQuery extends PageQuery {
  /** Only entries of the operation with this `operationId` of the OpenAPI document. */
  operation?: string;
  /** Only entries of this kind of caller: `operator`, `token` or `app`. */
  caller?: AuditAnswer["caller"];
  /** Only entries of the operator with this name, or of the token with this id. */
  callerId?: string;
  /** Only entries of requests that named this message. */
  messageId?: string;
  /** Made at this instant or later. */
  since?: Instant;
  /** Made before this instant. */
  until?: Instant;
}

/** The audit: an entry for each administrative write. Writes through the library are the caller `app`'s. */
export interface AuditOperations {
  /**
   * Lists entries about a tenant, newest first.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: AuditQuery): Promise<Page<AuditAnswer>>;
  /**
   * Lists entries of all tenants, or of `tenantId` alone, newest first, including deleted tenants.
   * @throws {OutboxError} `invalid_input`
   */
  listOfAll(query?: AuditQuery & { tenantId?: string }): Promise<Page<AuditAnswer>>;
}

const query = queryOf(auditFilter);
const queryOfAll = queryOf(auditOfAllFilter);

export function auditOperations(ask: Ask): AuditOperations {
  return {
    list: async (tenantId, given) => auditPage(ask({ tenantId }).db, tenantId, read(query, given)),
    listOfAll: async (given) => auditOfAllPage(ask({}).db, read(queryOfAll, given)),
  };
}
