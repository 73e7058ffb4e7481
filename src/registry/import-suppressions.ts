import * as z from "zod";
import { audited } from "../db/audited.ts";
import { batchAfter } from "../db/database.ts";
import { LIVE_TENANT, requireTenant } from "../db/live-tenant.ts";
import { fieldsOf } from "../platform/check.ts";
import type { FieldError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { countChanged, countInForce, type ImportedRow, importSuppressed } from "./suppression-statements.ts";
import { NOT_IN_FUTURE, suppressionError, suppressionInput } from "./suppressions.ts";
import type { RegistryTools } from "./tenants.ts";

export const suppressionsImportInput = z.strictObject({
  suppressions: z.array(z.unknown()).min(1).max(limits.suppressionsPerImport),
});

/** An entry that is not imported, by its position, with its invalid fields. */
interface RefusedEntry {
  index: number;
  fields: FieldError[];
}

/** Numbers of entries, which add up to those given. */
interface ImportedSuppressions {
  /** Addresses that are suppressed from now on. */
  added: number;
  /** Addresses that were suppressed already, or are given twice: the last entry holds. */
  existing: number;
  refused: RefusedEntry[];
}

/**
 * Suppresses addresses by a person, as `putSuppression` does each: all valid entries in one transaction, or none. A repetition
 * changes nothing.
 * @throws {OutboxError} `tenant_not_found`, `suppression_limit_reached`
 */
export async function importSuppressions(
  tools: RegistryTools,
  tenantId: string,
  { suppressions }: z.output<typeof suppressionsImportInput>,
): Promise<ImportedSuppressions> {
  const { db, clock } = tools;
  const now = clock.now();
  const checked = suppressions.map((entry, index) => checkEntry(entry, index, now));
  const rows = checked.flatMap((one) => ("address" in one ? [one] : []));
  const refused = checked.flatMap((one) => ("address" in one ? [] : [one]));
  const unique = [...new Map(rows.map((row) => [row.address, row])).values()];
  const parts = partsOf(unique);
  const before = audited(tools, { tenantId, affected: countChanged(tenantId, parts) });
  const tenant = db.prepare(`SELECT id FROM ${LIVE_TENANT} ?1`).bind(tenantId);
  const counts = parts.map((part) => countInForce(db, tenantId, part, now));
  const imports = parts.map((part) => importSuppressed(db, tenantId, part, now));
  try {
    const [owner, ...results] = await batchAfter<{ existing: number }>(before, [
      tenant,
      ...counts,
      ...imports,
    ]);
    requireTenant(owner?.results, tenantId);
    const inForce = results
      .slice(0, parts.length)
      .reduce((sum, one) => sum + (one.results[0]?.existing ?? 0), 0);
    return { added: unique.length - inForce, existing: rows.length - unique.length + inForce, refused };
  } catch (error) {
    throw suppressionError(error, tenantId);
  }
}

function checkEntry(entry: unknown, index: number, now: number): ImportedRow | RefusedEntry {
  const path = `suppressions[${index}]`;
  const { success, data, error } = suppressionInput.safeParse(entry);
  if (!success) return { index, fields: fieldsOf(error, path) };
  const { address } = data;
  const until = data.until ?? null;
  const note = data.note ?? null;
  if (until === null || until > now) return { address, until, note };
  return { index, fields: [{ path: `${path}.until`, message: NOT_IN_FUTURE }] };
}

/** D1 takes so many bytes in a parameter. */
function partsOf(rows: readonly ImportedRow[]): ImportedRow[][] {
  const size = limits.suppressionsPerStatement;
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, n) =>
    rows.slice(n * size, (n + 1) * size),
  );
}
