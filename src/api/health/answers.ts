import { z } from "@hono/zod-openapi";
import { toIso } from "../../answers/to-iso.ts";
import type { JobName } from "../../domain/jobs.ts";
import { STORAGE_LEVELS, storageLevel } from "../../domain/storage-level.ts";
import { limits } from "../../platform/limits.ts";
import type { Report } from "../../upkeep/report.ts";
import { count, instantShape } from "../answer-fields.ts";

/** Troubles that the cron finds, the worst first. */
export const HEALTH_TROUBLES = ["unwatched", "unsound", "overdue", "storage"] as const;
type Trouble = (typeof HEALTH_TROUBLES)[number];

const jobOf = (description: string) =>
  instantShape
    .nullable()
    .openapi({ description: `Instant at which ${description} last ended well. Null: not yet.` });

const jobShapes = {
  sweep: jobOf("the search for late deliveries"),
  repair: jobOf("the search for stuck ordering keys"),
  purge: jobOf("the removal of what is past its retention"),
  reseal: jobOf("the resealing of secrets"),
  sums: jobOf("the summing up of outcomes"),
} satisfies Record<JobName, unknown>;

export const healthShape = z
  .object({
    status: z.enum(["ok", ...HEALTH_TROUBLES]).openapi({
      description:
        "`ok`, or the first of `troubles`. `unwatched`: the cron has not run for three minutes, and the rest of this report is out of date. `unsound`: the database has lost the trigger that frees the next delivery of an ordering key. `overdue`: a delivery is more than five minutes late. `storage`: the database is more than 85 % full.",
    }),
    overdue: count.openapi({
      description: "Number of tenants with deliveries more than 10 seconds late, counted up to 1000.",
      example: 0,
    }),
    oldestDueAt: instantShape.nullable().openapi({
      description: "Due instant of the delivery that has waited longest. Null: no delivery is late.",
      example: null,
    }),
    sweptAt: instantShape.openapi({
      description: "Instant at which the cron last looked. The whole report is as of this instant.",
    }),
    storage: z
      .object({
        bytes: count.openapi({ description: "Size of the database, in bytes.", example: 73728 }),
        maxBytes: count.openapi({
          description: "Largest size of the database, in bytes: `DATABASE_MAX_GB`.",
          example: 10_000_000_000,
        }),
        level: z.enum(STORAGE_LEVELS).openapi({
          description:
            "`filling` from 70 %, `nearly_full` from 85 %, `full` from 98 %. While the database is full, commits are refused with `storage_full`, and deliveries go on. Below 70 %: `ok`.",
        }),
      })
      .openapi({ description: "Size of the database, and its limit." }),
    jobs: z.object(jobShapes).openapi({ description: "Jobs of the cron, which run every minute." }),
    troubles: z
      .array(z.enum(HEALTH_TROUBLES))
      .openapi({ description: "Every trouble found, the worst first.", example: [] }),
  })
  .openapi("Health");

export function presentHealth(found: Report, maxBytes: number, now: number) {
  const troubles = troublesOf(found, maxBytes, now);
  return {
    status: troubles[0] ?? ("ok" as const),
    overdue: found.overdue,
    oldestDueAt: toIso(found.oldestDueAt),
    sweptAt: toIso(found.sweptAt),
    storage: {
      bytes: found.databaseBytes,
      maxBytes,
      level: storageLevel(found.databaseBytes, maxBytes),
    },
    jobs: jobsOf(found),
    troubles,
  };
}

function jobsOf({ jobs }: Report) {
  const endedAt = (job: JobName) => toIso(jobs[job] ?? null);
  return {
    sweep: endedAt("sweep"),
    repair: endedAt("repair"),
    purge: endedAt("purge"),
    reseal: endedAt("reseal"),
    sums: endedAt("sums"),
  } satisfies Record<JobName, unknown>;
}

/** Troubles that need a person, the worst first. */
function troublesOf(
  { sweptAt, oldestDueAt, sound, databaseBytes }: Report,
  maxBytes: number,
  now: number,
): Trouble[] {
  const level = storageLevel(databaseBytes, maxBytes);
  const found: readonly [Trouble, boolean][] = [
    ["unwatched", sweptAt < now - limits.sweepMissedMs],
    ["unsound", !sound],
    ["overdue", oldestDueAt !== null && oldestDueAt < now - limits.overdueMs],
    ["storage", level === "nearly_full" || level === "full"],
  ];
  return found.filter(([, isThere]) => isThere).map(([trouble]) => trouble);
}
