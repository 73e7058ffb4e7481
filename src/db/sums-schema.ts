/** Tables that the cron writes: sums of outcomes, and its findings. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { StorageLevel } from "../domain/storage-level.ts";
import { SUM_FIELDS } from "../domain/sums.ts";

/** A delivery's cursor in `outbox_deliveries_key`. */
export interface RepairCursor {
  tenantId: string;
  endpointId: string;
  orderingKey: string;
  seq: number;
}

const counter = <N extends string>(name: N) => integer(name).notNull().default(0);

/** A column for each name, which counts. */
function counters<N extends string>(names: readonly N[]) {
  const columns = names.map((name) => [name, counter(name)]);
  return Object.fromEntries(columns) as { [K in N]: ReturnType<typeof counter<K>> };
}

/** Outcomes of attempts in spans of time, of an endpoint, a tenant or the deployment. */
export const sums = sqliteTable(
  "outbox_sums",
  {
    /** Empty for sums of the whole deployment. */
    tenantId: text("tenant_id").notNull(),
    /** Empty for committed messages; a channel in sums of the whole deployment. */
    endpointId: text("endpoint_id").notNull(),
    /** Length of the span in milliseconds; 0: all spans of five minutes that were folded. */
    step: integer("step").notNull(),
    /** Beginning of the span. */
    at: integer("at").notNull(),
    ...counters(SUM_FIELDS),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.endpointId, table.step, table.at] })],
);

/** A tenant with late deliveries, and the instant since which the longest late one might have been sent. */
export interface LateTenant {
  tenantId: string;
  since: number;
}

/** One row: findings of the cron's latest run. */
export const sweeps = sqliteTable("outbox_sweep", {
  id: integer("id").primaryKey(),
  sweptAt: integer("swept_at").notNull(),
  /** Number of tenants with late deliveries. */
  overdue: integer("overdue").notNull().default(0),
  oldestDueAt: integer("oldest_due_at"),
  databaseBytes: integer("database_bytes").notNull().default(0),
  /** 0: the trigger that frees the next delivery of a key is missing. */
  sound: integer("sound").notNull().default(1),
  /** Position of the search for stuck keys. */
  repairAfter: text("repair_after", { mode: "json" }).$type<RepairCursor>(),
  /** Instants at which the jobs of the cron last ended well, by name. */
  jobs: text("jobs", { mode: "json" }).$type<Record<string, number>>(),
  /** Beginning of the latest round of summing up, and number of the tenant after which it goes on. NULL: it is complete. */
  sumsFrom: integer("sums_from").notNull().default(0),
  sumsAfter: integer("sums_after"),
  /** Beginning of the latest complete round: each outcome from before it is in the sums. */
  summedAt: integer("summed_at").notNull().default(0),
  /** Instant at which the filling of the database was last told of, and its level then. */
  fillingToldAt: integer("filling_told_at"),
  fillingTold: text("filling_told").$type<StorageLevel>(),
  /** Tenants whose deliveries are late, the longest late first, as far as they are kept. */
  lateTenants: text("late_tenants", { mode: "json" }).$type<LateTenant[]>(),
});
