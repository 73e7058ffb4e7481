import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { isDeliveryTask } from "../relay/delivery-task.ts";
import { carryOut, type DeliveryTools } from "./carry-out.ts";
import { Slots } from "./slots.ts";

/** What the consumer needs of Cloudflare's queue message. */
export interface QueueItem {
  readonly body: unknown;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

/**
 * Carries out the tasks of a queue batch side by side, and answers for each: this is the only place that
 * acknowledges. Never throws: an item handed out twice costs a look at D1, a batch handed out twice five.
 */
export async function consume(toolsFor: (tenantId: string) => DeliveryTools, items: readonly QueueItem[]) {
  const slots = new Slots(limits.concurrentSends);
  await Promise.all(items.map((item) => consumeItem(toolsFor, slots, item)));
}

async function consumeItem(toolsFor: (tenantId: string) => DeliveryTools, slots: Slots, item: QueueItem) {
  const task = item.body;
  if (!isDeliveryTask(task)) {
    toolsFor("").log("delivery.task_rejected", { body: typeof task });
    item.ack();
    return;
  }
  const tools = toolsFor(task.tenantId);
  try {
    await carryOut(tools, slots, task);
    item.ack();
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = task;
    tools.log("delivery.task_failed", { tenant, endpoint, error: describeError(error) });
    item.retry({ delaySeconds: limits.taskRetrySeconds });
  }
}
