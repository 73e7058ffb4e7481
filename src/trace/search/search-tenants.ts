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
  const isFirst = sought.by === "word" && scope.afterNumber === 0;
  const beside = isFirst ? besideWord(db, sought.word) : [];
  const [[last], tenants, found, named = [], keyed = []] = await readRows<
    [
      statements.LastRow,
      unknown,
      statements.OwnedRow,
      statements.FoundWordRow,
      statements.FoundKeyedRow | statements.HopsRow,
    ]
  >(db, [
    statements.selectLastTenant(db),
    db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(scope.tenantId ?? ""),
    rows,
    ...beside,
  ] as never);
  if (scope.tenantId !== undefined) requireTenant(tenants, scope.tenantId);
  const shown = found.slice(0, deploymentLimits.searched.shown);
  const word = sought.by === "word" ? sought.word : "";
  const first = sought.by === "word" && !sought.keysOnly ? named.filter((row) => row.named === 1) : [];
  const entries = [...first.flatMap((row) => foundByWord(row, word)), ...shown.flatMap(present)];
  const { next, looked } = progressOf(scope, last?.last ?? 0, found);
  const indexed = foundKeyed(keyed);
  const isFound = sought.by === "messageId" && found.length > 0;
  return {
    entries: [...withoutRepeats(entries), ...indexed.entries],
    next: next === null || isFound ? null : { afterTenant: next },
    lookedAt: { tenants: looked, messages: 0 },
    complete: (next === null || isFound) && indexed.complete,
  };
}

/** The tenant whose id is the word, which is shown first, and deliveries whose ordering key it is. */
function besideWord(db: Database, word: string): Statement[] {
  return [
    statements.selectWord(db, { tenantId: word, afterNumber: 0 }, word, false),
    statements.selectKeyedDeliveries(db, undefined, word),
  ];
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
  return [...new Map(entries.map((one) => [`${one.kind} ${one.tenantId} ${one.id}`, one])).values()];
}
