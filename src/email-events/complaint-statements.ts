import type { Database, Statement } from "../db/database.ts";
import type { RowOf } from "../db/row.ts";
import type { sweeps, tenants } from "../db/schema.ts";
import type { ComplaintLevel } from "../domain/complaints.ts";
import { limits } from "../platform/limits.ts";

const OF_COMPLAINED = ["id", "complained_at", "complaints_told_at", "complaints_told"] as const;

/** A tenant with complaints that no run has judged; and the beginning of the latest complete round of summing up. */
export interface ComplainedRow
  extends RowOf<typeof tenants, (typeof OF_COMPLAINED)[number]>,
    RowOf<typeof sweeps, "summed_at"> {
  complained_at: number;
}

/** Tenants with complaints to judge, the longest waiting first. */
export function selectComplained(db: Database): Statement {
  return db
    .prepare(`
      SELECT ${OF_COMPLAINED.join(", ")}, (SELECT summed_at FROM outbox_sweep WHERE id = 1) AS summed_at
      FROM outbox_tenants INDEXED BY outbox_tenants_complained
      WHERE complained_at IS NOT NULL ORDER BY complained_at LIMIT ?1`)
    .bind(limits.warnings.complaints.tenants);
}

/** Notes that complaints are judged, unless another one has come since they were read. */
export function markJudged(db: Database, judged: readonly ComplainedRow[]): Statement {
  return db
    .prepare(`
      UPDATE outbox_tenants SET complained_at = NULL FROM json_each(?1) judged
      WHERE outbox_tenants.id = judged.value ->> 'id' AND complained_at = judged.value ->> 'complained_at'`)
    .bind(JSON.stringify(judged));
}

/** Notes the levels that tenants were told of, unless others have told them since they were read. */
export function markComplaintsTold(
  db: Database,
  told: readonly (ComplainedRow & { level: ComplaintLevel })[],
  now: number,
): Statement {
  return db
    .prepare(`
      UPDATE outbox_tenants SET complaints_told_at = ?2, complaints_told = told.value ->> 'level' FROM json_each(?1) told
      WHERE outbox_tenants.id = told.value ->> 'id' AND complaints_told_at IS told.value ->> 'complaints_told_at'`)
    .bind(JSON.stringify(told), now);
}
