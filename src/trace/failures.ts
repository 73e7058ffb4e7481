import type { Database } from "../db/database.ts";
import { readOfTenant } from "../db/live-tenant.ts";
import { pageOfFound } from "../db/look-through.ts";
import { messageId } from "../domain/message-id.ts";
import type { Page } from "../domain/page.ts";
import type { ChannelName } from "../domain/states.ts";
import { type AttemptTrace, viewAttempt } from "./attempts.ts";
import { type MessageView, viewMessage } from "./delivery-view.ts";
import {
  type FailureCursor,
  type FailureGroupRow,
  type FailurePageRequest,
  type FailureRow,
  type NoFailureGroupRow,
  selectFailureGroups,
  selectFailurePage,
} from "./failure-statements.ts";
import type { FailureGroupFilter } from "./filters.ts";
import { type Groups, groupsOf } from "./groups.ts";
import { type Span, spanOf } from "./span.ts";

/** An attempt that failed, with its endpoint and facts of its message. */
export interface Failure extends MessageView, AttemptTrace {
  endpointId: string;
  channel: ChannelName;
}

/**
 * A page of a tenant's attempts that failed, the latest begun first. It looks at 100 attempts for each that it may show,
 * so it may show fewer than `limit`, or none. Only a page whose `next` is null is the last.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listFailures(
  db: Database,
  tenantId: string,
  page: FailurePageRequest,
): Promise<Page<Failure, FailureCursor>> {
  const rows = await readOfTenant<FailureRow>(db, tenantId, selectFailurePage(db, tenantId, page));
  const { entries, next } = pageOfFound(rows, page.limit, (row) => ({
    startedAt: row.started_at,
    seq: row.seq,
    endpointId: row.endpoint_id,
    number: row.n,
  }));
  const failures = entries.map((row) => ({
    ...viewMessage(row),
    endpointId: row.endpoint_id,
    channel: row.channel,
    ...viewAttempt(row),
  }));
  return { entries: failures, next };
}

/** Attempts at one endpoint that failed with the same error and status. Instants in milliseconds. */
export interface FailureGroup {
  endpointId: string;
  channel: ChannelName;
  result: { error: string | null; httpStatus: number | null };
  count: number;
  /** Number of them after which their delivery was dead. */
  dead: number;
  /** Instants at which the first and the last of them began. */
  firstAt: number;
  lastAt: number;
  /** Numbers of them in 24 equal parts of the span, from its beginning on. */
  activity: number[];
  /** Id of the newest message among theirs. */
  example: string;
  /** Beginning of the other side's answer to its attempt, or the error in words; null for neither. */
  responseExcerpt: string | null;
}

export interface FailureGroups extends Groups<FailureGroup> {
  span: Span;
}

/**
 * Groups a tenant's failures by endpoint, error and status: the largest group first, at most 100. The span defaults to
 * the last 24 hours.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function groupFailures(
  db: Database,
  tenantId: string,
  { endpointId, ...given }: FailureGroupFilter,
  now: number,
): Promise<FailureGroups> {
  const spans = spanOf(given, now);
  const statement = selectFailureGroups(db, tenantId, spans, endpointId);
  const rows = await readOfTenant<FailureGroupRow | NoFailureGroupRow>(db, tenantId, statement);
  return { span: spans.span, ...groupsOf(rows, describe) };
}

function describe(row: FailureGroupRow): FailureGroup {
  return {
    endpointId: row.endpoint_id,
    channel: row.channel,
    result: { error: row.error, httpStatus: row.http_status },
    count: row.count,
    dead: row.dead,
    firstAt: row.first_at,
    lastAt: row.last_at,
    activity: JSON.parse(row.activity) as number[],
    example: messageId(row),
    responseExcerpt: row.excerpt,
  };
}
