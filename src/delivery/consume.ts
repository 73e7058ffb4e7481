import type { Database } from "../db/database.ts";
import { isSuspect } from "../domain/suspicion.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { isDeliveryTask, isForeignTask } from "../relay/delivery-task.ts";
import { carryOut } from "./carry-out.ts";
import { Slots } from "./slots.ts";
import type { DeliveryTools, Invocation } from "./task-run.ts";

/** The part of Cloudflare's queue message that the consumer needs. */
export interface QueueItem {
  readonly body: unknown;
  /** Number of times it was handed out, this time included. */
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

/**
 * Carries out the tasks of a queue batch side by side, then the suspects one by one, so that a task that kills this
 * process is certainly found. Only this function acknowledges an item, or asks for it again. Never throws: an item
 * handed out twice costs a look at D1, a batch handed out twice five.
 */
export async function consume(tools: DeliveryTools, items: readonly QueueItem[]) {
  const invocation: Invocation = {
    slots: new Slots(limits.concurrentSends),
    endsAt: tools.clock.now() + limits.invocationMs,
    queriesLeft: limits.d1QueriesPerInvocation,
    attempts: 0,
    exhausted: false,
    ledgers: new Set(),
  };
  const suspects = items.filter(holdsSuspect);
  const others = items.filter((item) => !holdsSuspect(item));
  await Promise.all(others.map((item) => consumeItem(tools, invocation, item)));
  for (const item of suspects) await consumeItem(tools, invocation, item);
}

function holdsSuspect({ body }: QueueItem): boolean {
  return isDeliveryTask(body) && isSuspect(body.starts ?? 0);
}

async function consumeItem(tools: DeliveryTools, invocation: Invocation, item: QueueItem) {
  const task = item.body;
  if (!isDeliveryTask(task)) return reject(tools.log, item);
  try {
    await carryOut(metered(tools, invocation), invocation, task, item.attempts > 1);
    item.ack();
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = task;
    tools.log("delivery.task_failed", { tenant, endpoint, error: describeError(error) });
    item.retry({ delaySeconds: limits.taskRetrySeconds });
  }
}

/** Hands a task of another version back, for a Worker that knows it. If none takes it, its lease ends. */
function reject(log: Log, item: QueueItem): void {
  const isForeign = isForeignTask(item.body);
  log("delivery.task_rejected", { body: typeof item.body, again: isForeign });
  if (isForeign) item.retry({ delaySeconds: limits.taskRetrySeconds });
  else item.ack();
}

/** Counts every query against D1's limit for an invocation, and ends the wait for a D1 that does not answer. */
function metered(tools: DeliveryTools, invocation: Invocation): DeliveryTools {
  const { db, clock } = tools;
  const batch: Database["batch"] = (statements) => {
    invocation.queriesLeft -= statements.length;
    return within(clock, limits.d1AnswerMs, db.batch(statements));
  };
  return { ...tools, db: { prepare: (query) => db.prepare(query), batch } };
}
