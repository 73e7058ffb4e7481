import type { Database } from "../db/database.ts";
import type { ChannelName } from "../domain/states.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type DeliveryTask, type SendTasks, TASK_VERSION } from "./delivery-task.ts";
import { packTasks } from "./pack-tasks.ts";
import { type ClaimedRow, refundPace, shortenLeases } from "./statements.ts";

export interface HandOverTools {
  db: Database;
  clock: Clock;
  sendTasks: SendTasks;
  log: Log;
}

interface Spared {
  sends: number;
  atOnce: number;
}

/** Deliveries of one endpoint that were leased together. */
export interface Claimed {
  endpointId: string;
  channel: ChannelName;
  leaseToken: string;
  /** Most deliveries in a task. */
  pack: number;
  /** For an endpoint that asks to be spared: most that a task sends at once, and most that all of them do. */
  spared?: Spared | undefined;
  rows: readonly ClaimedRow[];
  /** The relay waits to hear of the end of its tasks. */
  tell?: boolean;
}

/**
 * Hands over each channel by itself, because an unresponsive queue must not hold up the others. Answers the channels
 * whose queue took no task: their deliveries are due again after a while.
 */
export async function handOver(
  tools: HandOverTools,
  tenantId: string,
  claimed: readonly Claimed[],
): Promise<ChannelName[]> {
  const channels = [...new Set(claimed.map(({ channel }) => channel))];
  const handed = await Promise.allSettled(
    channels.map((channel) => {
      const ofChannel = claimed.filter((one) => one.channel === channel);
      return handOverChannel(tools, tenantId, channel, ofChannel);
    }),
  );
  const failed = handed.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return channels.filter(
    (_, position) => (handed[position] as PromiseFulfilledResult<boolean>).value === false,
  );
}

/** Answers true if the queue took all tasks that were handed to it. */
async function handOverChannel(
  tools: HandOverTools,
  tenantId: string,
  channel: ChannelName,
  claimed: readonly Claimed[],
): Promise<boolean> {
  const divided = claimed.map((one) => divide(tasksOf(tenantId, one), one));
  const taken = await sendAll(
    tools,
    tenantId,
    channel,
    divided.flatMap(({ now }) => now),
  );
  const later = divided.flatMap(({ later }) => later);
  if (later.length > 0) await handBack(tools, tenantId, later, null);
  return taken;
}

function tasksOf(
  tenantId: string,
  { endpointId, leaseToken, pack, rows, tell, spared }: Claimed,
): DeliveryTask[] {
  return packTasks(rows, pack).map(({ rows, starts }): DeliveryTask => {
    const seqs = rows.map(({ seq }) => seq);
    return {
      v: TASK_VERSION,
      tenantId,
      endpointId,
      leaseToken,
      seqs,
      ...(starts !== undefined && { starts }),
      ...(spared && { sends: Math.min(spared.sends, seqs.length) }),
      ...(tell && { tell }),
    };
  });
}

/**
 * Divides the tasks of a claim into those that may be under way at once, the oldest first, and those that wait. Large payloads,
 * and suspects, make more tasks of it than it was granted.
 */
function divide(tasks: readonly DeliveryTask[], { spared }: Claimed) {
  if (!spared) return { now: tasks, later: [] };
  const [now, later]: [DeliveryTask[], DeliveryTask[]] = [[], []];
  let left = spared.atOnce;
  for (const task of tasks.toSorted((one, other) => firstSeq(one) - firstSeq(other))) {
    left -= task.sends ?? spared.sends;
    (left >= 0 ? now : later).push(task);
  }
  return { now, later };
}

const firstSeq = ({ seqs }: DeliveryTask) => seqs[0] ?? 0;

/**
 * Answers true if the queue took all of them. A queue that refuses, or does not answer, is not asked again for the
 * rest.
 */
async function sendAll(
  tools: HandOverTools,
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
      await handBack(tools, tenantId, left, tools.clock.now() + limits.relayBackoffMs);
      return false;
    }
  }
  return true;
}

/** `dueAt`: null for the instant at which each was due before. */
async function handBack(
  { db, clock }: HandOverTools,
  tenantId: string,
  tasks: readonly DeliveryTask[],
  dueAt: number | null,
) {
  const tokens = new Set(tasks.map(({ leaseToken }) => leaseToken));
  const statements = [...tokens].map((leaseToken) => {
    const refs = tasks
      .filter((task) => task.leaseToken === leaseToken)
      .flatMap(({ endpointId, seqs }) => seqs.map((seq) => ({ endpointId, seq })));
    return shortenLeases(db, tenantId, { leaseToken, refs }, dueAt);
  });
  if (dueAt === null) statements.push(...tasks.map((task) => refundPace(db, task, task.seqs.length)));
  await within(clock, limits.d1AnswerMs, db.batch(statements));
}
