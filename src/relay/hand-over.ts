import type { Database } from "../db/database.ts";
import type { ChannelName } from "../domain/states.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { type DeliveryTask, type SendTasks, TASK_VERSION } from "./delivery-task.ts";
import { packTasks } from "./pack-tasks.ts";
import { type ClaimedRow, shortenLeases } from "./statements.ts";

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

async function handOverChannel(
  tools: HandOverTools,
  tenantId: string,
  channel: ChannelName,
  claimed: readonly Claimed[],
): Promise<boolean> {
  const divided = claimed.map((one) => {
    const tasks = tasksOf(tenantId, one);
    const most = mostAtOnce(tasks, one);
    return { now: tasks.slice(0, most), later: tasks.slice(most) };
  });
  const later = divided.flatMap(({ later }) => later);
  if (later.length > 0) await handBack(tools, tenantId, later, tools.clock.now());
  return sendAll(
    tools,
    tenantId,
    channel,
    divided.flatMap(({ now }) => now),
  );
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

/** Number of a claim's tasks that may be under way at once: large payloads, and suspects, divide it into more than it has packs. */
function mostAtOnce(tasks: readonly DeliveryTask[], { spared }: Claimed): number {
  if (!spared) return tasks.length;
  let sends = 0;
  const tooMany = tasks.findIndex((task) => {
    sends += task.sends ?? spared.sends;
    return sends > spared.atOnce;
  });
  return tooMany < 0 ? tasks.length : tooMany;
}

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

async function handBack(
  { db, clock }: HandOverTools,
  tenantId: string,
  tasks: readonly DeliveryTask[],
  dueAt: number,
) {
  const tokens = new Set(tasks.map(({ leaseToken }) => leaseToken));
  const statements = [...tokens].map((leaseToken) => {
    const refs = tasks
      .filter((task) => task.leaseToken === leaseToken)
      .flatMap(({ endpointId, seqs }) => seqs.map((seq) => ({ endpointId, seq })));
    return shortenLeases(db, tenantId, { leaseToken, refs }, dueAt);
  });
  await within(clock, limits.d1AnswerMs, db.batch(statements));
}
