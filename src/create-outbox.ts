import { waitUntil } from "cloudflare:workers";
import { createApi } from "./api/app.ts";
import type { EmailProvider } from "./channels/email/email.ts";
import { consume } from "./delivery/consume.ts";
import { registerHandlers } from "./handlers.ts";
import { type Insides, keepInsides, systemSurroundings } from "./insides.ts";
import { type Committed, commitAnswered } from "./library/commit.ts";
import { type Operations, operationsOf } from "./library/operations.ts";
import { type Ask, subjectOf } from "./library/tools.ts";
import { Memory } from "./memory.ts";
import type { CommitRequestOf, HandlersOf, Names, Subscriber } from "./names.ts";
import type { CommitRequest } from "./outbox/commit.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { ConfigError } from "./platform/errors.ts";
import { assertRelations } from "./platform/limit-relations.ts";
import type { Logger } from "./platform/log-lines.ts";
import { channelOfQueue } from "./queues.ts";
import { tenantRelay } from "./relay/tenant-relay.ts";
import { apiTools, deliveryTools, drainTools, libraryTools, upkeepTools } from "./room-tools.ts";
import { purge } from "./upkeep/purge.ts";
import { repair } from "./upkeep/repair.ts";
import { reseal } from "./upkeep/reseal.ts";
import { sweep } from "./upkeep/sweep.ts";
import { WorkerHost } from "./worker-host.ts";

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
  /**
   * Takes the lines of the log, of the level `LOG_LEVEL` and above, and of the others the share `LOG_SAMPLE_RATE`. Defaults to
   * JSON on the console.
   */
  logger?: Logger;
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
  assertRelations();
  refuseUnknown(options);
  const { database, createTenants = false, logger } = options;
  const registered = registerHandlers(options.handlers, options.subscribers);
  const insides: Insides<Env> = {
    surroundings: systemSurroundings(options.email),
    memory: new Memory(),
    drainTools: (env) => drainTools(hostOf(env)),
  };
  const hostOf = (env: Env) =>
    new WorkerHost(env, { insides, registered, database, createTenants, logger, keepAlive: waitUntil });

  /** The HTTP API, to be served or mounted. */
  const api = createApi<Env>((env, calledAt) => apiTools(hostOf(env), calledAt));

  function outbox(env: Env): Outbox<N> {
    const ask: Ask = (ids, write) => libraryTools(hostOf(env), subjectOf(ids), write);
    return {
      ...operationsOf(ask),
      commit: (tenantId, request) => commitAnswered(ask, tenantId, request as CommitRequest),
    };
  }

  /** The Durable Object of each tenant. */
  const TenantRelay = tenantRelay(insides.drainTools);

  /** The consumer of the queues. */
  async function queue(batch: MessageBatch, env: Env): Promise<void> {
    const tools = deliveryTools(hostOf(env), channelOfQueue(batch.queue));
    await consume(tools, batch.messages);
  }

  /** The cron: every minute. */
  async function scheduled(_: ScheduledController, env: Env): Promise<void> {
    const tools = upkeepTools(hostOf(env));
    await Promise.all([sweep(tools), repair(tools), purge(tools), reseal(tools)]);
  }

  /**
   * Throws a ConfigError that names the setting that is wrong, or the binding that is missing. To be called where a Worker
   * starts that relays and delivers by all channels.
   */
  function checkSettings(env: Env): void {
    hostOf(env).check();
  }

  keepInsides(outbox, insides);
  return Object.assign(outbox, { TenantRelay, queue, scheduled, api, checkSettings });
}

const OPTIONS: Record<keyof OutboxOptions<OutboxEnv, Names>, true> = {
  handlers: true,
  subscribers: true,
  email: true,
  database: true,
  createTenants: true,
  logger: true,
};

/** A misspelt option would be passed over. */
function refuseUnknown(options: object): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown === undefined) return;
  throw new ConfigError(`createOutbox takes no "${unknown}": there are ${Object.keys(OPTIONS).join(", ")}.`);
}
