import type { ChannelName } from "../domain/states.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { type DrainTools, drain } from "../relay/drain.ts";

/** More turns than any tenant needs, unless its handlers commit work for each other for ever. */
const TURNS = 200;

interface QueuedTask {
  channel: ChannelName;
  body: DeliveryTask;
  attempts: number;
}

type Consume = (batch: MessageBatch) => Promise<void>;

/**
 * Plays a tenant's relay and the queues: drains, and consumes each task at once, one after the other, until nothing is
 * due. Answers the next due instant, in milliseconds; undefined when nothing waits.
 * @throws {Error} when it does not come to an end
 */
export async function deliverDue(
  tools: Omit<DrainTools, "sendTasks">,
  consume: Consume,
  tenantId: string,
): Promise<number | undefined> {
  const queued: QueuedTask[] = [];
  const sendTasks: DrainTools["sendTasks"] = async (channel, bodies) =>
    void queued.push(...bodies.map((body) => ({ channel, body, attempts: 1 })));
  for (let turn = 0; turn < TURNS; turn++) {
    const nextAt = await drain({ ...tools, sendTasks }, tenantId);
    const isIdle = queued.length === 0 && (nextAt === undefined || nextAt > tools.clock.now());
    if (isIdle) return nextAt;
    for (const task of queued.splice(0)) await consume(batchOf(task, queued, tools.clock.now()));
  }
  throw new Error(
    `The tenant "${tenantId}" is still busy after ${TURNS} turns. Do its handlers commit work for each other without end?`,
  );
}

/** A batch of one. A task to retry is queued again. */
function batchOf(
  { channel, body, attempts }: QueuedTask,
  queued: QueuedTask[],
  sentAt: number,
): MessageBatch {
  const message = {
    body,
    attempts,
    timestamp: new Date(sentAt),
    ack: () => undefined,
    retry: () => void queued.push({ channel, body, attempts: attempts + 1 }),
  };
  return { queue: `test-${channel}`, messages: [message] } as unknown as MessageBatch;
}
