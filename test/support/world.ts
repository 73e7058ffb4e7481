import { attachments } from "../../src/attachments.ts";
import type { Channel, Dispatch, Reply } from "../../src/channels/channel.ts";
import type { Database } from "../../src/db/database.ts";
import { Gauge } from "../../src/db/gauge.ts";
import { consume, type QueueItem } from "../../src/delivery/consume.ts";
import { DEFAULT_RETRY_SCHEDULE } from "../../src/delivery/retry-policy.ts";
import { type KnownHandlers, NO_HANDLERS } from "../../src/domain/handlers.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { CHANNELS, type ChannelName } from "../../src/domain/states.ts";
import type { Host } from "../../src/host.ts";
import { type CommitRequest, type CommitResult, commit } from "../../src/outbox/commit.ts";
import type { HandOver } from "../../src/outbox/commit-lease.ts";
import type { KnownTypes } from "../../src/outbox/known-types.ts";
import type { Clock, Random } from "../../src/platform/clock.ts";
import type { FileBucket } from "../../src/platform/file-bucket.ts";
import { limits } from "../../src/platform/limits.ts";
import type { Log } from "../../src/platform/log.ts";
import type { Vault } from "../../src/platform/vault.ts";
import type { EndpointInput } from "../../src/registry/endpoint-input.ts";
import { createEndpoint, type EndpointTools } from "../../src/registry/endpoints.ts";
import type { EventTypeTools } from "../../src/registry/event-types.ts";
import { createTenant } from "../../src/registry/tenants.ts";
import type { DeliveryTask, SendTasks } from "../../src/relay/delivery-task.ts";
import { type Alarm, onAlarm, onWake, wake } from "../../src/relay/relay.ts";
import { Windows } from "../../src/relay/windows.ts";
import { commitTools, deliveryTools, drainTools, upkeepTools } from "../../src/room-tools.ts";
import { sensitiveEmails } from "../../src/sensitive-emails.ts";
import { purge } from "../../src/upkeep/purge.ts";
import { repair } from "../../src/upkeep/repair.ts";
import { reseal } from "../../src/upkeep/reseal.ts";
import { runJobs } from "../../src/upkeep/run-jobs.ts";
import { sumUpAll } from "../../src/upkeep/sum-up.ts";
import { sweep } from "../../src/upkeep/sweep.ts";
import { immortal, type Life } from "./faults/life.ts";
import { newTypes, payloadSchemas } from "./known-types.ts";
import { never } from "./outside/signals.ts";
import { vaultWith } from "./secrets/vaults.ts";

/** A send, as the world outside saw it. */
export interface Sent extends Dispatch {
  at: number;
}

export interface QueuedTask {
  channel: ChannelName;
  body: DeliveryTask;
  /** How often it was handed out, this time included. Default: the first time. */
  attempts?: number;
}

/** Answers of the endpoints: by default 200 to everything. */
export type Answering = (dispatch: Dispatch) => Reply | Promise<Reply>;

export const ACCEPTED: Reply = { kind: "accepted", httpStatus: 200, excerpt: "ok" };

function warmTypes(): KnownTypes {
  const types = newTypes();
  void types.learn("another", [], { version: 0, schemas: [] });
  return types;
}

/**
 * The rooms, with a real D1 and everything else by hand: the clock stands until it is moved, alarms go off and
 * queues are consumed when the test says so, and a process can die at any await.
 */
export class World {
  readonly sent: Sent[] = [];
  readonly queued: QueuedTask[] = [];
  /** All tasks ever queued, delivered ones included. */
  readonly queuedEver: QueuedTask[] = [];
  readonly alarms = new Map<string, number>();
  /** Work that went on after its invocation. */
  readonly kept: Promise<unknown>[] = [];
  /** Room of the endpoints, as every tenant's relay knows it: all are quick, and their share of the consumers is wide. */
  windows = new Windows({ shareMs: limits.shareMs.to, unseenMs: 0 });
  readonly events: { event: string; [field: string]: unknown }[] = [];
  answer: Answering = () => ACCEPTED;
  /** Gives e-mails leave to be sent. Undefined: they need none. */
  admit: Channel["admit"];
  /** Sends e-mails together. Undefined: each goes by itself. */
  batch: Channel["batch"];
  /** Ways of the e-mails of tenants that have their own. */
  readonly emailChannels = new Map<string, Channel>();
  /** Actions set for later. It is done when a test says so. */
  readonly timers = new Set<() => void>();
  /** Commits lease what nothing stands before, and hand it over, by these means in place of the usual ones. Undefined: they do not. */
  handOver: Partial<HandOver> | undefined;
  leaseMs = 60_000;
  timeoutMs = 15_000;
  retentionMs = 30 * 24 * 3600_000;
  deadRetentionMs = 90 * 24 * 3600_000;
  #hosts = 0;
  leastRetentionMs = 24 * 3600_000;
  databaseMaxBytes = 1e10;
  gauge = new Gauge();
  retrySchedule: readonly number[] = DEFAULT_RETRY_SCHEDULE;
  disableAfterMs = 5 * 24 * 3600_000;
  systemEventsTenant: string | undefined;
  /** Sender of e-mails that name none. Undefined: there is none at the commit. */
  emailFrom: string | undefined;
  sendsEmails = true;
  /** Bucket of files that go with e-mails. Undefined: it has none. */
  files: FileBucket | undefined;
  /** Its Worker was built with sensitive e-mails. */
  takesSensitive = true;
  /** Writes unsubscribe links into e-mails. Undefined: nobody answers them. */
  writeLink: Host["writeLink"];
  vault: Vault = vaultWith("k1");
  now = Date.parse("2026-11-23T12:00:00Z");
  readonly db: Database;
  /** Knowledge of its isolate about event types. It has met a tenant before, which had none. */
  types = warmTypes();
  readonly payloadSchemas = payloadSchemas;
  /** Its Worker posts to chats. */
  postsToChats = true;
  /** The handlers that its Worker has. Their effects are answers of endpoints. */
  handlers: KnownHandlers = NO_HANDLERS;
  #seed = 1;

  constructor(db: Database) {
    this.db = db;
  }

  readonly clock: Clock = {
    now: () => this.now,
    timeout: never,
    sleep: async (ms) => {
      this.now += ms;
    },
    after: (_, act) => {
      this.timers.add(act);
      return () => void this.timers.delete(act);
    },
  };

  readonly random: Random = {
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(this.#nextFraction() * 256)),
    fraction: () => this.#nextFraction(),
  };

  readonly log: Log = (event, fields) => void this.events.push({ event, ...fields });

  /** A tenant that no other test uses. */
  async createTenant(): Promise<string> {
    const id = `t-${crypto.randomUUID()}`;
    await createTenant({ db: this.db, clock: this.clock }, { id });
    return id;
  }

  async createEndpoint(tenantId: string, input: Partial<EndpointInput> = {}): Promise<string> {
    // A host of its own, as what goes to one host is bounded.
    const url = `https://h${++this.#hosts}.example.com/hook`;
    const whole = { channel: "webhook", url, ...input } as EndpointInput;
    return (await createEndpoint(this.registryTools(), tenantId, whole)).id;
  }

  registryTools(life: Life = immortal): EndpointTools & EventTypeTools {
    return { ...commitTools(this.#host(life)), vault: this.vault, refuseUrl: () => undefined };
  }

  /** Somebody changes an endpoint, or intervenes. */
  async ask<T>(act: (tools: EndpointTools) => Promise<T>, life: Life = immortal): Promise<T> {
    const answer = await act(this.registryTools(life));
    await this.#wakesDone(life);
    return answer;
  }

  async commit(tenantId: string, request: CommitRequest, life: Life = immortal): Promise<CommitResult> {
    const committed = await commit(commitTools(this.#host(life)), tenantId, request);
    await this.#wakesDone(life);
    return committed;
  }

  /** The tenant's alarm goes off, whenever it was set for. */
  onAlarm(tenantId: string, life: Life = immortal): Promise<void> {
    this.alarms.delete(tenantId);
    return onAlarm(this.#alarm(tenantId, life), drainTools(this.#host(life)), tenantId, this.windows);
  }

  /** A consumer is handed what is queued. Answers how each item was acknowledged. */
  async consume(
    life: Life = immortal,
    tasks: QueuedTask[] = this.queued.splice(0),
  ): Promise<("ack" | "retry")[]> {
    const answers: ("ack" | "retry")[] = [];
    for (const channelName of new Set(tasks.map(({ channel }) => channel))) {
      const items: QueueItem[] = tasks
        .filter(({ channel }) => channel === channelName)
        .map(({ body, attempts = 1 }) => {
          const timestamp = new Date(this.now);
          return {
            body,
            attempts,
            timestamp,
            ack: () => answers.push("ack"),
            retry: () => answers.push("retry"),
          };
        });
      await consume(deliveryTools(this.#host(life), channelName), items);
    }
    await this.#wakesDone(life);
    return answers;
  }

  async sweep(life: Life = immortal): Promise<void> {
    await sweep(upkeepTools(this.#host(life)));
  }

  /** All jobs of the cron, as every minute. */
  async runJobs(life: Life = immortal): Promise<void> {
    await runJobs(upkeepTools(this.#host(life)));
  }

  async purge(life: Life = immortal): Promise<void> {
    await purge(upkeepTools(this.#host(life)));
  }

  async sumUp(life: Life = immortal): Promise<void> {
    await sumUpAll(upkeepTools(this.#host(life)), 0);
  }

  async repair(life: Life = immortal): Promise<void> {
    await repair(upkeepTools(this.#host(life)));
  }

  async reseal(life: Life = immortal): Promise<void> {
    await reseal(upkeepTools(this.#host(life)));
  }

  /** Lets the relay and the consumers work, and time pass, until the tenant has nothing left to do. */
  async runUntilIdle(tenantId: string): Promise<void> {
    for (let turn = 0; turn < 200; turn++) {
      const alarmAt = this.alarms.get(tenantId);
      if (alarmAt === undefined && this.queued.length === 0) return;
      if (alarmAt !== undefined) {
        this.now = Math.max(this.now, alarmAt);
        await this.onAlarm(tenantId);
      }
      await this.consume();
    }
    throw new Error("The tenant is still busy after 200 turns");
  }

  /** The rooms' surroundings in a process of this life. */
  #host(life: Life): Host {
    const { clock, random, log, handlers, vault, databaseMaxBytes, sendsEmails, writeLink } = this;
    const sendTasks: SendTasks = (channel, tasks) =>
      life.step("queue.sendBatch", async () => {
        const queued = tasks.map((body) => ({ channel, body: structuredClone(body) }));
        this.queued.push(...queued);
        this.queuedEver.push(...queued);
      });
    return {
      db: life.db(this.db),
      ...{ clock, random, log, handlers, vault, databaseMaxBytes, sendsEmails, writeLink },
      attachments: this.files && attachments.of(this.files),
      sensitiveEmails: this.takesSensitive ? sensitiveEmails.of(() => this.vault) : undefined,
      memory: this,
      config: this,
      createTenants: false,
      postsToChats: this.postsToChats,
      wake: this.#wake(life),
      keepAlive: (work) => void this.kept.push(work),
      callRelay: (tenantId, at) => wake(this.#alarm(tenantId, life), clock, at),
      sendTasks,
      handOver: this.handOver && {
        leaseMs: this.leaseMs,
        channels: CHANNELS,
        sendTasks,
        keepAlive: (work) => this.#keepBeside(life, work),
        ...this.handOver,
      },
      channel: (name, tenantId) => this.#channel(life, name, tenantId),
    };
  }

  #channel(life: Life, name: ChannelName, tenantId: string): Channel {
    const deliver = async (dispatch: Dispatch) => this.answer(dispatch);
    if (name !== "email") return this.#mortal(life, { deliver });
    return this.#mortal(
      life,
      this.emailChannels.get(tenantId) ?? {
        ...(this.admit && { admit: this.admit }),
        ...(this.batch && { batch: this.batch }),
        deliver,
      },
    );
  }

  /** A channel by which its process can die. */
  #mortal(life: Life, channel: Channel): Channel {
    const { batch, pool } = channel;
    return {
      ...channel,
      batch: batch && this.#mortalBatch(life, batch),
      pool: pool && { ...pool, next: pool.next && this.#mortal(life, pool.next) },
      deliver: (dispatch, signal) =>
        life.step("channel.deliver", async () => {
          this.sent.push({ ...dispatch, at: this.now });
          return channel.deliver(dispatch, signal);
        }),
    };
  }

  #mortalBatch(life: Life, batch: NonNullable<Channel["batch"]>): Channel["batch"] {
    return {
      ...batch,
      deliver: (dispatches, ...rest) =>
        life.step("channel.deliver", () => {
          this.sent.push(...dispatches.map((dispatch) => ({ ...dispatch, at: this.now })));
          return batch.deliver(dispatches, ...rest);
        }),
    };
  }

  /** Wakes and hand-overs under way, by the process that made them: those of a dead one never return. */
  readonly #wakes = new Map<Life, Promise<void>[]>();

  #keepBeside(life: Life, work: Promise<void>): void {
    this.#wakes.set(life, [...(this.#wakes.get(life) ?? []), work]);
  }

  #wake(life: Life) {
    return (tenantId: string, at: number, seen?: Observation) => {
      const hint = { at, seen: seen ? [seen] : [] };
      this.#keepBeside(life, onWake(this.#alarm(tenantId, life), this.clock, this.windows, hint));
    };
  }

  async #wakesDone(life: Life): Promise<void> {
    for (let under = this.#wakes.get(life); under; under = this.#wakes.get(life)) {
      this.#wakes.delete(life);
      await Promise.all(under);
    }
  }

  #alarm(tenantId: string, life: Life): Alarm {
    return {
      getAlarm: () => life.step("relay.getAlarm", async () => this.alarms.get(tenantId) ?? null),
      setAlarm: (at) => life.step("relay.setAlarm", async () => void this.alarms.set(tenantId, at)),
    };
  }

  /** mulberry32: the same world makes the same choices. */
  #nextFraction(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}
