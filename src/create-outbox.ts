import { waitUntil } from "cloudflare:workers";
import { createApi } from "./api/app.ts";
import type { RateLimits } from "./api/door/door-memory.ts";
import type { Channel } from "./channels/channel.ts";
import { bindingProvider, type EmailBinding } from "./channels/email/binding.ts";
import { type EmailProvider, emailChannel } from "./channels/email/email.ts";
import { handlerChannel } from "./channels/handler/handler.ts";
import { createNameCheck } from "./channels/webhook/look-up.ts";
import { ownHostnameOf } from "./channels/webhook/own-hostname.ts";
import { refuseTarget } from "./channels/webhook/target-url.ts";
import { webhookChannel } from "./channels/webhook/webhook.ts";
import { consume } from "./delivery/consume.ts";
import { DEFAULT_RETRY_SCHEDULE } from "./delivery/retry-policy.ts";
import { type AuditSubject, entryOfApp } from "./domain/audit.ts";
import type { ChannelName } from "./domain/states.ts";
import { resend } from "./email-providers.ts";
import { registerHandlers } from "./handlers.ts";
import { type Insides, keepInsides, systemSurroundings } from "./insides.ts";
import { type Committed, commitAnswered } from "./library/commit.ts";
import { type Operations, operationsOf } from "./library/operations.ts";
import { type Ask, type LibraryTools, subjectOf } from "./library/tools.ts";
import { Memory } from "./memory.ts";
import type { CommitRequestOf, HandlersOf, Names, Subscriber } from "./names.ts";
import type { CommitRequest } from "./outbox/commit.ts";
import { createWake, type Wake } from "./outbox/waker.ts";
import { requireBindings } from "./platform/bindings.ts";
import { checked } from "./platform/check.ts";
import { type Config, readConfig, readDatabaseMaxBytes, type Settings } from "./platform/config.ts";
import { ConfigError } from "./platform/errors.ts";
import { assertRelations } from "./platform/limit-relations.ts";
import { jsonLog as log } from "./platform/log.ts";
import { seeingThrough } from "./platform/see-through.ts";
import { createVault, type Vault } from "./platform/vault.ts";
import { channelOfQueue, QUEUES, queueOf } from "./queues.ts";
import { createTenant, tenantInput } from "./registry/tenants.ts";
import type { DeliveryTask } from "./relay/delivery-task.ts";
import type { DrainTools } from "./relay/drain.ts";
import { type RelayCalls, tenantRelay } from "./relay/tenant-relay.ts";
import { purge } from "./upkeep/purge.ts";
import { repair } from "./upkeep/repair.ts";
import { reseal } from "./upkeep/reseal.ts";
import { sweep } from "./upkeep/sweep.ts";

/** Bindings and settings that the outbox needs of its Worker. */
export interface OutboxEnv extends Settings, RateLimits {
  /** The app's database, with the outbox's tables in it. */
  DB?: D1Database;
  /** The Durable Object `TenantRelay`. Untyped, because `wrangler types` names the app's own class. */
  RELAY: { getByName(tenantId: string): unknown };
  /** The queues. A Worker that only commits needs none. */
  WEBHOOK_QUEUE?: Queue<DeliveryTask>;
  EMAIL_QUEUE?: Queue<DeliveryTask>;
  HANDLER_QUEUE?: Queue<DeliveryTask>;
  EMAIL?: EmailBinding;
}

/** Options of `createOutbox`, all of them optional. */
export interface OutboxOptions<Env extends OutboxEnv, N extends Names> {
  /** Functions that carry out the app's work, by name: see `work(name, payload)`. */
  handlers?: HandlersOf<Env, N>;
  /** Functions called for each event of the types they name in `on`. */
  subscribers?: Readonly<Record<string, Subscriber<Env, N>>>;
  /** Provider that sends e-mails. Defaults to the provider of the setting `EMAIL_PROVIDER`. */
  email?: (env: Env) => EmailProvider;
  /** The app's database. Defaults to the binding `DB`. */
  database?: (env: Env) => D1Database;
  /** True: a commit for a missing tenant creates it. Defaults to false: refused with `tenant_not_found`. */
  createTenants?: boolean;
}

/** The outbox of a request, bound to its bindings: commits, and the operations of the HTTP API in groups. */
export interface Outbox<N extends Names> extends Operations {
  /**
   * Commits the app's statements and messages in one D1 batch: all of it, or nothing.
   * @throws {OutboxError} by its `code`; an error of the app's own statements is thrown as D1 raised it
   */
  commit(tenantId: string, request: CommitRequestOf<N>): Promise<Committed>;
}

/**
 * Creates an app's outbox. Call the result with the bindings to commit; export its `TenantRelay` from the Worker under
 * that name, and pass `queue` and `scheduled` on.
 * @throws {ConfigError} naming the invalid handler or subscriber
 * @example
 * export const outbox = createOutbox({ handlers: { "charge-card": ({ message }) => console.log(message.payload) } });
 * export const { TenantRelay } = outbox;
 */
export function createOutbox<Env extends OutboxEnv = OutboxEnv, N extends Names = Names>(
  options: OutboxOptions<Env, N> = {},
) {
  assertRelations();
  refuseUnknown(options);
  const { known: handlers, byName } = registerHandlers(options.handlers, options.subscribers);
  const own: Insides<Env> = {
    surroundings: systemSurroundings(options.email),
    memory: new Memory(),
    drainTools,
  };

  const databaseOf = (env: Env): D1Database => {
    const db = options.database ? options.database(env) : env.DB;
    if (!db) throw new ConfigError('The binding DB is missing. Add it, or give another as "database".');
    return db;
  };

  /** @throws {ConfigError} naming the invalid setting */
  const configOf = (env: Env): Config => {
    const { configs } = own.memory;
    const standing = configs.get(env);
    if (standing) return standing;
    const config = readConfig(env, { ownEmail: own.surroundings.email !== undefined });
    configs.set(env, config);
    return config;
  };

  /** @throws {ConfigError} naming the missing binding */
  const callRelay = async (env: Env, tenantId: string, at: number): Promise<void> => {
    if (!own.surroundings.wakesRelays) return;
    requireBindings(env, ["RELAY"]);
    await (env.RELAY.getByName(tenantId) as RelayCalls).wake(at);
  };

  const vaultOf = (env: Env): Vault => createVault(configOf(env).keyRing);

  const wakeFor = (env: Env): Wake =>
    createWake(own.memory.wakesInFlight, {
      call: (tenantId, at) => callRelay(env, tenantId, at),
      keepAlive: (work) => waitUntil(work),
      clock: own.surroundings.clock,
      log,
    });

  const toolsFor = (env: Env) => {
    const { clock, random } = own.surroundings;
    const { gauge, types } = own.memory;
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

  /** Settings are read when needed, so that a bad one fails only the operations that need it. */
  const libraryToolsFor = (env: Env, subject: AuditSubject, write?: string): LibraryTools => ({
    ...toolsFor(env),
    audit: write === undefined ? undefined : entryOfApp(write, own.surroundings.random, subject),
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
    const { clock, fetch, email } = own.surroundings;
    const tools = { fetch, now: clock.now };
    if (name === "handler") return handlerChannel(byName, { env, now: clock.now });
    if (name === "webhook") {
      const { dnsUrl: url } = config;
      const { lookUps } = own.memory;
      const checkName = url === undefined ? undefined : createNameCheck({ ...tools, url, lookUps });
      return webhookChannel({ ...tools, ...config, checkName });
    }
    return emailChannel(email ? email(env) : providerOf(env, config), config.emailFrom);
  };

  function drainTools(env: Env): DrainTools {
    const { clock, random } = own.surroundings;
    return {
      db: databaseOf(env),
      clock,
      random,
      log,
      // Read when needed: a bad setting fails the drain, which is tried again, and not the alarm.
      get leaseMs() {
        return configOf(env).leaseMs;
      },
      sendTasks: async (channel, tasks) => {
        // Required here, so that a missing queue does not stop the other channels.
        await queueOf(env, channel).sendBatch(tasks.map((body) => ({ body })));
      },
    };
  }

  /** The Durable Object of each tenant. */
  const TenantRelay = tenantRelay<Env>(drainTools);

  /** The HTTP API, to be served or mounted. */
  const api = createApi<Env>((env, calledAt) => {
    const { operatorTokens, keyRing, corsOrigins } = configOf(env);
    const { doorMemory, report } = own.memory;
    doorMemory.tellMissing(env, log);
    const refuse = (url: string) => refuseUrl(env, url, calledAt);
    const tools = { ...toolsFor(env), vault: vaultOf(env), refuseUrl: refuse, report };
    return { ...tools, rateLimits: env, doorMemory, operatorTokens, keyRing, corsOrigins, seeThrough };
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
    const { clock } = own.surroundings;
    // Read when needed: a bad setting fails the purge and the resealing, and not the sweep.
    const retentionOf = () => configOf(env);
    await Promise.all([
      sweep({
        db,
        clock,
        log,
        callRelay: (tenantId, at) => callRelay(env, tenantId, at),
        databaseMaxBytes: () => readDatabaseMaxBytes(env),
      }),
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
    const bindsEmail = own.surroundings.email === undefined && emailProvider === "binding";
    const ifNeeded = [...(options.database ? [] : ["DB"]), ...(bindsEmail ? ["EMAIL"] : [])];
    requireBindings(env, [...ifNeeded, "RELAY", ...Object.values(QUEUES)]);
  }

  keepInsides(outbox, own);
  return Object.assign(outbox, {
    TenantRelay,
    queue,
    scheduled,
    api,
    /**
     * Throws a ConfigError that names the first invalid setting or missing binding. Call it at the start of a Worker
     * that relays and delivers by all channels.
     */
    checkSettings,
  });
}

const OPTIONS: Record<keyof OutboxOptions<OutboxEnv, Names>, true> = {
  handlers: true,
  subscribers: true,
  email: true,
  database: true,
  createTenants: true,
};

/** A misspelt option would be ignored silently. */
function refuseUnknown(options: object): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown === undefined) return;
  throw new ConfigError(`createOutbox has no "${unknown}", but has ${Object.keys(OPTIONS).join(", ")}.`);
}

/** Work goes on when the client hangs up. */
const seeThrough = seeingThrough((work) => waitUntil(work));

function providerOf(
  env: OutboxEnv,
  { emailProvider, resendApiKey: apiKey = "", resendBaseUrl: baseUrl }: Config,
): EmailProvider {
  if (emailProvider === "resend") return resend({ apiKey, baseUrl });
  requireBindings(env, ["EMAIL"]);
  return bindingProvider(env.EMAIL as EmailBinding);
}
