import { readRows } from "../db/database.ts";
import { type EmailSumsRow, selectEmailSums } from "../db/email-sums.ts";
import { COMPLAINT_LEVELS, type ComplaintLevel, complaintLevel } from "../domain/complaints.ts";
import { newNonce } from "../domain/ids.ts";
import { SUM_STEPS_MS } from "../domain/sums.ts";
import { type Announcement, announce } from "../outbox/announce.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import {
  type ComplainedRow,
  markComplaintsTold,
  markJudged,
  selectComplained,
} from "./complaint-statements.ts";
import type { RecordTools } from "./record-events.ts";

const { withinMs, quietMs, sums: MOST } = limits.warnings.complaints;

/** The cron: tells of tenants about whose e-mails there are too many complaints. Never throws. */
export async function tellComplaints(tools: RecordTools & { log: Log }): Promise<void> {
  try {
    await judge(tools, tools.clock.now());
  } catch (error) {
    tools.log("warnings.failed", { error: describeError(error) });
  }
}

/** A tenant that is to be told, with the numbers over the seven days. */
interface Told extends ComplainedRow {
  level: ComplaintLevel;
  accepted: number;
  complaints: number;
}

/**
 * Judges the complaints of tenants about which new ones came, and tells of those that are too many: once a day, and when the
 * level rises. Counts up to the span in which the latest summing up began, because of later e-mails not all are in the sums. A
 * complaint that came after that is judged again.
 */
async function judge(tools: RecordTools, now: number): Promise<void> {
  const { db, random, wake } = tools;
  const { results: complained } = await selectComplained(db).all<ComplainedRow>();
  const [first] = complained;
  if (!first) return;
  const until = first.summed_at - (first.summed_at % SUM_STEPS_MS[0]);
  const span = { since: until - withinMs, until };
  const sums = await readRows<EmailSumsRow[]>(
    db,
    complained.map(({ id }) => selectEmailSums(db, id, span, MOST)),
  );
  const told = complained.flatMap((row, n): Told[] => {
    const { accepted = 0, complained: complaints = 0 } = sums[n]?.[0] ?? {};
    const level = complaintLevel(accepted, complaints);
    return level !== null && isToBeTold(level, row, now) ? [{ ...row, level, accepted, complaints }] : [];
  });
  const judged = complained.filter(({ complained_at }) => complained_at < until);
  if (told.length + judged.length === 0) return;
  const announced = announce(tools, {
    announcements: told.map((one) => announcementOf(one, span, { nonce: newNonce(random), now })),
    guard: { kind: "told", of: "complaints" },
    now,
  });
  const results = await db.batch([
    ...announced.statements,
    markComplaintsTold(db, told, now),
    markJudged(db, judged),
  ]);
  for (const tenantId of announced.read(results)) wake(tenantId, now);
}

/** True if nothing was told within the quiet time, or only of a lower level. */
function isToBeTold(level: ComplaintLevel, last: ComplainedRow, now: number): boolean {
  const { complaints_told_at: toldAt, complaints_told: told } = last;
  if (toldAt === null || told === null || now - toldAt >= quietMs) return true;
  return COMPLAINT_LEVELS.indexOf(level) > COMPLAINT_LEVELS.indexOf(told);
}

function announcementOf(
  { id, level, accepted, complaints, complaints_told_at: toldAt }: Told,
  { since, until }: { since: number; until: number },
  { nonce, now }: { nonce: string; now: number },
): Announcement {
  const instants = { since, until, observedAt: now };
  const payload = {
    ...{ tenantId: id, level, accepted, complaints, complaintRate: complaints / accepted },
    ...Object.fromEntries(Object.entries(instants).map(([name, at]) => [name, new Date(at).toISOString()])),
  };
  return {
    ...{ tenantId: id, eventType: "complaints.piling-up", nonce, payload: JSON.stringify(payload) },
    ...{ orderingKey: "complaints.piling-up", seq: null, toldAt },
  };
}
