import type { SQL } from "drizzle-orm";
import * as z from "zod";
import { audited } from "../db/audited.ts";
import { batchAfter, type Statement } from "../db/database.ts";
import type { AuditSubject } from "../domain/audit.ts";
import { leftOutAs } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { InterventionTools } from "./cancel.ts";

/** Field of every body whose deliveries can be counted first. */
export const dryRunInput = {
  dryRun: leftOutAs(z.boolean(), false),
};

/** Change of a tenant's deliveries, as many as one call may change. */
interface Change {
  tenantId: string;
  dryRun: boolean;
  /** Statement that answers the number of matching deliveries as `matched`. */
  count: Statement;
  /** Statements of the change. The one that changes the deliveries answers a row for each. */
  statements: readonly Statement[];
  /** For the audit. */
  affected: SQL;
  subject?: AuditSubject;
}

/** Counts deliveries and changes them, in one batch; a dry run only counts. Answers the numbers counted and changed. */
export async function changeCounted(
  tools: InterventionTools,
  { dryRun, count, statements, ...write }: Change,
): Promise<{ matched: number; changed: number }> {
  if (dryRun) return { matched: (await count.first<number>("matched")) ?? 0, changed: 0 };
  const batch = [count, ...statements];
  const [counted, ...made] = await batchAfter<{ matched: number }>(audited(tools, write), batch);
  const changed = made.reduce((sum, { results }) => sum + results.length, 0);
  tools.meter?.charge(changed * limits.stepsPerChange);
  return { matched: counted?.results[0]?.matched ?? 0, changed };
}
