import { inOneBatch, type Statement } from "../db/database.ts";
import { newLeaseToken } from "../domain/ids.ts";
import { usableMs } from "../domain/pace.ts";
import type { ChannelName } from "../domain/states.ts";
import type { Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { within } from "../platform/within.ts";
import { type Claimed, type HandOverTools, handOver } from "./hand-over.ts";
import { nextAlarmAt, planRound, type Round, type Scheduled } from "./plan-round.ts";
import {
  type ClaimedRow,
  type ClaimRef,
  cancelForDeleted,
  chargePace,
  claimDue,
  markProbe,
  moveBehind,
  releaseDeadHeads,
  type ScheduleRow,
  selectSchedule,
} from "./statements.ts";
import type { Window } from "./window.ts";
import { Windows } from "./windows.ts";

export interface DrainTools extends HandOverTools {
  random: Random;
  leaseMs: number;
}

/** Tools of one drain. `windows`: the room of the tenant's endpoints. */
type Tools = DrainTools & { windows: Windows };

/**
 * One bounded pass over a tenant's due deliveries: claim, pack, hand over, until nothing is due or the pass has lasted
 * long enough. Claims come first: a claimed delivery that is never handed over is due again when its lease ends.
 * Answers the instant of the next look; undefined to wait for a wake.
 * @param windows room of the tenant's endpoints, as the relay knows it; defaults to that of unknown ones
 */
export async function drain(
  given: DrainTools,
  tenantId: string,
  windows = new Windows(),
): Promise<number | undefined> {
  const tools = { ...given, windows };
  const startedAt = tools.clock.now();
  const endsAt = startedAt + limits.drainMs;
  let schedule = await readSchedule(tools, tenantId);
  let stalled: ReadonlySet<string> = new Set();
  const served = new Set<string>();
  const refusing = new Set<ChannelName>();
  let claims = 0;
  let rounds = 0;
  // The first round is always made; otherwise a slow D1 would only ever be asked for the schedule.
  const mayGoOn = () => rounds === 0 || tools.clock.now() < endsAt;
  for (; rounds < limits.roundsPerDrain && mayGoOn(); rounds++) {
    const now = tools.clock.now();
    const round = planRound(schedule, { stalled, served, refusing, share: windows.share.at(now) }, now);
    if (!round) break;
    const done = await runRound(tools, tenantId, round);
    claims += done.claims;
    stalled = done.stalled;
    for (const endpointId of done.served) served.add(endpointId);
    for (const channel of done.refusing) refusing.add(channel);
    schedule = done.schedule;
  }
  const endedAt = tools.clock.now();
  const nextAt = nextAlarmAt(schedule, { refusing, share: windows.share.at(endedAt) }, endedAt);
  windows.drained(claims, endedAt);
  const durationMs = endedAt - startedAt;
  tools.log("relay.drained", { tenant: tenantId, claims, rounds, nextAt: nextAt ?? null, durationMs });
  return nextAt;
}

async function readSchedule(tools: Tools, tenantId: string): Promise<Scheduled[]> {
  const { db, clock, windows } = tools;
  const reading = selectSchedule(db, tenantId, {
    now: clock.now(),
    countedTo: windows.countedTo,
  }).all<ScheduleRow>();
  return scheduled(tools, (await within(clock, limits.d1AnswerMs, reading)).results);
}

function scheduled({ windows }: Tools, rows: readonly ScheduleRow[]): Scheduled[] {
  for (const row of rows) windows.spare(row.endpoint_id, row.max_concurrency);
  return rows.map((row) => ({ ...row, window: windows.of(row.endpoint_id) }));
}

interface RoundDone {
  claims: number;
  stalled: ReadonlySet<string>;
  /** Rate-limited endpoints with a claim in this drain, which get no more in it. */
  served: string[];
  /** Channels whose queue took no task. */
  refusing: ChannelName[];
  schedule: Scheduled[];
}

async function runRound(tools: Tools, tenantId: string, round: Round): Promise<RoundDone> {
  const { db, clock } = tools;
  const now = clock.now();
  const limit = limits.tidiedPerEndpoint;
  const claims = round.claim.map((row) => {
    return claimFrom(tools, tenantId, row, { now, limit: round.room.get(row.endpoint_id) ?? 0 });
  });

  const batch = inOneBatch(db, [
    ...claims.map(({ statements }) => statements),
    round.moveBehind.map((row) => moveBehind(db, tenantId, row.endpoint_id, { now, limit })),
    round.cancel.map((row) => cancelForDeleted(db, tenantId, row.endpoint_id, { now, limit })),
    round.release.map((row) => releaseDeadHeads(db, tenantId, row.endpoint_id, limit)),
    [selectSchedule(db, tenantId, { now, countedTo: tools.windows.countedTo })],
  ]);
  const results = await within(clock, limits.d1AnswerMs, batch);

  const claimed = claims.map((claim, position) => ({
    ...claim,
    tell: round.isShort,
    rows: (results[position]?.[0]?.results ?? []) as ClaimedRow[],
  }));
  for (const { endpointId, window, rows } of claimed)
    tools.windows.share.handedOver(endpointId, window, { deliveries: rows.length, now });
  return {
    claims: claimed.reduce((sum, { rows }) => sum + rows.length, 0),
    stalled: new Set(claimed.filter(({ rows }) => rows.length === 0).map(({ endpointId }) => endpointId)),
    served: claimed
      .filter(({ rateLimit, rows }) => rateLimit !== null && rows.length > 0)
      .map(({ endpointId }) => endpointId),
    refusing: await handOver(tools, tenantId, claimed),
    schedule: scheduled(tools, (results.at(-1)?.[0]?.results ?? []) as ScheduleRow[]),
  };
}

/** Builds the statements of a claim, beside the endpoint they are about. */
function claimFrom(
  tools: Tools,
  tenantId: string,
  row: Scheduled,
  { now, limit }: { now: number; limit: number },
) {
  const { endpoint_id: endpointId, channel, rate_limit: rateLimit, window } = row;
  const leaseToken = newLeaseToken(tools.random);
  // Every other probe is the latest delivery, because the endpoint may fail on the oldest.
  const latestFirst = row.held_until !== null && row.holds % 2 === 0;
  const ref = { tenantId, endpointId, leaseToken };
  const claim = { ...ref, now, leaseMs: tools.leaseMs, limit, latestFirst };
  const statements = [claimDue(tools.db, claim), ...followUp(tools, ref, row, now)];
  return { endpointId, channel, leaseToken, rateLimit, window, ...taskSizes(window, limit), statements };
}

/** Sizes of the tasks of a claim. */
function taskSizes({ pack, sends, atOnce }: Window, limit: number): Pick<Claimed, "pack" | "spared"> {
  if (!Number.isFinite(atOnce)) return { pack };
  return { pack, spared: { sends, atOnce: Math.ceil(limit / pack) * sends } };
}

/** Statements by which the endpoint's row remembers a claim. */
function followUp({ db, leaseMs }: Tools, ref: ClaimRef, row: ScheduleRow, now: number): Statement[] {
  const { rate_limit: rateLimit, held_until } = row;
  if (held_until !== null) return [markProbe(db, ref, now + leaseMs)];
  if (rateLimit === null) return [];
  return [chargePace(db, ref, { rateLimit, usableFrom: now - usableMs(rateLimit) })];
}
