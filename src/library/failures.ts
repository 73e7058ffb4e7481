import * as z from "zod";
import { failuresPage, presentFailureGroups } from "../answers/failures.ts";
import { groupFailures } from "../trace/failures.ts";
import { failureFilter, failureGroupFilter } from "../trace/filters.ts";
import type { FailureAnswer, FailureGroupsAnswer, Page } from "./answers.ts";
import { type Instant, type PageQuery, queryOf, read, withoutNulls } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Filter of the groups of failures. */
export interface FailureGroupQuery {
  /** Began at this instant or later. */
  since?: Instant;
  /** Began before this instant. */
  until?: Instant;
  endpointId?: string;
}

/** Filter of a list of failures. */
export interface FailureQuery extends FailureGroupQuery, PageQuery {
  /** Class of error, such as `timeout` or `http_status`. */
  error?: string;
  /** HTTP status of the answer. */
  httpStatus?: number;
}

/** Operations on the attempts that failed: those with the outcome `retry` or `dead`. */
export interface FailureOperations {
  /**
   * Lists failures, the latest begun first. An attempt is on record when it has ended.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  list(tenantId: string, query?: FailureQuery): Promise<Page<FailureAnswer>>;
  /**
   * Groups the failures of an endpoint with the same error and status, the largest group first, at most 100. The span
   * defaults to the last 24 hours.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`
   */
  groups(tenantId: string, query?: FailureGroupQuery): Promise<FailureGroupsAnswer>;
}

const query = queryOf(failureFilter);
const groupQuery = z.preprocess(withoutNulls, failureGroupFilter);

export function failureOperations(ask: Ask): FailureOperations {
  return {
    list: async (tenantId, given) => failuresPage(ask({ tenantId }).db, tenantId, read(query, given)),
    async groups(tenantId, given) {
      const { db, clock } = ask({ tenantId });
      return presentFailureGroups(await groupFailures(db, tenantId, read(groupQuery, given), clock.now()));
    },
  };
}
