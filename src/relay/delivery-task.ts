import type { ChannelName } from "../domain/states.ts";

/**
 * The body of a queue message: claimed deliveries of one endpoint, by reference. It is worth nothing once
 * the lease token no longer stands in D1, so it may be lost, repeated or late without harm.
 */
export interface DeliveryTask {
  tenantId: string;
  endpointId: string;
  leaseToken: string;
  /** The sequence numbers of the messages, ascending. */
  seqs: number[];
  /** Claimed before, again and again, without an attempt on record: it may be what kills its consumer. */
  suspect?: true;
}

/** Where tasks are handed over: the queue of each channel. */
export type SendTasks = (channel: ChannelName, tasks: readonly DeliveryTask[]) => Promise<void>;

export function isDeliveryTask(body: unknown): body is DeliveryTask {
  const task = body as Partial<DeliveryTask> | null;
  return (
    typeof task === "object" &&
    typeof task?.tenantId === "string" &&
    typeof task.endpointId === "string" &&
    typeof task.leaseToken === "string" &&
    Array.isArray(task.seqs) &&
    task.seqs.every(Number.isSafeInteger)
  );
}
