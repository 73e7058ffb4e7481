import type { RowOf } from "./row.ts";
import { endpoints } from "./schema.ts";

/** Fields of an endpoint's health, as the schema names them. */
export const HEALTH_FIELDS = [
  "failingSince",
  "failedAt",
  "failingTold",
  "windowFrom",
  "windowAttempts",
  "windowFailures",
  "heldUntil",
  "holds",
] as const;

type HealthField = (typeof HEALTH_FIELDS)[number];
type HealthColumn = (typeof endpoints)[HealthField]["_"]["name"];

/** Health of an endpoint as the schema has it. */
export type StoredHealth = Pick<typeof endpoints.$inferSelect, HealthField>;

/** SQL: the column of a field. Drizzle's own type of it is any text. */
export const healthColumn = (field: HealthField) => endpoints[field].name as HealthColumn;

/** Reads the health from a row of its columns. */
export function healthOf(row: RowOf<typeof endpoints, HealthColumn>): StoredHealth {
  return Object.fromEntries(HEALTH_FIELDS.map((field) => [field, row[healthColumn(field)]])) as StoredHealth;
}
