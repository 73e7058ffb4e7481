import type { Database, Statement } from "../../db/database.ts";
import { SET_ASIDE } from "../../db/email-schema.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";

/** Events of e-mails that are not on record, as many as are counted. `oldest`: instant at which the first of those came that wait. */
export interface KeptEventsRow {
  looked: number;
  /** Events that wait for their e-mail, and those that cannot be recorded. */
  waiting: number;
  aside: number;
  oldest: number | null;
}

/** Counts the kept events of e-mails. */
export async function readKeptEvents(db: Database): Promise<KeptEventsRow> {
  const row = await countKeptEvents(db, deploymentLimits.keptEvents).first<KeptEventsRow>();
  return row ?? { looked: 0, waiting: 0, aside: 0, oldest: null };
}

/** Counts as many kept events as `most`. */
export function countKeptEvents(db: Database, most: number): Statement {
  const isAside = `ref LIKE '${SET_ASIDE}%'`;
  return db
    .prepare(`
      SELECT count(*) AS looked, coalesce(sum(NOT ${isAside}), 0) AS waiting, coalesce(sum(${isAside}), 0) AS aside,
        min(iif(${isAside}, NULL, received_at)) AS oldest
      FROM (SELECT ref, received_at FROM outbox_email_unmatched LIMIT ?1)`)
    .bind(most);
}
