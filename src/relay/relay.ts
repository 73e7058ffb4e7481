import type { Observation } from "../domain/observation.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { type DrainTools, drain } from "./drain.ts";
import type { Windows } from "./windows.ts";

/** The relay's only state: the instant of its next look. */
export interface Alarm {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}

/**
 * Makes sure that the alarm goes off at `at` or earlier. Setting it costs a row, so an early enough alarm is kept. An
 * alarm that should have gone off a minute ago is not trusted, and set again.
 */
export async function wake(
  alarm: Alarm,
  clock: Clock,
  at: number,
  aheadMs: number = limits.alarmAheadMs,
): Promise<void> {
  const current = await alarm.getAlarm();
  const now = clock.now();
  const wanted = Math.max(at, now + aheadMs);
  const trusted = current !== null && current > now - limits.staleAlarmMs;
  if (trusted && current <= wanted) return;
  await alarm.setAlarm(wanted);
}

/**
 * Takes in a wake. After a drain that could claim nothing the next is not made at once for commits, which would find it so again:
 * a consumer that ends a task says what it saw, and is not kept waiting.
 */
export async function onWake(
  alarm: Alarm,
  clock: Clock,
  windows: Windows,
  { at, seen }: { at: number; seen: readonly Observation[] },
): Promise<void> {
  for (const observation of seen) windows.learn(observation);
  await wake(alarm, clock, seen.length > 0 ? at : Math.max(at, windows.quietUntil));
}

/**
 * Drains, and sets the next alarm. Never throws for a failed drain, because the platform gives up an alarm that
 * throws.
 */
export async function onAlarm(
  alarm: Alarm,
  tools: DrainTools,
  tenantId: string,
  windows?: Windows,
): Promise<void> {
  const nextAt = await drain(tools, tenantId, windows).catch((error) => {
    tools.log("relay.drain_failed", { tenant: tenantId, error: describeError(error) });
    return tools.clock.now() + limits.relayBackoffMs;
  });
  if (nextAt !== undefined) await wake(alarm, tools.clock, nextAt, limits.nextAlarmAheadMs);
}
