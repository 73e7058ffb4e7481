import { EVENT_STATUSES, rankOf, shownStatus, statusOfDeliverySql } from "../domain/email-status.ts";
import type { DeliveryFilter, EmailFilter } from "./filters.ts";

/** Filter of a list, which may be one of e-mails. */
export type WithEmailFilter = DeliveryFilter & Pick<EmailFilter, "to" | "status">;

/** JSON of an e-mail `m`, as far as lists know it. A payload nested too deeply for SQLite has none. */
const HEAD = "iif(json_valid(coalesce(m.email_head, m.payload)), coalesce(m.email_head, m.payload), '{}')";

/**
 * SQL: the e-mail of the row has the recipient and the status that are asked for; empty when neither is. `first`: the number of
 * the first of its parameters.
 */
export function emailMatching(row: "entry" | "d", first: number, query: WithEmailFilter): string {
  if (query.to === undefined && query.status === undefined) return "";
  const [to, status, ranks] = [`?${first}`, `?${first + 1}`, `?${first + 2}`];
  const events = `
    FROM outbox_email_events x
    WHERE x.tenant_id = ?1 AND x.seq = ${row}.seq AND x.endpoint_id = ${row}.endpoint_id
      AND (${to} IS NULL OR x.address = ${to})`;
  return `
    AND (${to} IS NULL OR EXISTS (SELECT 1 ${events}) OR EXISTS (
      SELECT 1 FROM json_each(${HEAD}, '$.to') one
      WHERE lower(one.value) = ${to} OR substr(lower(one.value), -length(${to}) - 2) = '<' || ${to} || '>'))
    AND (${status} IS NULL
      OR EXISTS (
        SELECT 1 ${events} GROUP BY x.address
        HAVING max(${rankOf("x.status")}) IN (SELECT value FROM json_each(${ranks})))
      OR (${statusOfDeliverySql(row)} = ${status} AND NOT EXISTS (SELECT 1 ${events})))`;
}

/** Values of the parameters of `emailMatching`. */
export function emailParams({ to, status }: WithEmailFilter): unknown[] {
  if (to === undefined && status === undefined) return [];
  const ranks = EVENT_STATUSES.flatMap((one, rank) => (shownStatus(one).status === status ? [rank] : []));
  return [to ?? null, status ?? null, JSON.stringify(ranks)];
}
