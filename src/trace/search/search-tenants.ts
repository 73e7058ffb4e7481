import { type Database, readRows, type Statement } from "../../db/database.ts";
import { LIVE_TENANT, requireTenant } from "../../db/live-tenant.ts";
import { messageRef } from "../../db/message-ref.ts";
import type { MessageRef } from "../../domain/message-id.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import {
  type Found,
  foundByWord,
  foundEndpoint,
  foundKeyed,
  foundMessage,
  foundToken,
  type SearchResult,
} from "./found.ts";
import type { Sought } from "./search-query.ts";
import * as statements from "./search-statements.ts";

type InTenants = Exclude<Sought, { by: "text" }>;

/** The statement of a search whose rows are in order of their tenants, and the findings of each row. */
interface Plan<Row extends statements.OwnedRow> {
  rows: Statement;
  present: (row: Row) => Found[];
}

const planOf = <Row extends statements.OwnedRow>(plan: Plan<Row>) =>
  plan as unknown as Plan<statements.OwnedRow>;

/**
 * Searches tenants in order of their numbers: by primary key within each. A word is searched by index, too.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function searchTenants(
  db: Database,
  scope: statements.Scope,
  sought: InTenants,
): Promise<SearchResult> {
  const ref = sought.by === "messageId" ? await messageRef(db, sought.id) : undefined;
  const { rows, present } = planFor(db, scope, sought, ref);
  const [[last], tenants, found] = await readRows<[statements.LastRow, unknown, statements.OwnedRow]>(db, [
    statements.selectLastTenant(db),
    db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(scope.tenantId ?? ""),
    rows,
  ]);
  if (scope.tenantId !== undefined) requireTenant(tenants, scope.tenantId);
  const isFirst = sought.by === "word" && scope.afterNumber === 0;
  const indexed = isFirst ? await searchIndexes(db, sought.word, sought.keysOnly) : NOTHING;
  const shown = found.slice(0, deploymentLimits.searched.shown).flatMap(present);
  const { next, looked } = progressOf(scope, last?.last ?? 0, found);
  // A message's id is one tenant's alone.
  const isOver = next === null || (sought.by === "messageId" && found.length > 0);
  return {
    entries: withoutRepeats([...indexed.named, ...shown, ...indexed.keyed]),
    next: isOver ? null : { afterTenant: next },
    lookedAt: { tenants: looked, messages: 0 },
    complete: isOver && indexed.complete,
  };
}

const NOTHING = { named: [], keyed: [], complete: true };

/** The tenant whose id is the word, which is shown first, and deliveries whose ordering key it is. */
async function searchIndexes(db: Database, word: string, keysOnly: boolean) {
  const [named, keyed] = await readRows<
    [statements.FoundWordRow, statements.FoundKeyedRow | statements.HopsRow]
  >(db, [
    statements.selectWord(db, { tenantId: word, afterNumber: 0 }, word, keysOnly),
    statements.selectKeyedDeliveries(db, undefined, word),
  ]);
  const { entries, complete } = foundKeyed(keyed);
  return { named: named.flatMap((row) => foundByWord(row, word)), keyed: entries, complete };
}

function planFor(
  db: Database,
  scope: statements.Scope,
  sought: InTenants,
  ref: MessageRef | undefined,
): Plan<statements.OwnedRow> {
  switch (sought.by) {
    case "messageId":
      return planOf<statements.FoundMessageRow>({
        // An id of the right form has a reference.
        rows: statements.selectMessageWithRef(db, scope, ref ?? { seq: 0, nonce: "" }),
        present: (row) => [foundMessage(row, "id")],
      });
    case "endpointId":
      return planOf<statements.FoundEndpointRow>({
        rows: statements.selectEndpointsWithId(db, scope, sought.id),
        present: (row) => [foundEndpoint(row)],
      });
    case "tokenId":
      return planOf<statements.FoundTokenRow>({
        rows: statements.selectTokensWithId(db, scope, sought.id),
        present: (row) => [foundToken(row)],
      });
    case "word":
      return planOf<statements.FoundWordRow>({
        rows: statements.selectWord(db, scope, sought.word, sought.keysOnly),
        present: (row) => foundByWord(row, sought.word),
      });
  }
}

/** Number of tenants looked at, and the number of the tenant after which the search goes on. */
function progressOf(scope: statements.Scope, last: number, found: readonly statements.OwnedRow[]) {
  if (scope.tenantId !== undefined) return { next: null, looked: 1 };
  const { shown, tenants } = deploymentLimits.searched;
  const end = Math.min(scope.afterNumber + tenants, last);
  const stop = found.length > shown ? (found[shown - 1]?.number ?? end) : end;
  return { next: stop < last ? stop : null, looked: stop - scope.afterNumber };
}

function withoutRepeats(entries: readonly Found[]): Found[] {
  return [
    ...new Map(
      entries.map((one) => [`${one.kind} ${one.tenantId} ${one.id} ${one.endpointId}`, one]),
    ).values(),
  ];
}
