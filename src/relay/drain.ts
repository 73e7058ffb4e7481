import { type Database, inOneBatch, type Statement } from "../db/database.ts";
import { newLeaseToken } from "../domain/ids.ts";
import { usableMs } from "../domain/pace.ts";
import type { ChannelName } from "../domain/states.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { type DeliveryTask, type SendTasks, TASK_VERSION } from "./delivery-task.ts";
import { packTasks } from "./pack-tasks.ts";
import { nextAlarmAt, planRound, type Round, roomFor } from "./plan-round.ts";
import {
  type ClaimedRow,
  cancelForDeleted,
  chargePace,
  claimDue,
  markProbe,
  parkBlocked,
  type ScheduleRow,
  selectSchedule,
  shortenLeases,
} from "./statements.ts";

export interface DrainTools {
  db: Database;
  clock: Clock;
  random: Random;
  sendTasks: SendTasks;
  leaseMs: number;
  log: Log;
}

/**
 * One bounded pass over a tenant's due deliveries: claim, pack, hand over, until nothing is due or the pass
 * has lasted long enough. Claims come first: what is claimed and never handed over is due again when its
 * lease ends. Answers when to look again, undefined for "not before somebody wakes me".
 */
export async function drain(tools: DrainTools, tenantId: string): Promise<number | undefined> {
  const startedAt = tools.clock.now();
  const endsAt = startedAt + limits.drainMs;
  let schedule = await readSchedule(tools.db, tenantId, startedAt);
  let stalled: ReadonlySet<string> = new Set();
  const served = new Set<string>();
  let claims = 0;
  let rounds = 0;
  for (; rounds < limits.roundsPerDrain && tools.clock.now() < endsAt; rounds++) {
    const round = planRound(schedule, { stalled, served }, tools.clock.now());
    if (!round) break;
    const done = await runRound(tools, tenantId, round);
    claims += done.claims;
    stalled = done.stalled;
    for (const endpointId of done.served) served.add(endpointId);
    schedule = done.schedule;
  }
  const nextAt = nextAlarmAt(schedule);
  const durationMs = tools.clock.now() - startedAt;
  tools.log("relay.drained", { tenant: tenantId, claims, rounds, nextAt: nextAt ?? null, durationMs });
  return nextAt;
}

async function readSchedule(db: Database, tenantId: string, now: number): Promise<ScheduleRow[]> {
  const { results } = await selectSchedule(db, tenantId, now).all<ScheduleRow>();
  return results;
}

interface RoundDone {
  claims: number;
  stalled: ReadonlySet<string>;
  /** Those with a rate limit that something was claimed from: they get no more in this drain. */
  served: string[];
  schedule: ScheduleRow[];
}

async function runRound(tools: DrainTools, tenantId: string, round: Round): Promise<RoundDone> {
  const { db, leaseMs } = tools;
  const now = tools.clock.now();
  const limit = limits.parkedPerEndpoint;
  const claims = round.claim.map((row) => {
    const { endpoint_id: endpointId, channel, rate_limit: rateLimit } = row;
    const leaseToken = newLeaseToken(tools.random);
    const limit = roomFor(row, now);
    // Every other probe is the latest: what is oldest may be what it fails on.
    const latestFirst = row.held_until !== null && row.holds % 2 === 0;
    const claim = claimDue(db, { tenantId, endpointId, leaseToken, now, leaseMs, limit, latestFirst });
    return {
      endpointId,
      channel,
      leaseToken,
      rateLimit,
      statements: [claim, ...followUp(tools, tenantId, row)],
    };
  });

  const results = await inOneBatch(db, [
    ...claims.map(({ statements }) => statements),
    round.park.map((row) => parkBlocked(db, tenantId, row.endpoint_id, now, limit)),
    round.cancel.map((row) => cancelForDeleted(db, tenantId, row.endpoint_id, now, limit)),
    [selectSchedule(db, tenantId, now)],
  ]);

  const claimed = claims.map((claim, position) => ({
    ...claim,
    rows: (results[position]?.[0]?.results ?? []) as ClaimedRow[],
  }));
  for (const channel of new Set(claimed.map((claim) => claim.channel))) {
    const ofChannel = claimed.filter((claim) => claim.channel === channel);
    await handOver(tools, tenantId, channel, ofChannel);
  }
  return {
    claims: claimed.reduce((sum, { rows }) => sum + rows.length, 0),
    stalled: new Set(claimed.filter(({ rows }) => rows.length === 0).map(({ endpointId }) => endpointId)),
    served: claimed
      .filter(({ rateLimit, rows }) => rateLimit !== null && rows.length > 0)
      .map(({ endpointId }) => endpointId),
    schedule: (results.at(-1)?.[0]?.results ?? []) as ScheduleRow[],
  };
}

/** What the endpoint's row remembers of a claim. Each looks at what the claim before it has changed. */
function followUp({ db, clock, leaseMs }: DrainTools, tenantId: string, row: ScheduleRow): Statement[] {
  const { endpoint_id: endpointId, rate_limit: rateLimit, held_until } = row;
  const now = clock.now();
  if (held_until !== null) return [markProbe(db, tenantId, endpointId, now + leaseMs)];
  if (rateLimit === null) return [];
  return [chargePace(db, tenantId, endpointId, { rateLimit, usableFrom: now - usableMs(rateLimit) })];
}

interface Claimed {
  endpointId: string;
  leaseToken: string;
  rows: ClaimedRow[];
}

async function handOver(tools: DrainTools, tenantId: string, channel: ChannelName, claimed: Claimed[]) {
  const tasks = claimed.flatMap(({ endpointId, leaseToken, rows }) =>
    packTasks(rows).map(({ rows, starts }): DeliveryTask => {
      const seqs = rows.map(({ seq }) => seq);
      return {
        v: TASK_VERSION,
        tenantId,
        endpointId,
        leaseToken,
        seqs,
        ...(starts !== undefined && { starts }),
      };
    }),
  );
  for (let from = 0; from < tasks.length; from += limits.sendBatchMessages) {
    const batch = tasks.slice(from, from + limits.sendBatchMessages);
    try {
      await tools.sendTasks(channel, batch);
    } catch (error) {
      tools.log("relay.send_refused", {
        tenant: tenantId,
        channel,
        tasks: batch.length,
        error: describeError(error),
      });
      await handBack(tools, tenantId, batch);
    }
  }
}

async function handBack(tools: DrainTools, tenantId: string, tasks: readonly DeliveryTask[]) {
  const dueAt = tools.clock.now() + limits.relayBackoffMs;
  const tokens = new Set(tasks.map(({ leaseToken }) => leaseToken));
  await tools.db.batch(
    [...tokens].map((token) => {
      const refs = tasks
        .filter(({ leaseToken }) => leaseToken === token)
        .flatMap(({ endpointId, seqs }) => seqs.map((seq) => ({ endpointId, seq })));
      return shortenLeases(tools.db, tenantId, token, refs, dueAt);
    }),
  );
}
