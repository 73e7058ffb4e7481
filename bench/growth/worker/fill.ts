import { messageKey } from "../../../src/db/message-key.ts";
import { backlogStatements } from "../../../test/support/database/backlog.ts";
import { FROM, insertMany } from "../../../test/support/database/many.ts";
import type { Shape } from "../shape.ts";

export const MEASURED = "measured";
const ENDPOINT = "ep_a";
/** A neighbour in every index, as a look that meets the end of an index reads a row less. */
const NEIGHBOUR = "neighbour";
const OF_NEIGHBOUR = 10;
const STATEMENTS_PER_BATCH = 500;
const DAY_MS = 24 * 3600_000;

/** Instant at which the last message of the measured tenant was committed. */
export function endOf({ settled }: Shape): number {
  return FROM + settled * 1000;
}

export async function fill(db: D1Database, shape: Shape): Promise<void> {
  const { settled, backlog = 0, others } = shape;
  const names = Array.from({ length: others?.tenants ?? 0 }, (_, n) => `other-${n}`);
  await run(db, [
    ...[MEASURED, NEIGHBOUR, ...names].map(insertTenant),
    ...names.flatMap((name) => insertMany(name, others?.each ?? 0, 0)),
    ...insertMany(NEIGHBOUR, OF_NEIGHBOUR, 0),
    ...insertMany(MEASURED, settled, 0),
    ...(backlog > 0 ? due({ count: backlog, after: settled, at: endOf(shape) }) : []),
    `UPDATE outbox_endpoints SET state = 'enabled' WHERE tenant_id = '${MEASURED}' AND id = '${ENDPOINT}'`,
  ]);
}

/** A tenant that the purge has looked at, and will not for long. */
function insertTenant(id: string): string {
  return `INSERT INTO outbox_tenants (id, state, created_at, purge_at)
    VALUES ('${id}', 'active', ${FROM}, ${FROM + 3650 * DAY_MS})`;
}

function due(some: { count: number; after: number; at: number }): string[] {
  return backlogStatements({ tenantId: MEASURED, endpointId: ENDPOINT, ...some });
}

/** Adds messages that are due: a commit might hand them over at once. */
export async function addDue(db: D1Database, shape: Shape, count: number): Promise<void> {
  const { settled, backlog = 0 } = shape;
  await run(db, due({ count, after: settled + backlog, at: endOf(shape) }));
}

/** Makes the tenant as large as it was before a sample. */
export async function removeNewer(db: D1Database, { settled, backlog = 0 }: Shape): Promise<void> {
  const last = settled + backlog;
  const key = (seq: number) => messageKey(`'${MEASURED}'`, String(seq));
  await run(db, [
    `DELETE FROM outbox_messages WHERE id > ${key(last)} AND id < ${key(last + 1_000_000)}`,
    `DELETE FROM outbox_deliveries WHERE tenant_id = '${MEASURED}' AND seq > ${last}`,
  ]);
}

/** Makes the purge of the measured tenant due. */
export async function makePurgeDue(db: D1Database): Promise<void> {
  await run(db, [`UPDATE outbox_tenants SET purge_at = 0 WHERE id = '${MEASURED}'`]);
}

async function run(db: D1Database, statements: readonly string[]): Promise<void> {
  for (let from = 0; from < statements.length; from += STATEMENTS_PER_BATCH) {
    await db.batch(statements.slice(from, from + STATEMENTS_PER_BATCH).map((sql) => db.prepare(sql)));
  }
}
