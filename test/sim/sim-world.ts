import type { Channel, Dispatch, Reply } from "../../src/channels/channel.ts";
import { consume, type QueueItem } from "../../src/delivery/consume.ts";
import { NO_HANDLERS } from "../../src/domain/handlers.ts";
import type { ChannelName } from "../../src/domain/states.ts";
import { type CommitRequest, type Committed, commit } from "../../src/outbox/commit.ts";
import { KnownTypes } from "../../src/outbox/known-types.ts";
import type { Log } from "../../src/platform/log.ts";
import type { DeliveryTask } from "../../src/relay/delivery-task.ts";
import { ring, wake } from "../../src/relay/relay.ts";
import { purge, type Retention } from "../../src/upkeep/purge.ts";
import { sweep } from "../../src/upkeep/sweep.ts";
import { Faults } from "./faults.ts";
import { PLAIN_VAULT } from "./plain-vault.ts";
import { Process } from "./process.ts";
import { SeededRandom } from "./random.ts";
import { SimD1 } from "./sim-d1.ts";
import type { SimEndpoint } from "./sim-endpoint.ts";
import type { SimHandlers } from "./sim-handlers.ts";
import { Timeline } from "./timeline.ts";

/** So long the world is a bad one. */
export const TROUBLE_MS = 120_000;
export const LEASE_MS = 20_000;
export const TIMEOUT_MS = 5_000;
export const RETRY_SCHEDULE = [1, 5, 20];
/** An endpoint that does nothing but fail for so long is disabled. */
const POLICY = { timeoutMs: TIMEOUT_MS, retrySchedule: RETRY_SCHEDULE, disableAfterMs: 40_000 };
const QUEUE_RETRIES = 3;
const DATABASE_MAX_BYTES = 1e10;
const SWEEP_EVERY_MS = 60_000;

interface Queued {
  channel: ChannelName;
  body: DeliveryTask;
  handedOut: number;
}

/** Cloudflare, as badly as it may behave: D1, Durable Objects with alarms, queues and cron, around the real rooms. */
export class SimWorld {
  readonly random: SeededRandom;
  readonly timeline = new Timeline();
  readonly faults: Faults;
  readonly d1 = new SimD1();
  /** What the isolate that commits knows of event types. */
  readonly types = new KnownTypes();
  readonly endpoints: SimEndpoint[] = [];
  /** The app's own functions; undefined: it has none. */
  handlers: SimHandlers | undefined;
  /** Endpoints whose order has always been strict, and where nobody has skipped anything: each dead one blocks its key. */
  readonly strict = new Set<string>();
  /** When somebody last asked for settled deliveries to be sent again. */
  replayedAt: number | undefined;
  /** What was settled longer ago is removed; undefined: nothing is. */
  retention: Retention | undefined;
  readonly #alarms = new Map<string, number>();
  readonly #ringing = new Set<string>();
  readonly #queue: Queued[] = [];
  #processes = 0;
  #open = true;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.faults = new Faults(this.random, this.timeline);
    this.timeline.note(`faults: ${this.faults.kinds.join(", ") || "none"}`);
    this.#scheduleSweep();
  }

  start(name: string): Process {
    return new Process(`${name}#${++this.#processes}`, this);
  }

  endpointOf(tenantId: string, id: string): SimEndpoint {
    const endpoint = this.endpoints.find((one) => one.tenantId === tenantId && one.id === id);
    if (!endpoint) throw new Error(`There is no endpoint ${id} of ${tenantId}`);
    return endpoint;
  }

  /** A request: it ends with its answer, with an error, or never. */
  commit(process: Process, tenantId: string, request: CommitRequest): Promise<Committed> {
    const db = this.d1.for(process);
    const wake = (tenantId: string, at: number) => this.wake(process, tenantId, at);
    const { random, types } = this;
    const log = this.#log(process);
    const tools = { db, clock: process.clock, random, log, wake, types, handlers: this.#known };
    return commit(tools, tenantId, request);
  }

  /** A hint to a tenant's relay, from a process that does not wait for it. */
  wake(caller: Process, tenantId: string, at: number): void {
    void this.#callRelay(caller, tenantId, at).catch(() => {});
  }

  async #callRelay(caller: Process, tenantId: string, at: number): Promise<void> {
    await caller.step("relay.wake", () => undefined);
    if (this.faults.strikes("wake-fails")) {
      this.faults.record("wake-fails", `${caller.name} for ${tenantId}`);
      throw new Error("The relay could not be reached");
    }
    const relay = this.start(`wake ${tenantId}`);
    await wake(this.#alarm(relay, tenantId), relay.clock, at);
  }

  #alarm(process: Process, tenantId: string) {
    return {
      getAlarm: () => process.step("getAlarm", () => this.#alarms.get(tenantId) ?? null),
      setAlarm: (at: number) => process.step("setAlarm", () => this.#setAlarm(tenantId, at)),
    };
  }

  #setAlarm(tenantId: string, at: number) {
    this.#alarms.set(tenantId, at);
    this.timeline.note(`alarm of ${tenantId} set in ${Math.round(at - this.timeline.now)} ms`);
    this.timeline.at(at, () => this.#goOff(tenantId, at));
  }

  #goOff(tenantId: string, at: number) {
    if (this.#alarms.get(tenantId) !== at) return;
    // An alarm never overlaps itself.
    if (this.#ringing.has(tenantId)) {
      this.timeline.at(this.timeline.now + 5, () => this.#goOff(tenantId, at));
      return;
    }
    this.#alarms.delete(tenantId);
    if (this.faults.strikes("alarm-vanishes")) {
      this.faults.record("alarm-vanishes", tenantId);
      return;
    }
    this.#ring(tenantId);
  }

  #ring(tenantId: string) {
    const process = this.start(`relay ${tenantId}`);
    this.#ringing.add(tenantId);
    const done = () => void this.#ringing.delete(tenantId);
    const { clock } = process;
    const sendTasks = (channel: ChannelName, tasks: readonly DeliveryTask[]) =>
      process.step("sendBatch", () => this.#enqueue(channel, tasks));
    const tools = {
      db: this.d1.for(process),
      clock,
      random: this.random,
      log: this.#log(process),
      leaseMs: LEASE_MS,
      sendTasks,
    };
    void ring(this.#alarm(process, tenantId), tools, tenantId).then(done, done);
    this.#watch(process, done, () => {
      // Alarms run at least once: a killed one is usually run again.
      if (this.random.chance(0.7) && !this.#alarms.has(tenantId))
        this.#setAlarm(tenantId, this.timeline.now + 2_000);
    });
  }

  #enqueue(channel: ChannelName, tasks: readonly DeliveryTask[]) {
    const { faults } = this;
    if (faults.strikes("queue-refuses")) {
      faults.record("queue-refuses", `${tasks.length} tasks`);
      throw new Error("Queue is unavailable");
    }
    for (const body of tasks) this.#enqueueOne(channel, body);
    if (faults.strikes("queue-lies")) {
      faults.record("queue-lies", `${tasks.length} tasks`);
      throw new Error("Queue is unavailable");
    }
  }

  #enqueueOne(channel: ChannelName, body: DeliveryTask) {
    const { faults, random } = this;
    const name = `${body.endpointId} ${body.seqs.join(" ")}`;
    if (faults.strikes("queue-loses")) return faults.record("queue-loses", name);
    const copies = faults.strikes("queue-duplicates") ? 2 : 1;
    if (copies > 1) faults.record("queue-duplicates", name);
    for (let copy = 0; copy < copies; copy++) {
      const delayed = faults.strikes("queue-delays");
      if (delayed) faults.record("queue-delays", name);
      const delayMs = delayed ? random.between(1_000, 3 * LEASE_MS) : random.between(1, 60);
      this.#deliverLater({ channel, body: structuredClone(body), handedOut: 0 }, delayMs);
    }
  }

  #deliverLater(item: Queued, delayMs: number) {
    this.timeline.at(this.timeline.now + delayMs, () => {
      this.#queue.push(item);
      if (this.#queue.length === 1)
        this.timeline.at(this.timeline.now + this.random.between(0, 5), () => this.#handOut());
    });
  }

  /** A batch of what is there, in no order. */
  #handOut() {
    const channel = this.#queue[0]?.channel;
    const batch = this.#queue.filter((item) => item.channel === channel).slice(0, 1 + this.random.below(5));
    for (const item of batch) this.#queue.splice(this.#queue.indexOf(item), 1);
    if (this.#queue.length > 0) this.timeline.at(this.timeline.now, () => this.#handOut());
    if (channel !== undefined && batch.length > 0)
      this.#consume(
        channel,
        batch.toSorted(() => this.random.fraction() - 0.5),
      );
  }

  #consume(channelName: ChannelName, batch: readonly Queued[]) {
    const process = this.start("consumer");
    const answered = new Set<Queued>();
    const again = (item: Queued, delayMs: number) => {
      answered.add(item);
      if (item.handedOut < QUEUE_RETRIES)
        this.#deliverLater({ ...item, handedOut: item.handedOut + 1 }, delayMs);
      else this.timeline.note(`the queue gives up on ${item.body.endpointId} ${item.body.seqs.join(" ")}`);
    };
    const items = batch.map((item): QueueItem => {
      return {
        body: item.body,
        attempts: item.handedOut + 1,
        ack: () => void answered.add(item),
        retry: (options) => again(item, (options?.delaySeconds ?? 0) * 1000),
      };
    });
    const wake = (tenantId: string, at: number) => this.wake(process, tenantId, at);
    const channel: Channel = { deliver: (...call) => this.#deliver(process, channelName, ...call) };
    const { clock } = process;
    const tools = {
      db: this.d1.for(process),
      clock,
      random: this.random,
      log: this.#log(process),
      wake,
      channelName,
      channel,
      vault: PLAIN_VAULT,
      // Some run where commits are made, and go by what was read for them; others are new.
      types: this.#processes % 2 === 0 ? this.types : new KnownTypes(),
      handlers: this.#known,
    };
    void consume(() => ({ ...tools, ...POLICY }), items);
    this.#watch(process, undefined, () => {
      for (const item of batch) if (!answered.has(item)) again(item, this.random.between(100, 10_000));
    });
  }

  #deliver(
    process: Process,
    channelName: ChannelName,
    dispatch: Dispatch,
    signal: AbortSignal,
  ): Promise<Reply> {
    if (channelName === "handler" && this.handlers) return this.handlers.deliver(process, dispatch, signal);
    const endpoint = this.endpointOf(dispatch.tenantId, dispatch.endpoint.id);
    return endpoint.receive(process, dispatch, TIMEOUT_MS);
  }

  get #known() {
    return this.handlers?.known ?? NO_HANDLERS;
  }

  #scheduleSweep() {
    this.timeline.at(this.timeline.now + SWEEP_EVERY_MS, () => {
      if (!this.#open) return;
      const process = this.start("sweep");
      const callRelay = (tenantId: string, at: number) => this.#callRelay(process, tenantId, at);
      const databaseMaxBytes = () => DATABASE_MAX_BYTES;
      void sweep({
        db: this.d1.for(process),
        clock: process.clock,
        log: this.#log(process),
        callRelay,
        databaseMaxBytes,
      });
      if (this.retention) this.#purge(this.retention);
      this.#scheduleSweep();
    });
  }

  #purge(retention: Retention) {
    const process = this.start("purge");
    const { clock } = process;
    void purge({ db: this.d1.for(process), clock, log: this.#log(process), retentionOf: () => retention });
  }

  /** Looks at a process now and then: the platform notices a death only some time later. */
  #watch(process: Process, finished: (() => void) | undefined, died: () => void) {
    const look = (looks: number) => {
      if (process.isDead) {
        finished?.();
        died();
      } else if (looks < 200) {
        this.timeline.at(this.timeline.now + 500, () => look(looks + 1));
      }
    };
    this.timeline.at(this.timeline.now + 500, () => look(0));
  }

  /** Every Durable Object is wiped. */
  loseAlarms() {
    this.timeline.note("all alarms are gone");
    this.#alarms.clear();
  }

  /** No more cron: what is still to happen can be waited for. */
  close() {
    this.#open = false;
  }

  #log(process: Process): Log {
    return (event, fields) => this.timeline.note(`${process.name} ${event} ${JSON.stringify(fields)}`);
  }
}
