import { readRows } from "../db/database.ts";
import { type EmailSumsRow, selectEmailSums } from "../db/email-sums.ts";
import { COMPLAINT_LEVELS, complaintLevel } from "../domain/complaints.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";
import { type AnnounceTools, announce } from "../outbox/announce.ts";
import { limits } from "../platform/limits.ts";
import { type ComplainedRow, markComplaintsTold, markJudged } from "./complaint-statements.ts";
import { isToBeTold, warningOf } from "./warning.ts";

const { withinMs, quietMs, sums: MOST } = limits.warnings.complaints;

/**
 * Judges the complaints of tenants about which new ones came, and tells of those that are too many: once a day, and when the
 * level rises. Counts up to the span in which the latest summing up began, because of later e-mails not all are in the sums. A
 * complaint that came after that is judged again. Answers the tenants that have got deliveries.
 */
export async function tellComplaints(
  tools: AnnounceTools,
  complained: readonly ComplainedRow[],
  now: number,
): Promise<readonly string[]> {
  const { db, random } = tools;
  const [first] = complained;
  if (!first) return [];
  const until = first.summed_at - (first.summed_at % SUM_STEPS_MS[0]);
  const span = { since: until - withinMs, until };
  const sums = await readRows<EmailSumsRow[]>(
    db,
    complained.map(({ id }) => selectEmailSums(db, id, span, MOST)),
  );
  const told = complained.flatMap((row, n) => {
    const { accepted = 0, complained: complaints = 0 } = sums[n]?.[0] ?? {};
    const level = complaintLevel(accepted, complaints);
    const last = { toldAt: row.complaints_told_at, told: row.complaints_told };
    const isNew = level !== null && isToBeTold(COMPLAINT_LEVELS, level, last, { quietMs, now });
    return isNew ? [{ ...row, level, accepted, complaints }] : [];
  });
  const announcements = told.map(({ id, level, accepted, complaints, complaints_told_at: toldAt }) => {
    const counts = { level, accepted, complaints, complaintRate: complaints / accepted };
    const within = { since: new Date(span.since).toISOString(), until: new Date(until).toISOString() };
    return warningOf(id, "complaints.piling-up", { ...counts, ...within }, { toldAt, now, random });
  });
  const announced = announce(tools, { announcements, guard: { kind: "told", of: "complaints" }, now });
  const judged = complained.filter(({ complained_at }) => complained_at < until);
  if (told.length + judged.length === 0) return [];
  return announced.read(
    await db.batch([...announced.statements, markComplaintsTold(db, told, now), markJudged(db, judged)]),
  );
}
