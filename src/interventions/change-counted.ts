import type { SQL } from "drizzle-orm";
import { z } from "zod";
import { audited } from "../db/audited.ts";
import { batchAfter, type Statement } from "../db/database.ts";
import type { AuditSubject } from "../domain/audit.ts";
import { leftOutAs } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { InterventionTools } from "./cancel.ts";

/** Of every body whose deliveries can be counted first. */
export const dryRunInput = { dryRun: leftOutAs(z.boolean(), false).describe("Only count.") };

/** Change of a tenant's deliveries, as many as one call may change. */
interface Change {
  tenantId: string;
  dryRun: boolean;
  /** Answers the number of all that it is for, as `matched`. */
  count: Statement;
  /** Change itself. Of its statements that which changes the deliveries answers a row for each. */
  statements: readonly Statement[];
  /** For the audit. */
  affected: SQL;
  subject?: AuditSubject;
}

/** Counts deliveries and, unless that is all, changes them, in one batch. Answers how many there were, and how many it changed. */
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
