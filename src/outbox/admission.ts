import { type Database, faultOf, readRows } from "../db/database.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Made, Plan } from "./plan.ts";
import { repetition } from "./repetition.ts";
import type { AdmissionRow, KeyRow, SchemaRow } from "./rows.ts";
import { selectAdmission, selectIdempotencyKey, selectSchemas } from "./statements.ts";

/** State of D1 that a commit depends on. */
interface AdmissionRead {
  /** Answer that exists already, because the commit is a repetition, or has happened itself. */
  committed?: Made;
  /** The version of the tenant's event types, and the requested schemas. */
  version: number;
  schemas: SchemaRow[];
}

/**
 * Reads the reason for which a commit was not admitted, or the event types that are needed to check it. A caller
 * without authority learns nothing else. A repetition gets the first commit's answer, whatever the schemas are now.
 * `wasSent`: true if its batch was sent before.
 * @throws {OutboxError} `tenant_not_found`, `tenant_deleted`, `token_revoked`, `idempotency_conflict`,
 * `storage_unavailable`, `outcome_unknown`
 */
export async function readAdmission(
  db: Database,
  plan: Plan,
  eventTypes: readonly string[],
  wasSent: boolean,
): Promise<AdmissionRead> {
  try {
    const { tenantId, key } = plan;
    const [[row], schemas, [first]] = await readRows<[AdmissionRow, SchemaRow, KeyRow]>(db, [
      selectAdmission(db, { ...plan, typesVersion: null }),
      selectSchemas(db, tenantId, eventTypes),
      selectIdempotencyKey(db, tenantId, key ?? ""),
    ]);
    const refusal = refusalOf(row, tenantId);
    const committed = first && (await answerOf(db, plan, first, refusal));
    if (refusal && !committed) throw refusal;
    return {
      ...(committed && { committed }),
      version: row?.types_version ?? 0,
      schemas,
    };
  } catch (error) {
    if (error instanceof OutboxError || faultOf(error) === "rejected") throw error;
    // With a key, an earlier batch may have been committed without an answer.
    const code = plan.key !== undefined && wasSent ? "outcome_unknown" : "storage_unavailable";
    throw new OutboxError({ code }, { cause: error });
  }
}

function refusalOf(row: AdmissionRow | undefined, tenantId: string): OutboxError | undefined {
  if (!row) return new OutboxError({ code: "tenant_not_found", tenantId });
  if (!row.authorized) return new OutboxError({ code: "token_revoked" });
  if (row.state === "deleted") return new OutboxError({ code: "tenant_deleted", tenantId });
  return undefined;
}

/** A caller that is refused by now is told only of this commit's own messages. */
async function answerOf(
  db: Database,
  plan: Plan,
  first: KeyRow,
  refusal: OutboxError | undefined,
): Promise<Made | undefined> {
  if (!refusal) return repetition(db, plan, first);
  const committed = await repetition(db, plan, first).catch((error) => {
    if (error instanceof OutboxError) return undefined;
    throw error;
  });
  return committed?.result.duplicate === false ? committed : undefined;
}
