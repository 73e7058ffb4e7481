import type { Channel } from "../channels/channel.ts";
import { untilAnswered } from "../db/until-answered.ts";
import { readDoubt } from "../domain/email-doubt.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { aloneIn } from "./alone.ts";
import { readBatch } from "./batch-members.ts";
import { bindDelivery } from "./batch-statements.ts";
import { UNSENT_MARK } from "./hold.ts";
import type { LeasedRow } from "./rows.ts";
import type { DeliveryTools } from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

/** True if no account may have it, so that any can send it: in a pool it is bound before it is sent, whatever became of a consumer. */
export function isFree({ batch }: LeasedRow): boolean {
  return batch === null || batch === UNSENT_MARK;
}

/** A channel, and those of its pool to which it passes deliveries, in their order. */
export function accountsFrom(first: Channel): Channel[] {
  const channels: Channel[] = [];
  for (let channel: Channel | undefined = first; channel; channel = channel.pool?.next)
    channels.push(channel);
  return channels;
}

/** Tools with the account that may have a delivery already; with the first one of the pool, if none may. */
export function boundTools(tools: DeliveryTools, { batch }: LeasedRow): DeliveryTools {
  if (!tools.channel.pool || !batch) return tools;
  const { account } = readDoubt(batch) ?? readBatch(batch);
  const channel = accountsFrom(tools.channel).find(({ pool }) => pool?.account === account);
  return channel ? { ...tools, channel } : tools;
}

/**
 * Puts on record that a delivery is about to be sent by itself: in a pool with the account to which it is bound from then on.
 * False: its lease is lost, or another consumer sends it.
 */
export async function bind(
  { db, clock, channel }: DeliveryTools,
  task: DeliveryTask,
  { seq, batch, doubt }: LeasedRow,
): Promise<boolean> {
  const mark = doubt ?? (channel.pool && aloneIn(channel));
  if (mark === undefined || batch === mark) return true;
  const [bound] = await untilAnswered(clock, () => db.batch([bindDelivery(db, task, { seq, batch, mark })]));
  return (bound?.results.length ?? 0) > 0;
}

/** In a pool an account that fails is held by its keeper, and the others take its e-mails: the endpoint stays open. */
export function withoutFailure({ channel }: DeliveryTools, verdict: Verdict): Verdict {
  return channel.pool && verdict.healthSignal !== "well" ? { ...verdict, healthSignal: null } : verdict;
}
