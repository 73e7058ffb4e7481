import type { Channel, Dispatch, Reply } from "../../src/channels/channel.ts";
import { consume } from "../../src/delivery/consume.ts";
import { NO_HANDLERS } from "../../src/domain/handlers.ts";
import { CHANNELS, type ChannelName } from "../../src/domain/states.ts";
import type { Host } from "../../src/host.ts";
import { type CommitRequest, type CommitResult, commit } from "../../src/outbox/commit.ts";
import { createWake, type Wake } from "../../src/outbox/waker.ts";
import type { Log } from "../../src/platform/log.ts";
import { seeingThrough } from "../../src/platform/see-through.ts";
import type { SendTasks } from "../../src/relay/delivery-task.ts";
import { commitTools, deliveryTools, drainTools, upkeepTools } from "../../src/room-tools.ts";
import { purge, type Retention } from "../../src/upkeep/purge.ts";
import { sumUpAll } from "../../src/upkeep/sum-up.ts";
import { sweep } from "../../src/upkeep/sweep.ts";
import { newTypes } from "../support/known-types.ts";
import { Faults } from "./faults.ts";
import { Isolate } from "./isolate.ts";
import { PLAIN_VAULT } from "./plain-vault.ts";
import { isolateOf, Process } from "./process.ts";
import { SeededRandom } from "./random.ts";
import { DATABASE_MAX_BYTES, SimD1 } from "./sim-d1.ts";
import type { SimEndpoint } from "./sim-endpoint.ts";
import type { SimHandlers } from "./sim-handlers.ts";
import { FROM, type SimMail } from "./sim-mail.ts";
import { type QueueBatch, SimQueue } from "./sim-queue.ts";
import { SimRelays } from "./sim-relay.ts";
import { Timeline } from "./timeline.ts";

/** So long the world is a bad one. */
export const TROUBLE_MS = 120_000;
export const LEASE_MS = 20_000;
export const TIMEOUT_MS = 5_000;
export const RETRY_SCHEDULE = [1, 5, 20];
/** An endpoint that does nothing but fail for so long is disabled. */
const POLICY = {
  leaseMs: LEASE_MS,
  timeoutMs: TIMEOUT_MS,
  retrySchedule: RETRY_SCHEDULE,
  disableAfterMs: 40_000,
};
const NO_RETENTION: Retention = {
  retentionMs: Infinity,
  deadRetentionMs: Infinity,
  leastRetentionMs: Infinity,
  databaseMaxBytes: DATABASE_MAX_BYTES,
};
const SWEEP_EVERY_MS = 60_000;
const SUMS_EVERY_MS = 7_000;
const ISOLATES = 2;

/** Cloudflare, as badly as it may behave: D1, Durable Objects with alarms, queues and cron, around the real rooms. */
export class SimWorld {
  readonly random: SeededRandom;
  readonly timeline = new Timeline();
  readonly faults: Faults;
  readonly d1: SimD1;
  readonly queue: SimQueue;
  readonly relays: SimRelays;
  readonly isolates = Array.from({ length: ISOLATES }, () => new Isolate());
  readonly endpoints: SimEndpoint[] = [];
  /** The app's own functions; undefined: it has none. */
  handlers: SimHandlers | undefined;
  /** The account that e-mails go through; undefined: there are none. */
  mail: SimMail | undefined;
  /** Endpoints whose order has always been strict, and where nobody has skipped anything: each dead one blocks its key. */
  readonly strict = new Set<string>();
  /** When somebody last asked for settled deliveries to be sent again. */
  replayedAt: number | undefined;
  /** What was settled longer ago is removed; undefined: nothing is. */
  retention: Retention | undefined;
  /** Runs of the cron that were not through when the next one began. */
  readonly complaints: string[] = [];
  /** Commits lease what nothing stands before, and hand it over: in two histories of three. */
  readonly leasesAtCommit: boolean;
  /** Requests that an endpoint may have at once, where it asks for that: in one history of five. */
  readonly maxConcurrency: number | undefined;
  /** The cron sums outcomes up, far more often than it would: in one history of four. The others leave that to the purge. */
  readonly sumsUp: boolean;
  /** The tenant that hears the system events of all: in one history of four. */
  readonly systemEventsTenant: string | undefined;
  /** Until then every other process is of an older version. */
  versionsUntil = 0;
  readonly #old = new WeakSet<Process>();
  #processes = 0;
  #open = true;

  /** @param without faults that no history is to have */
  constructor(seed: number, without: readonly string[] = []) {
    this.random = new SeededRandom(seed);
    this.leasesAtCommit = seed % 3 !== 0;
    this.sumsUp = seed % 4 === 1;
    this.systemEventsTenant = seed % 4 === 3 ? "watcher" : undefined;
    this.maxConcurrency = seed % 5 === 2 ? 1 + (seed % 7) : undefined;
    this.faults = new Faults(seed, this.random, this.timeline, without);
    this.d1 = new SimD1(seed);
    this.timeline.note(`faults: ${this.faults.kinds.join(", ") || "none"}`);
    const { faults, random } = this;
    const start = (name: string) => this.start(name);
    this.queue = new SimQueue({
      faults,
      random,
      leaseMs: LEASE_MS,
      packOf: (...endpoint) => this.relays.packOf(...endpoint),
      consume: (batch) => this.#consume(batch),
    });
    this.relays = new SimRelays({
      faults,
      random,
      start,
      drainTools: (process) => drainTools(this.#host(process)),
    });
    this.#scheduleSweep();
    if (this.sumsUp) this.#scheduleSums();
  }

  start(name: string): Process {
    const isolate = this.isolates[++this.#processes % ISOLATES];
    const process = new Process(`${name}#${this.#processes}`, this, isolate);
    if (this.versionsUntil > this.timeline.now && isolate === this.isolates[0]) this.#old.add(process);
    return process;
  }

  endpointOf(tenantId: string, id: string): SimEndpoint {
    const endpoint = this.endpoints.find((one) => one.tenantId === tenantId && one.id === id);
    if (!endpoint) throw new Error(`There is no endpoint ${id} of ${tenantId}`);
    return endpoint;
  }

  /** Whether a process is of an older version of the Worker. */
  isOld(process: Process): boolean {
    return this.#old.has(process);
  }

  /** A request: it ends with its answer, with an error, or never. */
  commit(process: Process, tenantId: string, request: CommitRequest): Promise<CommitResult> {
    const seeThrough = seeingThrough((work) => process.keepAlive(work));
    return seeThrough(commit(commitTools(this.#host(process)), tenantId, request));
  }

  /** Surroundings of the reception of e-mails' events, in this process. */
  receptionTools(process: Process, random: SeededRandom) {
    const { db, clock, log, wake } = this.#host(process);
    return { db, clock, random, log, wake, systemEventsTenant: this.systemEventsTenant };
  }

  /** A hint to a tenant's relay, from a process that does not wait for it. */
  wake(caller: Process, tenantId: string, at: number): void {
    this.#wakeFrom(caller)(tenantId, at);
  }

  #wakeFrom(process: Process): Wake {
    return createWake(isolateOf(process).wakesInFlight, {
      call: (tenantId, at, seen) => this.relays.call(process, tenantId, at, seen),
      keepAlive: (work) => process.keepAlive(work),
      clock: process.clock,
      log: this.#log(process),
    });
  }

  /** The rooms' surroundings in this process. */
  #host(process: Process): Host {
    const { random, systemEventsTenant, retention = NO_RETENTION } = this;
    const sendTasks: SendTasks = (...sent) => this.queue.send(process, ...sent);
    const keepAlive = (work: Promise<unknown>) => process.keepAlive(work);
    const leasesAtCommit = this.leasesAtCommit && !this.isOld(process);
    return {
      db: this.d1.for(process),
      clock: process.clock,
      random,
      log: this.#log(process),
      memory: isolateOf(process),
      handlers: this.handlers?.knownTo(process) ?? NO_HANDLERS,
      createTenants: false,
      config: { ...POLICY, systemEventsTenant, ...retention, ...(this.mail && { emailFrom: FROM }) },
      databaseMaxBytes: DATABASE_MAX_BYTES,
      sendsEmails: false,
      attachments: undefined,
      sensitiveEmails: undefined,
      postsToChats: false,
      writeLink: undefined,
      vault: PLAIN_VAULT,
      wake: this.#wakeFrom(process),
      keepAlive,
      callRelay: (tenantId, at) => this.relays.call(process, tenantId, at),
      sendTasks,
      handOver: leasesAtCommit ? { leaseMs: LEASE_MS, channels: CHANNELS, sendTasks, keepAlive } : undefined,
      channel: (name) => {
        const deliver: Channel["deliver"] = (...call) => this.#deliver(process, name, ...call);
        return name === "email" && this.mail ? this.mail.channel(process, deliver) : { deliver };
      },
    };
  }

  #consume({ channel, items, abandon }: QueueBatch) {
    const process = this.start("consumer");
    process.onDeath(abandon);
    const tools = deliveryTools(this.#host(process), channel);
    // Some run where commits are made, and go by what was read for them; others are new.
    if (this.#processes % 2 === 0) tools.types = newTypes();
    void consume(tools, items).then(() => process.release());
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

  #scheduleSweep() {
    this.timeline.at(this.timeline.now + SWEEP_EVERY_MS, () => {
      if (!this.#open) return;
      this.#sweep();
      if (this.retention) this.#purge();
      this.mail?.events.matchKept();
      this.#scheduleSweep();
    });
  }

  #sweep() {
    const process = this.start("sweep");
    void sweep(upkeepTools(this.#host(process))).then(() => process.end());
    this.timeline.at(this.timeline.now + SWEEP_EVERY_MS, () => {
      if (process.isDead) return;
      this.complaints.push(`outlasts: ${process.name} is not through when the next one begins`);
    });
  }

  #scheduleSums() {
    this.timeline.at(this.timeline.now + SUMS_EVERY_MS, () => {
      if (!this.#open) return;
      const process = this.start("sums");
      void sumUpAll(upkeepTools(this.#host(process)), 0).then(() => process.end());
      this.#scheduleSums();
    });
  }

  #purge() {
    void purge(upkeepTools(this.#host(this.start("purge"))));
  }

  /** No more cron: what is still to happen can be waited for. */
  close() {
    this.#open = false;
  }

  #log(process: Process): Log {
    return (event, fields) => this.timeline.note(`${process.name} ${event} ${JSON.stringify(fields)}`);
  }
}
