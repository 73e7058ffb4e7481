import { CHANNELS, type ChannelName } from "./domain/states.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { requireBindings } from "./platform/bindings.ts";
import type { DeliveryTask } from "./relay/delivery-task.ts";

/** Binding of each channel's queue. */
export const QUEUES = {
  webhook: "WEBHOOK_QUEUE",
  email: "EMAIL_QUEUE",
  handler: "HANDLER_QUEUE",
} as const satisfies Record<ChannelName, keyof OutboxEnv>;

/** @throws {ConfigError} naming the missing binding */
export function queueOf(env: object, channel: ChannelName): Queue<DeliveryTask> {
  const binding = QUEUES[channel];
  requireBindings(env, [binding]);
  return (env as Record<typeof binding, Queue<DeliveryTask>>)[binding];
}

/** Queues are named after their channel: `<anything>-webhook`, `<anything>-email`, `<anything>-handler`. */
export function channelOfQueue(name: string): ChannelName {
  const channel = CHANNELS.find((channel) => name.endsWith(`-${channel}`));
  if (channel) return channel;
  throw new Error(
    `The queue "${name}" does not belong to the outbox: its name must end in ${CHANNELS.map((one) => `-${one}`).join(", ")}`,
  );
}
