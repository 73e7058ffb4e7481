import { CHANNELS, type ChannelName } from "../../domain/states.ts";
import { bindingsOf } from "./bindings-of.ts";
import { type Finding, merge } from "./finding.ts";
import { allTargets, type Target } from "./target.ts";

/** An item is a pack of deliveries, so batches stay small, and start at once. */
const CONSUMER = { max_batch_size: 2, max_batch_timeout: 0, max_retries: 3, retry_delay: 5 };

/** Names of the outbox's queues in all environments; existing queues keep their names. */
export function queueNames({ file, config }: Target): string[] {
  return allTargets(file, config).flatMap((target) =>
    CHANNELS.map((channel) => queueOf(target, channel) ?? freeName(target, channel)),
  );
}

export function wantQueues(target: Target): Partial<Finding> {
  return merge([
    ...CHANNELS.map((channel) => wantProducer(target, channel)),
    ...CHANNELS.map((channel) => wantConsumer(target, channel)),
  ]);
}

function bindingOf(channel: ChannelName): string {
  return `${channel.toUpperCase()}_QUEUE`;
}

function producerOf({ section }: Target, channel: ChannelName) {
  return section.queues?.producers?.find(({ binding }) => binding === bindingOf(channel));
}

function queueOf(target: Target, channel: ChannelName): string | undefined {
  return producerOf(target, channel)?.queue;
}

/** Chooses another name if the app has a queue with this one. */
function freeName({ section, workerName }: Target, channel: ChannelName): string {
  const { producers = [], consumers = [] } = section.queues ?? {};
  const taken = [...producers, ...consumers].map(({ queue }) => queue);
  const name = `${workerName}-${channel}`;
  return taken.includes(name) ? `${workerName}-outbox-${channel}` : name;
}

function wantProducer(target: Target, channel: ChannelName): Partial<Finding> {
  const binding = bindingOf(channel);
  const there = producerOf(target, channel);
  if (there) return misnamed(there.queue, binding, channel, target.where);
  const taken = bindingsOf(target.section).get(binding);
  if (taken !== undefined) {
    return {
      conflicts: [
        `${binding} in ${target.where} is taken (${taken}): the outbox needs the name for a queue.`,
      ],
    };
  }
  const value = { binding, queue: freeName(target, channel) };
  const why =
    channel === CHANNELS[0]
      ? { why: "One queue for each channel: what is slow does not hold up the others." }
      : {};
  return { additions: [{ kind: "append", at: [...target.path, "queues", "producers"], value, ...why }] };
}

function misnamed(
  queue: string | undefined,
  binding: string,
  channel: ChannelName,
  where: string,
): Partial<Finding> {
  if (queue?.endsWith(`-${channel}`)) return {};
  const found = queue === undefined ? "names no queue" : `sends to the queue ${queue}`;
  return {
    conflicts: [
      `${binding} in ${where} ${found}: the outbox tells its queues by their names, and this one's must end in -${channel}. Rename the queue, or your binding if it is not the outbox's.`,
    ],
  };
}

function wantConsumer(target: Target, channel: ChannelName): Partial<Finding> {
  const queue = queueOf(target, channel) ?? freeName(target, channel);
  const there = target.section.queues?.consumers?.find((consumer) => consumer.queue === queue);
  if (!there) {
    const why =
      channel === CHANNELS[0]
        ? { why: "An item is a pack of deliveries: batches stay small, and start at once." }
        : {};
    const value = { queue, ...CONSUMER };
    return { additions: [{ kind: "append", at: [...target.path, "queues", "consumers"], value, ...why }] };
  }
  if (there.type !== undefined && there.type !== "worker") {
    return {
      conflicts: [
        `The consumer of ${queue} in ${target.where} is ${there.type}: the outbox's must be this Worker.`,
      ],
    };
  }
  if (there.max_batch_size !== undefined && there.max_batch_size <= CONSUMER.max_batch_size) return {};
  return {
    notes: [
      `The consumer of ${queue} in ${target.where} should have max_batch_size = ${CONSUMER.max_batch_size}, with which the outbox reckons: ${there.max_batch_size === undefined ? "the default is 10" : `it is ${there.max_batch_size}`}.`,
    ],
  };
}
