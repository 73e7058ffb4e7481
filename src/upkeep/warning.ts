import { newNonce } from "../domain/ids.ts";
import type { SystemEvent } from "../domain/system-events.ts";
import type { Announcement } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";

/** A system event of the cron. `toldAt`: instant at which the same was last told of. */
export function warningOf(
  tenantId: string | null,
  eventType: SystemEvent,
  told: object,
  { toldAt, now, random }: { toldAt: number | null; now: number; random: Random },
): Announcement {
  const payload = {
    ...(tenantId !== null && { tenantId }),
    ...told,
    observedAt: new Date(now).toISOString(),
  };
  return {
    tenantId,
    eventType,
    nonce: newNonce(random),
    payload: JSON.stringify(payload),
    orderingKey: eventType,
    seq: null,
    toldAt,
  };
}

/** True if nothing was told within the quiet time, or only of a lower level. */
export function isToBeTold<Level extends string>(
  levels: readonly Level[],
  level: Level,
  { toldAt, told }: { toldAt: number | null; told: Level | null },
  { quietMs, now }: { quietMs: number; now: number },
): boolean {
  if (toldAt === null || now - toldAt >= quietMs) return true;
  return told === null || levels.indexOf(level) > levels.indexOf(told);
}
