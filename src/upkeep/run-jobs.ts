import { JOBS, type JobName } from "../domain/jobs.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type PurgeTools, purge } from "./purge.ts";
import { repair } from "./repair.ts";
import { recordJobs } from "./report-statements.ts";
import { type ResealTools, reseal } from "./reseal.ts";
import { type SumTools, sumUpAll } from "./sum-up.ts";
import { type SweepTools, sweep } from "./sweep.ts";

type JobTools = SweepTools & PurgeTools & ResealTools & SumTools;

/** A job answers true if it ended well, and never throws. */
type Job = (tools: JobTools) => Promise<boolean>;
const CARRIED_OUT_BY: Record<JobName, Job> = { sweep, repair, purge, reseal, sums: sumUpAll };

/** The cron: carries out the jobs side by side, then records the instants of those that ended well. Never throws. */
export async function runJobs(tools: JobTools): Promise<void> {
  const { db, clock, log } = tools;
  const endedAt: Partial<Record<JobName, number>> = {};
  const carryOut = async (job: JobName) => {
    // One that hangs keeps no other's instant from being recorded.
    const endedWell = await within(clock, limits.jobMs, CARRIED_OUT_BY[job](tools)).catch(() => false);
    if (endedWell) endedAt[job] = clock.now();
  };
  await Promise.all(JOBS.map(carryOut));
  try {
    await within(clock, limits.d1AnswerMs, recordJobs(db, endedAt).run());
  } catch (error) {
    log("cron.record_failed", { error: describeError(error) });
  }
}
