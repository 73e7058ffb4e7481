import { type Database, inOneBatch, type Statement } from "../db/database.ts";
import { newLeaseToken } from "../domain/ids.ts";
import { usableMs } from "../domain/pace.ts";
import type { ChannelName } from "../domain/states.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type DeliveryTask, type SendTasks, TASK_VERSION } from "./delivery-task.ts";
import { packTasks } from "./pack-tasks.ts";
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
  shortenLeases,
} from "./statements.ts";
import { Windows } from "./windows.ts";

export interface DrainTools {
  db: Database;
  clock: Clock;
  random: Random;
  sendTasks: SendTasks;
  leaseMs: number;
  log: Log;
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
    const round = planRound(schedule, { stalled, served, refusing }, tools.clock.now());
    if (!round) break;
    const done = await runRound(tools, tenantId, round);
    claims += done.claims;
    stalled = done.stalled;
    for (const endpointId of done.served) served.add(endpointId);
    for (const channel of done.refusing) refusing.add(channel);
    schedule = done.schedule;
  }
  const nextAt = nextAlarmAt(schedule, refusing, tools.clock.now());
  const durationMs = tools.clock.now() - startedAt;
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
    rows: (results[position]?.[0]?.results ?? []) as ClaimedRow[],
  }));
  return {
    claims: claimed.reduce((sum, { rows }) => sum + rows.length, 0),
    stalled: new Set(claimed.filter(({ rows }) => rows.length === 0).map(({ endpointId }) => endpointId)),
    served: claimed
      .filter(({ rateLimit, rows }) => rateLimit !== null && rows.length > 0)
      .map(({ endpointId }) => endpointId),
    refusing: await handOverAll(tools, tenantId, claimed),
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
  return { endpointId, channel, leaseToken, rateLimit, pack: window.pack, statements };
}

/** Statements by which the endpoint's row remembers a claim. */
function followUp({ db, leaseMs }: Tools, ref: ClaimRef, row: ScheduleRow, now: number): Statement[] {
  const { rate_limit: rateLimit, held_until } = row;
  if (held_until !== null) return [markProbe(db, ref, now + leaseMs)];
  if (rateLimit === null) return [];
  return [chargePace(db, ref, { rateLimit, usableFrom: now - usableMs(rateLimit) })];
}

interface Claimed {
  endpointId: string;
  channel: ChannelName;
  leaseToken: string;
  /** Most deliveries in a task. */
  pack: number;
  rows: ClaimedRow[];
}

/**
 * Hands over each channel by itself, because an unresponsive queue must not hold up the others. Answers the channels
 * whose queue took no task.
 */
async function handOverAll(
  tools: Tools,
  tenantId: string,
  claimed: readonly Claimed[],
): Promise<ChannelName[]> {
  const channels = [...new Set(claimed.map(({ channel }) => channel))];
  const handed = await Promise.allSettled(
    channels.map((channel) => {
      const tasks = claimed.filter((one) => one.channel === channel).flatMap((one) => tasksOf(tenantId, one));
      return handOver(tools, tenantId, channel, tasks);
    }),
  );
  const failed = handed.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return channels.filter(
    (_, position) => (handed[position] as PromiseFulfilledResult<boolean>).value === false,
  );
}

function tasksOf(tenantId: string, { endpointId, leaseToken, pack, rows }: Claimed): DeliveryTask[] {
  return packTasks(rows, pack).map(({ rows, starts }): DeliveryTask => {
    const seqs = rows.map(({ seq }) => seq);
    return {
      v: TASK_VERSION,
      tenantId,
      endpointId,
      leaseToken,
      seqs,
      ...(starts !== undefined && { starts }),
    };
  });
}

/**
 * Answers true if the queue took all of them. A queue that refuses, or does not answer, is not asked again for the
 * rest.
 */
async function handOver(
  tools: Tools,
  tenantId: string,
  channel: ChannelName,
  tasks: readonly DeliveryTask[],
): Promise<boolean> {
  for (let from = 0; from < tasks.length; from += limits.sendBatchMessages) {
    const batch = tasks.slice(from, from + limits.sendBatchMessages);
    try {
      await within(tools.clock, limits.queueAnswerMs, tools.sendTasks(channel, batch));
    } catch (error) {
      const left = tasks.slice(from);
      const fields = { tenant: tenantId, channel, tasks: left.length };
      tools.log("relay.send_refused", { ...fields, error: describeError(error) });
      await handBack(tools, tenantId, left);
      return false;
    }
  }
  return true;
}

async function handBack({ db, clock }: Tools, tenantId: string, tasks: readonly DeliveryTask[]) {
  const dueAt = clock.now() + limits.relayBackoffMs;
  const tokens = new Set(tasks.map(({ leaseToken }) => leaseToken));
  const statements = [...tokens].map((leaseToken) => {
    const refs = tasks
      .filter((task) => task.leaseToken === leaseToken)
      .flatMap(({ endpointId, seqs }) => seqs.map((seq) => ({ endpointId, seq })));
    return shortenLeases(db, tenantId, { leaseToken, refs }, dueAt);
  });
  await within(clock, limits.d1AnswerMs, db.batch(statements));
}
