import type { Database } from "../db/database.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { isDeliveryTask } from "../relay/delivery-task.ts";
import { carryOut, type DeliveryTools, type Invocation } from "./carry-out.ts";
import { Slots } from "./slots.ts";

/** What the consumer needs of Cloudflare's queue message. */
export interface QueueItem {
  readonly body: unknown;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

/**
 * Carries out the tasks of a queue batch side by side, the suspects afterwards and one by one, so that one that
 * kills this process leaves no doubt which it was; and answers for each: this is the only place that
 * acknowledges. Never throws: an item handed out twice costs a look at D1, a batch handed out twice five.
 */
export async function consume(toolsFor: (tenantId: string) => DeliveryTools, items: readonly QueueItem[]) {
  const invocation: Invocation = {
    slots: new Slots(limits.concurrentSends),
    endsAt: toolsFor("").clock.now() + limits.invocationMs,
    queriesLeft: limits.d1QueriesPerInvocation,
    ledgers: new Set(),
  };
  const suspects = items.filter(isSuspect);
  const others = items.filter((item) => !isSuspect(item));
  await Promise.all(others.map((item) => consumeItem(toolsFor, invocation, item)));
  for (const item of suspects) await consumeItem(toolsFor, invocation, item);
}

function isSuspect({ body }: QueueItem): boolean {
  return isDeliveryTask(body) && body.suspect === true;
}

async function consumeItem(
  toolsFor: (tenantId: string) => DeliveryTools,
  invocation: Invocation,
  item: QueueItem,
) {
  const task = item.body;
  if (!isDeliveryTask(task)) {
    toolsFor("").log("delivery.task_rejected", { body: typeof task });
    item.ack();
    return;
  }
  const tools = metered(toolsFor(task.tenantId), invocation);
  try {
    await carryOut(tools, invocation, task);
    item.ack();
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = task;
    tools.log("delivery.task_failed", { tenant, endpoint, error: describeError(error) });
    item.retry({ delaySeconds: limits.taskRetrySeconds });
  }
}

/** Every query counts against what D1 allows an invocation. */
function metered(tools: DeliveryTools, invocation: Invocation): DeliveryTools {
  const { db } = tools;
  const batch: Database["batch"] = (statements) => {
    invocation.queriesLeft -= statements.length;
    return db.batch(statements);
  };
  return { ...tools, db: { prepare: (query) => db.prepare(query), batch } };
}
