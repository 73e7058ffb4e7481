import type { ChannelName } from "../domain/states.ts";

/** Version of the form below. A consumer leaves tasks of another version to a consumer that knows it. */
export const TASK_VERSION = 1;

/**
 * The body of a queue message: claimed deliveries of one endpoint, by reference. It is worth nothing once
 * the lease token no longer stands in D1, so it may be lost, repeated or late without harm.
 */
export interface DeliveryTask {
  v: typeof TASK_VERSION;
  tenantId: string;
  endpointId: string;
  leaseToken: string;
  /** The sequence numbers of the messages, ascending. */
  seqs: number[];
  /**
   * Largest number of beginnings without a result among them, since the last recorded attempt: such a delivery may kill
   * its consumer. Undefined when all of them were claimed for the first time.
   */
  starts?: number;
  /** Most to be sent at once, for an endpoint that asks to be spared. Undefined: as many as a consumer can. */
  sends?: number;
  /** True: the relay waits to hear of its end, because the tenant has no more share of the consumers until then. */
  tell?: true;
}

/** Queues of the channels, to which tasks are handed. */
export type SendTasks = (channel: ChannelName, tasks: readonly DeliveryTask[]) => Promise<void>;

export function isDeliveryTask(body: unknown): body is DeliveryTask {
  const task = body as Partial<DeliveryTask> | null;
  return (
    typeof task === "object" &&
    task?.v === TASK_VERSION &&
    typeof task.tenantId === "string" &&
    typeof task.endpointId === "string" &&
    typeof task.leaseToken === "string" &&
    Array.isArray(task.seqs) &&
    task.seqs.every(Number.isSafeInteger)
  );
}

/** A task of another version, of a newer or older deployment. */
export function isForeignTask(body: unknown): boolean {
  const version = (body as { v?: unknown } | null)?.v;
  return Number.isSafeInteger(version) && version !== TASK_VERSION;
}
