import type { Database, Statement } from "../../db/database.ts";
import { CHANNELS } from "../../domain/states.ts";
import { SUM_FIELDS, SUM_STEPS_MS } from "../../domain/sums.ts";

/** From an instant to before another. */
export type Stretch = readonly [from: number, to: number];

/** Sums of a stretch that begins at `at`: JSON, in the order of `SUM_FIELDS`, null where there are none. */
export interface StretchRow {
  at: number;
  sums: string;
}

/**
 * Sums of the deployment in each of these stretches, from rows of this length or shorter ones. A GROUP BY would read each row
 * twice.
 */
export function selectDeploymentSums(db: Database, stretches: readonly Stretch[], step: number): Statement {
  const shorter = SUM_STEPS_MS.filter((one) => one <= step);
  const rows = ["", ...CHANNELS].flatMap((channel) => shorter.map((one) => [channel, one]));
  return db
    .prepare(`
      SELECT stretch.value ->> 0 AS at, (
        SELECT json_array(${SUM_FIELDS.map((field) => `sum(s.${field})`).join(", ")})
        FROM json_each(?2) row CROSS JOIN outbox_sums s ON s.tenant_id = '' AND s.endpoint_id = row.value ->> 0
          AND s.step = row.value ->> 1 AND s.at >= stretch.value ->> 0 AND s.at < stretch.value ->> 1) AS sums
      FROM json_each(?1) stretch`)
    .bind(JSON.stringify(stretches), JSON.stringify(rows));
}
