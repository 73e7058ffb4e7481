import { waitUntil } from "cloudflare:workers";
import { createApi } from "./api/app.ts";
import { DoorMemory, type RateLimits } from "./api/door-memory.ts";
import type { TokenUses } from "./api/token-use.ts";
import type { Channel } from "./channels/channel.ts";
import { bindingProvider, type EmailBinding } from "./channels/email/binding.ts";
import { type EmailProvider, emailChannel } from "./channels/email/email.ts";
import { handlerChannel } from "./channels/handler/handler.ts";
import { createNameCheck, type LookUps } from "./channels/webhook/look-up.ts";
import { ownHostnameOf } from "./channels/webhook/own-hostname.ts";
import { refuseTarget } from "./channels/webhook/target-url.ts";
import { webhookChannel } from "./channels/webhook/webhook.ts";
import { Gauge } from "./db/gauge.ts";
import { consume } from "./delivery/consume.ts";
import { DEFAULT_RETRY_SCHEDULE } from "./delivery/retry-policy.ts";
import { type AuditSubject, entryOfApp } from "./domain/audit.ts";
import { CHANNELS, type ChannelName } from "./domain/states.ts";
import { resend } from "./email-providers.ts";
import { registerHandlers } from "./handlers.ts";
import { type Committed, commitAnswered } from "./library/commit.ts";
import { type Operations, operationsOf } from "./library/operations.ts";
import { type Ask, type LibraryTools, subjectOf } from "./library/tools.ts";
import type { CommitRequestOf, HandlersOf, Names, Subscriber } from "./names.ts";
import type { CommitRequest } from "./outbox/commit.ts";
import { KnownTypes } from "./outbox/known-types.ts";
import { createWake, type Flights, type Wake } from "./outbox/waker.ts";
import { requireBindings } from "./platform/bindings.ts";
import { checked } from "./platform/check.ts";
import { systemClock as clock, systemRandom as random } from "./platform/clock.ts";
import { type Config, readConfig, readDatabaseMaxBytes, type Settings } from "./platform/config.ts";
import { ConfigError } from "./platform/errors.ts";
import { jsonLog as log } from "./platform/log.ts";
import { seeingThrough } from "./platform/see-through.ts";
import { createVault, type Vault } from "./platform/vault.ts";
import { createTenant, tenantInput } from "./registry/tenants.ts";
import type { DeliveryTask } from "./relay/delivery-task.ts";
import { type RelayCalls, tenantRelay } from "./relay/tenant-relay.ts";
import { purge } from "./upkeep/purge.ts";
import { repair } from "./upkeep/repair.ts";
import { KnownReport } from "./upkeep/report.ts";
import { reseal } from "./upkeep/reseal.ts";
import { sweep } from "./upkeep/sweep.ts";

/** The bindings and settings the outbox needs of its Worker. */
export interface OutboxEnv extends Settings, RateLimits {
  /** The app's database, with the outbox's tables in it. */
  DB?: D1Database;
  /**
   * The Durable Object `TenantRelay`, this Worker's or another's. Its stubs are of no type here: `wrangler types` names the
   * app's own class, whose type comes from this one.
   */
  RELAY: { getByName(tenantId: string): unknown };
  /** The queues: needed where deliveries are made, and not by a Worker that only commits. */
  WEBHOOK_QUEUE?: Queue<DeliveryTask>;
  EMAIL_QUEUE?: Queue<DeliveryTask>;
  HANDLER_QUEUE?: Queue<DeliveryTask>;
  EMAIL?: EmailBinding;
}

/** What an app's outbox is made of. All of it may be left out. */
export interface OutboxOptions<Env extends OutboxEnv, N extends Names> {
  /** What carries out the app's work, by name: committed with `work(name, payload)`. */
  handlers?: HandlersOf<Env, N>;
  /** What is called for events, by a name of its own. */
  subscribers?: Readonly<Record<string, Subscriber<Env, N>>>;
  /** What sends e-mails. Default: what the settings `EMAIL_PROVIDER` and the rest say. */
  email?: (env: Env) => EmailProvider;
  /** The app's database. Default: the binding `DB`. */
  database?: (env: Env) => D1Database;
  /** Whether a commit for a tenant that is not there makes it. Default: it is refused, with `tenant_not_found`. */
  createTenants?: boolean;
}

/** The outbox of a request, bound to its bindings: commits, and the operations of the HTTP API in groups. */
export interface Outbox<N extends Names> extends Operations {
  /**
   * Commits the app's statements and messages in one D1 batch: all of it, or nothing.
   * @throws {OutboxError} see its `code`; an error of the app's own statements is thrown as D1 gave it
   */
  commit(tenantId: string, request: CommitRequestOf<N>): Promise<Committed>;
}

/**
 * An app's outbox: call it with the bindings, and commit. Export its `TenantRelay` from the Worker under that name, and pass
 * `queue` and `scheduled` on.
 * @throws {ConfigError} naming the handler or subscriber that is wrong
 */
export function createOutbox<Env extends OutboxEnv = OutboxEnv, N extends Names = Names>(
  options: OutboxOptions<Env, N> = {},
) {
  const { known: handlers, byName } = registerHandlers(options.handlers, options.subscribers);
  const types = new KnownTypes();
  const doorMemory = new DoorMemory();
  const tokenUses: TokenUses = new Map();
  const flights: Flights = new Map();
  const lookUps: LookUps = new Map();
  const gauge = new Gauge();
  const report = new KnownReport();
  const configs = new WeakMap<object, Config>();

  const databaseOf = (env: Env): D1Database => {
    const db = options.database ? options.database(env) : env.DB;
    if (!db) throw new ConfigError('The binding DB is missing: createOutbox takes another as "database".');
    return db;
  };

  /** @throws {ConfigError} naming the setting that is wrong */
  const configOf = (env: Env): Config => {
    const standing = configs.get(env);
    if (standing) return standing;
    const config = readConfig(env, { ownEmail: options.email !== undefined });
    configs.set(env, config);
    return config;
  };

  /** @throws {ConfigError} naming the binding that is missing */
  const relayOf = (env: Env, tenantId: string) => {
    requireBindings(env, ["RELAY"]);
    return env.RELAY.getByName(tenantId) as RelayCalls;
  };

  const vaultOf = (env: Env): Vault => createVault(configOf(env).keyRing);

  const wakeFor = (env: Env): Wake =>
    createWake(flights, {
      call: async (tenantId, at) => relayOf(env, tenantId).wake(at),
      keepAlive: (work) => waitUntil(work),
      clock,
      log,
    });

  const toolsFor = (env: Env) => {
    const storage = { gauge, maxBytes: readDatabaseMaxBytes(env) };
    const db = gauge.watch(databaseOf(env), clock.now);
    const make = async (id: string) =>
      void (await createTenant(
        { db, clock, audit: entryOfApp("createTenant", random) },
        { id: checked(tenantInput.shape.id, id, "tenantId") },
      ));
    const base = { db, clock, random, log, types, handlers, storage, wake: wakeFor(env) };
    return { ...base, createTenant: options.createTenants ? make : undefined };
  };

  const refuseUrl = (env: Env, url: string, calledAt?: string) => {
    const { allowLoopback, ownHostnames } = configOf(env);
    const own = calledAt === undefined ? undefined : ownHostnameOf(calledAt);
    return refuseTarget(url, { allowLoopback, ownHostnames: own ? [...ownHostnames, own] : ownHostnames });
  };

  /** Settings are read when they are needed: a bad one fails no operation that does without it. */
  const libraryToolsFor = (env: Env, subject: AuditSubject, write?: string): LibraryTools => ({
    ...toolsFor(env),
    audit: write === undefined ? undefined : entryOfApp(write, random, subject),
    refuseUrl: (url) => refuseUrl(env, url),
    seeThrough,
    get vault() {
      return vaultOf(env);
    },
    get keyRing() {
      return configOf(env).keyRing;
    },
  });

  const channelFor = (env: Env, name: ChannelName): Channel => {
    const config = configOf(env);
    const tools = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), now: clock.now };
    if (name === "handler") return handlerChannel(byName, { env, now: clock.now });
    if (name === "webhook") {
      const { dnsUrl: url } = config;
      const checkName = url === undefined ? undefined : createNameCheck({ ...tools, url, lookUps });
      return webhookChannel({ ...tools, ...config, checkName });
    }
    return emailChannel(options.email ? options.email(env) : providerOf(env, config), config.emailFrom);
  };

  /** The Durable Object of each tenant. */
  const TenantRelay = tenantRelay<Env>((env) => ({
    db: databaseOf(env),
    clock,
    random,
    log,
    // Read when it is needed: a bad setting fails the drain, which is tried again, and not the alarm.
    get leaseMs() {
      return configOf(env).leaseMs;
    },
    sendTasks: async (channel, tasks) => {
      // Asked for here: what goes through other queues goes on.
      await queueOf(env, channel).sendBatch(tasks.map((body) => ({ body })));
    },
  }));

  /** The HTTP API, to be served or mounted. */
  const api = createApi<Env>((env, calledAt) => {
    const { operatorTokens, keyRing, corsOrigins } = configOf(env);
    doorMemory.tellMissing(env, log);
    const refuse = (url: string) => refuseUrl(env, url, calledAt);
    const tools = { ...toolsFor(env), vault: vaultOf(env), refuseUrl: refuse, report };
    const door = { rateLimits: env, doorMemory, tokenUses };
    return { ...tools, ...door, operatorTokens, keyRing, corsOrigins, seeThrough };
  });

  /** The consumer of the queues. */
  async function queue(batch: MessageBatch, env: Env): Promise<void> {
    const { timeoutMs, disableAfterMs, retrySchedule = DEFAULT_RETRY_SCHEDULE } = configOf(env);
    const channelName = channelOfQueue(batch.queue);
    const tools = {
      ...toolsFor(env),
      channelName,
      channel: channelFor(env, channelName),
      vault: vaultOf(env),
    };
    await consume(() => ({ ...tools, timeoutMs, retrySchedule, disableAfterMs }), batch.messages);
  }

  /** The cron: every minute. */
  async function scheduled(_: ScheduledController, env: Env): Promise<void> {
    const db = databaseOf(env);
    const callRelay = async (tenantId: string, at: number) => relayOf(env, tenantId).wake(at);
    // Read when they are needed: a bad setting fails the purge and the resealing, and not the sweep.
    const retentionOf = () => configOf(env);
    await Promise.all([
      sweep({ db, clock, log, callRelay, databaseMaxBytes: () => readDatabaseMaxBytes(env) }),
      repair({ db, clock, log }),
      purge({ db, clock, log, retentionOf }),
      reseal({ db, clock, log, vaultOf: () => vaultOf(env) }),
    ]);
  }

  function outbox(env: Env): Outbox<N> {
    const ask: Ask = (ids, write) => libraryToolsFor(env, subjectOf(ids), write);
    return {
      ...operationsOf(ask),
      commit: (tenantId, request) => commitAnswered(ask, tenantId, request as CommitRequest),
    };
  }

  function checkSettings(env: Env): void {
    const { emailProvider } = configOf(env);
    const bindsEmail = options.email === undefined && emailProvider === "binding";
    const ifNeeded = [...(options.database ? [] : ["DB"]), ...(bindsEmail ? ["EMAIL"] : [])];
    requireBindings(env, [...ifNeeded, "RELAY", ...Object.values(QUEUES)]);
  }

  return Object.assign(outbox, {
    TenantRelay,
    queue,
    scheduled,
    api,
    /**
     * Throws a ConfigError that names the setting that is wrong, or the binding that is missing. To be called where a Worker
     * starts that relays and delivers by all channels.
     */
    checkSettings,
  });
}

/** What was begun is seen through when the client hangs up. */
const seeThrough = seeingThrough((work) => waitUntil(work));

function queueOf(env: OutboxEnv, channel: ChannelName): Queue<DeliveryTask> {
  const binding = QUEUES[channel];
  requireBindings(env, [binding]);
  return env[binding] as Queue<DeliveryTask>;
}

const QUEUES = { webhook: "WEBHOOK_QUEUE", email: "EMAIL_QUEUE", handler: "HANDLER_QUEUE" } as const;

/** Queues are named after their channel: `<anything>-webhook`, `<anything>-email`, `<anything>-handler`. */
function channelOfQueue(name: string): ChannelName {
  const channel = CHANNELS.find((channel) => name.endsWith(`-${channel}`));
  if (channel) return channel;
  throw new Error(
    `The queue "${name}" is not one of the outbox: its name must end in ${CHANNELS.map((one) => `-${one}`).join(", ")}`,
  );
}

function providerOf(
  env: OutboxEnv,
  { emailProvider, resendApiKey: apiKey = "", resendBaseUrl: baseUrl }: Config,
): EmailProvider {
  if (emailProvider === "resend") return resend({ apiKey, baseUrl });
  requireBindings(env, ["EMAIL"]);
  return bindingProvider(env.EMAIL as EmailBinding);
}
