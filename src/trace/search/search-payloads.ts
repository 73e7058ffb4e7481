import type { Database } from "../../db/database.ts";
import { readOfTenant } from "../../db/live-tenant.ts";
import { LAST_SEQ } from "../../db/message-key.ts";
import { readGzipped } from "../../db/payload.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import { foundMessage, type SearchResult } from "./found.ts";
import { type PayloadRow, type SizeRow, selectPayloadsWith, selectSizes } from "./search-statements.ts";

/**
 * Searches the payloads of a tenant's newest messages for a text, as it stands in the JSON: as many as may be, by their number
 * and their bytes. D1 searches those stored as text. It cannot read gzipped ones, which are searched here.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function searchPayloads(
  db: Database,
  tenantId: string,
  text: string,
  before = LAST_SEQ,
): Promise<SearchResult> {
  const sizes = await readOfTenant<SizeRow>(db, tenantId, selectSizes(db, tenantId, before));
  const looked = sizes.slice(0, countWithin(sizes));
  const [newest, oldest] = [looked[0], looked.at(-1)];
  if (!newest || !oldest) return resultOf([], 0, null);
  const range = { first: oldest.seq, last: newest.seq };
  const { results } = await selectPayloadsWith(db, tenantId, range, text).all<PayloadRow>();
  const rows = results.filter(({ payload }) => payload === null || hasText(payload, text));
  const shown = rows.slice(0, deploymentLimits.searched.shown);
  const cut = rows.length > shown.length ? shown.at(-1)?.seq : undefined;
  if (cut !== undefined) return resultOf(shown, looked.filter(({ seq }) => seq >= cut).length, cut);
  const goesOn = looked.length < sizes.length || sizes.length === deploymentLimits.messagesSearched;
  return resultOf(shown, looked.length, goesOn ? oldest.seq : null);
}

function resultOf(rows: readonly PayloadRow[], messages: number, next: number | null): SearchResult {
  return {
    entries: rows.map((row) => foundMessage(row, "payload")),
    next: next === null ? null : { beforeSeq: next },
    lookedAt: { tenants: 1, messages },
    complete: next === null,
  };
}

/** Number of payloads, from the first on, that one search reads: at least one. */
function countWithin(sizes: readonly SizeRow[]): number {
  const { bytes, gzipped, gunzipped } = deploymentLimits.payloadsSearched;
  const sum = { bytes: 0, gzipped: 0, gunzipped: 0 };
  const end = sizes.findIndex((row, n) => {
    if (row.gzipped) {
      sum.gzipped += row.stored_bytes;
      sum.gunzipped += row.payload_bytes;
    } else sum.bytes += row.stored_bytes;
    return n > 0 && (sum.bytes > bytes || sum.gzipped > gzipped || sum.gunzipped > gunzipped);
  });
  return end === -1 ? sizes.length : end;
}

/** A damaged payload does not keep the search from the others. */
function hasText(gzipped: string, text: string): boolean {
  try {
    return readGzipped(gzipped).includes(text);
  } catch {
    return false;
  }
}
