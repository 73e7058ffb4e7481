import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { FailurePageRequest } from "../trace/failure-statements.ts";
import { type Failure, type FailureGroups, listFailures } from "../trace/failures.ts";
import { presentAttempt, presentGroup } from "./deliveries.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentFailure(failure: Failure) {
  return { ...failure, ...presentAttempt(failure), committedAt: toIso(failure.committedAt) };
}

export function presentFailureGroups({ span, groups, complete }: FailureGroups) {
  return {
    span: { since: toIso(span.since), until: toIso(span.until) },
    data: groups.map(presentGroup),
    complete,
  };
}

const cursor = z.strictObject({
  startedAt: z.int(),
  seq: z.int(),
  endpointId: z.string(),
  number: z.int(),
});

export function failuresPage(db: Database, tenantId: string, query: Asked<FailurePageRequest>) {
  return answerPage(query, {
    cursor,
    read: (page) => listFailures(db, tenantId, page),
    present: presentFailure,
  });
}
