/**
 * The outbox inside a Worker: the rooms, put together with D1, the queues, the relay and the clock.
 * An app commits with `outbox(env, ctx).commit(…)`, exports `TenantRelay`, and passes `queue` and `scheduled` on.
 */
import { createApi } from "./api/app.ts";
import type { RateLimitBinding, Windows } from "./api/rate-limit.ts";
import type { Channel } from "./channels/channel.ts";
import { bindingProvider, type EmailBinding } from "./channels/email/binding.ts";
import { emailChannel } from "./channels/email/email.ts";
import { resendProvider } from "./channels/email/resend.ts";
import { createNameCheck, type LookUps } from "./channels/webhook/look-up.ts";
import { ownHostnameOf } from "./channels/webhook/own-hostname.ts";
import { refuseTarget } from "./channels/webhook/target-url.ts";
import { webhookChannel } from "./channels/webhook/webhook.ts";
import { consume } from "./delivery/consume.ts";
import { DEFAULT_RETRY_SCHEDULE } from "./delivery/retry-policy.ts";
import type { ChannelName } from "./domain/states.ts";
import { type CommitRequest, type Committed, commit } from "./outbox/commit.ts";
import { KnownTypes } from "./outbox/known-types.ts";
import { createWake, type Flights, type Wake } from "./outbox/waker.ts";
import { systemClock as clock, systemRandom as random } from "./platform/clock.ts";
import { type Config, readConfig, type Settings } from "./platform/config.ts";
import { jsonLog as log } from "./platform/log.ts";
import { createVault, type Vault } from "./platform/vault.ts";
import type { DeliveryTask } from "./relay/delivery-task.ts";
import { type RelayCalls, tenantRelay } from "./relay/tenant-relay.ts";
import { purge } from "./upkeep/purge.ts";
import { reseal } from "./upkeep/reseal.ts";
import { sweep } from "./upkeep/sweep.ts";

export type { CommitRequest, Committed, CommittedMessage, Write } from "./outbox/commit.ts";
export { email, event, type MessageInput } from "./outbox/message.ts";
export { OutboxError } from "./platform/errors.ts";

/** The bindings and settings the outbox needs of its Worker. */
export interface OutboxEnv extends Settings {
  DB: D1Database;
  RELAY: DurableObjectNamespace<RelayCalls & Rpc.DurableObjectBranded>;
  WEBHOOK_QUEUE: Queue<DeliveryTask>;
  EMAIL_QUEUE: Queue<DeliveryTask>;
  EMAIL?: EmailBinding;
  /** Brakes the HTTP API; without it nothing does. */
  API_RATE?: RateLimitBinding;
}

/** What this isolate knows of event types. */
const types = /* @__PURE__ */ new KnownTypes();

/** The outbox as the app's own requests use it. `ctx` is only needed to wake the relay after the response. */
export function outbox(env: OutboxEnv, ctx: Pick<ExecutionContext, "waitUntil">) {
  const tools = { db: env.DB, clock, random, log, wake: wakeFor(env, ctx), types };
  return {
    commit: (tenantId: string, request: CommitRequest): Promise<Committed> =>
      commit(tools, tenantId, request),
  };
}

const windows: Windows = new Map();

/** The HTTP API. */
export const api = /* @__PURE__ */ createApi<OutboxEnv>((env, ctx) => {
  const { allowLoopback, ownHostnames, operatorToken, keyRing, corsOrigins } = configOf(env);
  const refuseUrl = (url: string, calledAt: string) => {
    const own = ownHostnameOf(calledAt);
    return refuseTarget(url, { allowLoopback, ownHostnames: own ? [...ownHostnames, own] : ownHostnames });
  };
  const rateLimit = env.API_RATE && { binding: env.API_RATE, windows };
  const tools = {
    db: env.DB,
    clock,
    random,
    log,
    vault: vaultOf(env),
    wake: wakeFor(env, ctx),
    types,
    refuseUrl,
  };
  return { ...tools, operatorToken, keyRing, corsOrigins, rateLimit };
});

/** The Durable Object of each tenant. */
export const TenantRelay = /* @__PURE__ */ tenantRelay<OutboxEnv>((env) => ({
  db: env.DB,
  clock,
  random,
  log,
  // Read when it is needed: a bad setting fails the drain, which is tried again, and not the alarm.
  get leaseMs() {
    return configOf(env).leaseMs;
  },
  sendTasks: async (channel, tasks) => {
    await queueOf(env, channel).sendBatch(tasks.map((body) => ({ body })));
  },
}));

/** The consumer of the queues. */
export async function queue(batch: MessageBatch, env: OutboxEnv, ctx: ExecutionContext): Promise<void> {
  const { timeoutMs, disableAfterMs, retrySchedule = DEFAULT_RETRY_SCHEDULE } = configOf(env);
  const channelName = channelOfQueue(batch.queue);
  const channel = channelFor(env, channelName);
  const wake = wakeFor(env, ctx);
  const tools = { db: env.DB, clock, random, log, wake, channelName, channel, vault: vaultOf(env) };
  await consume(() => ({ ...tools, timeoutMs, retrySchedule, disableAfterMs }), batch.messages);
}

/** The cron. */
export async function scheduled(
  _: ScheduledController,
  env: OutboxEnv,
  _ctx: ExecutionContext,
): Promise<void> {
  const callRelay = (tenantId: string, at: number) => env.RELAY.getByName(tenantId).wake(at);
  // Read when they are needed: a bad setting fails the purge and the resealing, and not the sweep.
  const retentionOf = () => configOf(env);
  await Promise.all([
    sweep({ db: env.DB, clock, log, callRelay }),
    purge({ db: env.DB, clock, log, retentionOf }),
    reseal({ db: env.DB, clock, log, vaultOf: () => vaultOf(env) }),
  ]);
}

const configs = new WeakMap<object, Config>();

/** @throws {ConfigError} naming the setting that is wrong */
export function configOf(env: object): Config {
  let config = configs.get(env);
  if (!config) {
    config = readConfig(env);
    configs.set(env, config);
  }
  return config;
}

function vaultOf(env: OutboxEnv): Vault {
  return createVault(configOf(env).keyRing);
}

const flights: Flights = new Map();
const lookUps: LookUps = new Map();

function wakeFor(env: OutboxEnv, ctx: Pick<ExecutionContext, "waitUntil">): Wake {
  return createWake(flights, {
    call: (tenantId, at) => env.RELAY.getByName(tenantId).wake(at),
    keepAlive: (work) => ctx.waitUntil(work),
    clock,
    log,
  });
}

function queueOf(env: OutboxEnv, channel: ChannelName): Queue<DeliveryTask> {
  if (channel === "webhook") return env.WEBHOOK_QUEUE;
  if (channel === "email") return env.EMAIL_QUEUE;
  throw new Error(`There is no queue for the channel ${channel}`);
}

/** Queues are named after their channel: `<anything>-webhook`, `<anything>-email`. */
function channelOfQueue(name: string): ChannelName {
  if (name.endsWith("-webhook")) return "webhook";
  if (name.endsWith("-email")) return "email";
  throw new Error(`The queue "${name}" is not one of the outbox: its name must end in -webhook or -email`);
}

function channelFor(env: OutboxEnv, name: ChannelName): Channel {
  const config = configOf(env);
  const tools = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), now: clock.now };
  if (name === "webhook") {
    const { dnsUrl: url } = config;
    const checkName = url === undefined ? undefined : createNameCheck({ ...tools, url, lookUps });
    return webhookChannel({ ...tools, ...config, checkName });
  }
  if (config.emailProvider === "resend") {
    const { resendApiKey: apiKey = "", resendBaseUrl: baseUrl } = config;
    return emailChannel(resendProvider({ ...tools, apiKey, baseUrl }), config.emailFrom);
  }
  if (!env.EMAIL) throw new Error("The binding EMAIL is missing");
  return emailChannel(bindingProvider(env.EMAIL), config.emailFrom);
}
