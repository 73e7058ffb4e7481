import type { QueueItem } from "../../src/delivery/consume.ts";
import type { ChannelName } from "../../src/domain/states.ts";
import type { DeliveryTask } from "../../src/relay/delivery-task.ts";
import type { FaultKind, Faults } from "./faults.ts";
import type { Process } from "./process.ts";
import type { SeededRandom } from "./random.ts";

const QUEUE_RETRIES = 3;
/** What can make it right that a delivery travels alone: somebody may have died of it. */
const SCATTERING: readonly FaultKind[] = [
  "death",
  "poison",
  "d1-before",
  "d1-after",
  "d1-overloaded",
  "d1-stalls",
  "d1-full",
];

/** Leases double with every claim that comes to nothing: however long no consumer runs, no more tasks of one delivery wait. */
const WAITING_AT_MOST = 10;

interface Queued {
  channel: ChannelName;
  body: DeliveryTask;
  handedOut: number;
  sentAt: number;
}

/** A batch for a consumer, and what becomes of those that it did not answer for. */
export interface QueueBatch {
  channel: ChannelName;
  items: readonly QueueItem[];
  /** The consumer is gone: what it did not answer for is handed out again. */
  abandon: () => void;
}

interface QueueTools {
  faults: Faults;
  random: SeededRandom;
  leaseMs: number;
  /** Most deliveries that the tenant's relay puts into a task to an endpoint. */
  packOf: (tenantId: string, endpointId: string) => number;
  /** Starts a consumer. */
  consume: (batch: QueueBatch) => void;
}

/** The queues: they lose, repeat, delay and lie, hand out in no order, and give up after some repetitions. */
export class SimQueue {
  /** No consumer runs until then. */
  awayUntil = 0;
  readonly complaints: string[] = [];
  readonly #waiting: Queued[] = [];
  readonly #tools: QueueTools;

  constructor(tools: QueueTools) {
    this.#tools = tools;
  }

  /** `sendBatch`, of a process. */
  send(process: Process, channel: ChannelName, tasks: readonly DeliveryTask[]): Promise<void> {
    const { faults } = this.#tools;
    this.#inspect(tasks);
    if (!faults.strikes("queue-hangs")) return process.step("sendBatch", () => this.#take(channel, tasks));
    const taken = faults.random.chance(0.5);
    faults.record(
      "queue-hangs",
      `${tasks.length} tasks of ${process.name}, ${taken ? "taken" : "not taken"}`,
    );
    return process.hang("sendBatch", taken ? () => this.#take(channel, tasks) : undefined);
  }

  /** However long nobody has looked at them: deliveries travel together, unless somebody may have died of one. */
  #inspect(tasks: readonly DeliveryTask[]) {
    if (SCATTERING.some((kind) => this.#tools.faults.has(kind))) return;
    for (const [endpointId, own] of Map.groupBy(tasks, (task) => task.endpointId)) {
      const deliveries = own.reduce((sum, { seqs }) => sum + seqs.length, 0);
      const pack = this.#tools.packOf(own[0]?.tenantId ?? "", endpointId);
      const needed = Math.ceil(deliveries / pack) + 1;
      if (own.length > needed)
        this.complaints.push(`scattered: ${deliveries} deliveries to ${endpointId} in ${own.length} tasks`);
    }
  }

  #take(channel: ChannelName, tasks: readonly DeliveryTask[]) {
    const { faults } = this.#tools;
    if (faults.strikes("queue-refuses")) {
      faults.record("queue-refuses", `${tasks.length} tasks`);
      throw new Error("Queue is unavailable");
    }
    for (const body of tasks) this.#takeOne(channel, body);
    if (faults.strikes("queue-lies")) {
      faults.record("queue-lies", `${tasks.length} tasks`);
      throw new Error("Queue is unavailable");
    }
  }

  #takeOne(channel: ChannelName, body: DeliveryTask) {
    const { faults, random, leaseMs } = this.#tools;
    const name = nameOf(body);
    if (faults.strikes("queue-loses")) return faults.record("queue-loses", name);
    const copies = faults.strikes("queue-duplicates") ? 2 : 1;
    if (copies > 1) faults.record("queue-duplicates", name);
    for (let copy = 0; copy < copies; copy++) {
      const delayed = faults.strikes("queue-delays");
      if (delayed) faults.record("queue-delays", name);
      const delayMs = delayed ? random.between(1_000, 3 * leaseMs) : random.between(1, 60);
      this.#deliverLater(
        { channel, body: structuredClone(body), handedOut: 0, sentAt: faults.timeline.now },
        delayMs,
      );
    }
  }

  #deliverLater(item: Queued, delayMs: number) {
    const { faults, random } = this.#tools;
    const { timeline } = faults;
    timeline.at(timeline.now + delayMs, () => {
      this.#waiting.push(item);
      this.#inspectBacklog(item.body);
      if (this.#waiting.length === 1) timeline.at(timeline.now + random.between(0, 5), () => this.#handOut());
    });
  }

  /** A database that was set back counts claims anew. */
  #inspectBacklog({ tenantId, endpointId, seqs }: DeliveryTask) {
    if (this.#tools.faults.has("restore")) return;
    const own = this.#waiting.filter(
      ({ body }) => body.tenantId === tenantId && body.endpointId === endpointId && body.seqs[0] === seqs[0],
    );
    const claims = new Set(own.map(({ body }) => body.leaseToken)).size;
    if (claims === WAITING_AT_MOST + 1)
      this.complaints.push(`piled: ${seqs[0]} to ${endpointId} waits in the tasks of ${claims} claims`);
  }

  /** A batch of what is there, in no order. */
  #handOut() {
    const { faults, random, consume } = this.#tools;
    const { timeline } = faults;
    if (timeline.now < this.awayUntil) return timeline.at(this.awayUntil, () => this.#handOut());
    const channel = this.#waiting[0]?.channel;
    const batch = this.#waiting.filter((item) => item.channel === channel).slice(0, 1 + random.below(5));
    for (const item of batch) this.#waiting.splice(this.#waiting.indexOf(item), 1);
    if (this.#waiting.length > 0) timeline.at(timeline.now, () => this.#handOut());
    if (channel === undefined || batch.length === 0) return;
    consume(
      this.#asBatch(
        channel,
        batch.toSorted(() => random.fraction() - 0.5),
      ),
    );
  }

  #asBatch(channel: ChannelName, batch: readonly Queued[]): QueueBatch {
    const { faults, random } = this.#tools;
    const answered = new Set<Queued>();
    const again = (item: Queued, delayMs: number) => {
      answered.add(item);
      const next = { ...item, handedOut: item.handedOut + 1 };
      if (item.handedOut < QUEUE_RETRIES) this.#deliverLater(next, delayMs);
      else faults.timeline.note(`the queue gives up on ${nameOf(item.body)}`);
    };
    const items = batch.map(
      (item): QueueItem => ({
        body: item.body,
        attempts: item.handedOut + 1,
        timestamp: new Date(item.sentAt),
        ack: () => void answered.add(item),
        retry: (options) => again(item, (options?.delaySeconds ?? 0) * 1000),
      }),
    );
    const abandon = () => {
      for (const item of batch) if (!answered.has(item)) again(item, random.between(100, 10_000));
    };
    return { channel, items, abandon };
  }
}

function nameOf({ endpointId, seqs }: DeliveryTask): string {
  return `${endpointId} ${seqs.join(" ")}`;
}
