import { storageLevel } from "../../domain/storage-level.ts";
import { limits } from "../../platform/limits.ts";
import type { Report } from "../../upkeep/report.ts";
import { healthOperation, type Trouble } from "../operations/health.ts";
import { router } from "../router.ts";

export const healthRoute = router().openapi(healthOperation, async (c) => {
  const { db, clock, report, storage } = c.var.tools;
  const now = clock.now();
  const found = await report.read(db, now);
  const troubles = troublesOf(found, storage.maxBytes, now);
  const health = {
    overdue: found.overdue,
    oldestDueAt: found.oldestDueAt === null ? null : new Date(found.oldestDueAt).toISOString(),
    sweptAt: new Date(found.sweptAt).toISOString(),
    storage: {
      bytes: found.databaseBytes,
      maxBytes: storage.maxBytes,
      level: storageLevel(found.databaseBytes, storage.maxBytes),
    },
    troubles,
  };
  const [worst] = troubles;
  return worst === undefined
    ? c.json({ status: "ok" as const, ...health }, 200)
    : c.json({ status: worst, ...health }, 503);
});

/** What wants a person, the worst first. */
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
