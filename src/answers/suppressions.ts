import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { listSuppressions, type Suppression, type SuppressionPageRequest } from "../registry/suppressions.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentSuppression({ address, reason, until, note, createdAt, updatedAt }: Suppression) {
  const instants = { until: toIso(until), createdAt: toIso(createdAt), updatedAt: toIso(updatedAt) };
  return { address, reason, note, ...instants };
}

const cursor = z.strictObject({ address: z.string() });

export function suppressionsPage(
  { db, clock }: { db: Database; clock: Clock },
  tenantId: string,
  query: Asked<SuppressionPageRequest>,
) {
  return answerPage(query, {
    cursor,
    read: (page) => listSuppressions(db, tenantId, page, clock.now()),
    present: presentSuppression,
  });
}
