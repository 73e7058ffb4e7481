import { waitUntil } from "cloudflare:workers";
import type { Attachments } from "./attachments.ts";
import type { EmailProvider } from "./channels/email/provider.ts";
import type { Chats } from "./channels/webhook/chats.ts";
import { consume } from "./delivery/consume.ts";
import { registerHandlers } from "./handlers.ts";
import { type Insides, keepInsides } from "./insides.ts";
import { type Committed, commitAnswered } from "./library/commit.ts";
import { type Operations, operationsOf } from "./library/operations.ts";
import { type Ask, subjectOf } from "./library/tools.ts";
import { Memory } from "./memory.ts";
import type { ChannelsOf, CommitRequestOf, HandlersOf, Names, Subscriber } from "./names.ts";
import type { CommitRequest } from "./outbox/commit.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import type { EmailProviders } from "./platform/email-provider-setting.ts";
import { ConfigError } from "./platform/errors.ts";
import type { Logger } from "./platform/log-lines.ts";
import { channelOfQueue } from "./queues.ts";
import { tenantRelay } from "./relay/tenant-relay.ts";
import { deliveryTools, drainTools, libraryTools, upkeepTools } from "./room-tools.ts";
import { noSchemas } from "./schemas/no-schemas.ts";
import type { PayloadSchemas } from "./schemas/payload-schemas.ts";
import type { SensitiveEmails } from "./sensitive-emails.ts";
import { systemSurroundings } from "./surroundings.ts";
import { runJobs } from "./upkeep/run-jobs.ts";
import { WorkerHost } from "./worker-host.ts";

/** Options of an app's outbox. Each may be left out. */
export interface OutboxOptions<Env extends OutboxEnv, N extends Names> {
  /** Functions that carry out the app's work, by name. Each runs for the payloads committed with `work(name, payload)`. */
  handlers?: HandlersOf<Env, N>;
  /** Functions called for each event of the types they name in `on`, by a name of their own. */
  subscribers?: Readonly<Record<string, Subscriber<Env, N>>>;
  /**
   * Provider that sends the e-mails of a tenant: all may share one, or each has its own. Several are a pool: each takes what
   * those before it refuse. Defaults to the provider named by the setting `EMAIL_PROVIDER`, for all tenants. In development it sends only
   * to addresses that `EMAIL_DEV_ALLOW` allows, with `EMAIL_DEV=live`, and otherwise to nobody.
   */
  email?: (env: Env, tenantId: string) => EmailProvider | readonly EmailProvider[];
  /**
   * Channels of the app's own, as for SMS or push, by name: each made by `channel(…)`. `work(name, content)` commits a message to one.
   */
  channels?: ChannelsOf<Env, N>;
  /**
   * `emailProviders`: lets the setting `EMAIL_PROVIDER` name `resend`, `postmark`, `sendgrid`, `mailgun` and `ses`, too. Left out:
   * it names `binding`, and the Worker is smaller by the others.
   */
  emailProviders?: EmailProviders<EmailProvider>;
  /**
   * `attachments` of `edge-outbox/attachments`: takes e-mails with files in the R2 bucket `EMAIL_ATTACHMENTS`. Left out: e-mails have
   * their files in themselves, and the Worker is smaller.
   */
  attachments?: Attachments;
  /**
   * `sensitiveEmails` of `edge-outbox/sensitive-emails`: takes e-mails with `sensitive: true`, whose content is sealed and wiped. Left
   * out: they are refused, and the Worker is smaller.
   */
  sensitiveEmails?: SensitiveEmails;
  /**
   * `chats`: lets webhook endpoints post to Slack, Discord and Teams. Left out: such endpoints are refused, and the Worker is smaller
   * by the forms of their messages.
   */
  chats?: Chats;
  /** Database of the app. Defaults to the binding `DB`. */
  database?: (env: Env) => D1Database;
  /** True: a commit creates its tenant if it is missing. Defaults to false: the commit is refused with `tenant_not_found`. */
  createTenants?: boolean;
  /**
   * `payloadSchemas` of `edge-outbox/schemas`: takes event types with a JSON Schema, and checks their payloads. Left out: refuses
   * them, and the Worker is smaller by the checks.
   */
  payloadSchemas?: PayloadSchemas;
  /**
   * Takes the lines of the log, of the level `LOG_LEVEL` and above, and of the others the share `LOG_SAMPLE_RATE`. Defaults to
   * JSON on the console.
   */
  logger?: Logger;
}

/** Outbox of a request: `commit`, and the operations of the HTTP API in groups. */
export interface Outbox<N extends Names> extends Operations {
  /**
   * Commits the app's statements and messages in one D1 batch: all of them, or none.
   * @throws {OutboxError} with its reason in `code`; an error of the app's own statements is thrown as D1 raised it
   */
  commit(tenantId: string, request: CommitRequestOf<N>): Promise<Committed>;
}

/**
 * Factory of an app: called with the bindings of a request, it answers the `Outbox` of that request. Its properties are
 * the exports and handlers of the app's Worker.
 */
export interface OutboxFactory<Env extends OutboxEnv, N extends Names> {
  (env: Env): Outbox<N>;
  /** Durable Object of each tenant. The Worker exports it under this name. */
  readonly TenantRelay: ReturnType<typeof tenantRelay<Env>>;
  /** Consumes a batch of any of the queues. */
  readonly queue: (batch: MessageBatch, env: Env) => Promise<void>;
  /** Runs every minute, by the cron. */
  readonly scheduled: (controller: ScheduledController, env: Env) => Promise<void>;
  /**
   * Checks the settings and bindings of a Worker that relays and delivers by all channels. Call it where that Worker starts.
   * @throws {ConfigError} naming the setting that is wrong, or the binding that is missing
   */
  readonly checkSettings: (env: Env) => void;
}

/**
 * Creates an app's outbox: a function that takes the bindings of a request and answers its `Outbox`. The Worker exports its
 * `TenantRelay` under that name, and its `queue` and `scheduled` as handlers. `createApi` of `edge-outbox/api` serves its HTTP API.
 *
 * @throws {ConfigError} naming the option, handler or subscriber that is wrong
 *
 * @example
 * interface Env extends OutboxEnv {
 *   DB: D1Database;
 * }
 * interface Shop {
 *   events: { "order.placed": { id: string } };
 *   work: { "charge-card": { orderId: string } };
 * }
 *
 * const outbox = createOutbox<Env, Shop>({
 *   createTenants: true,
 *   handlers: {
 *     "charge-card": async ({ message, env, signal }) => {
 *       const { orderId } = message.payload;
 *       const charge = { method: "POST", headers: { "idempotency-key": message.id }, body: orderId, signal };
 *       const response = await fetch("https://payments.example/charges", charge);
 *       if (!response.ok) throw new Error(`The bank answered ${response.status}`);
 *       return { writes: [env.DB.prepare("UPDATE orders SET charged = 1 WHERE id = ?").bind(orderId)] };
 *     },
 *   },
 * });
 *
 * export const { TenantRelay } = outbox;
 * export default {
 *   async fetch(_, env) {
 *     const id = crypto.randomUUID();
 *     await outbox(env).commit("acme", {
 *       idempotencyKey: `order-${id}`,
 *       writes: [env.DB.prepare("INSERT INTO orders (id) VALUES (?)").bind(id)],
 *       messages: [event("order.placed", { id }, { orderingKey: id }), work("charge-card", { orderId: id })],
 *     });
 *     return Response.json({ id }, { status: 201 });
 *   },
 *   queue: outbox.queue,
 *   scheduled: outbox.scheduled,
 * } satisfies ExportedHandler<Env>;
 */
export function createOutbox<Env extends OutboxEnv = OutboxEnv, N extends Names = Names>(
  options: OutboxOptions<Env, N> = {},
): OutboxFactory<Env, N> {
  refuseUnknown(options);
  const {
    database,
    createTenants = false,
    logger,
    payloadSchemas = noSchemas,
    emailProviders,
    attachments,
    sensitiveEmails,
    chats,
  } = options;
  const registered = registerHandlers(options.handlers, options.subscribers, options.channels);
  const insides: Insides<Env> = {
    surroundings: systemSurroundings(),
    memory: new Memory(payloadSchemas),
    drainTools: (env) => drainTools(hostOf(env)),
    hostOf,
  };
  function hostOf(env: Env): WorkerHost<Env> {
    return new WorkerHost(env, {
      insides,
      registered,
      database,
      createTenants,
      email: options.email,
      emailProviders,
      attachments,
      sensitiveEmails,
      chats,
      logger,
      keepAlive: waitUntil,
    });
  }

  function outbox(env: Env): Outbox<N> {
    const ask: Ask = (ids, write) => libraryTools(hostOf(env), subjectOf(ids), write);
    return {
      ...operationsOf(ask, insides.portalLinks?.(ask)),
      commit: (tenantId, request) => commitAnswered(ask, tenantId, request as CommitRequest),
    };
  }

  const TenantRelay = tenantRelay(insides.drainTools);

  async function queue(batch: MessageBatch, env: Env): Promise<void> {
    const tools = deliveryTools(hostOf(env), channelOfQueue(batch.queue));
    await consume(tools, batch.messages);
  }

  async function scheduled(_: ScheduledController, env: Env): Promise<void> {
    const tools = upkeepTools(hostOf(env));
    await Promise.all([
      runJobs(tools),
      insides.emailEvents?.run(env),
      env.OTLP_METRICS_URL && (insides.push?.run(env) ?? tools.log(...NO_PUSH)),
    ]);
  }

  function checkSettings(env: Env): void {
    hostOf(env).check();
    insides.push?.check(env);
    insides.emailEvents?.check(env);
    insides.unsubscribe?.check(env);
  }

  keepInsides(outbox, insides);
  return Object.assign(outbox, { TenantRelay, queue, scheduled, checkSettings });
}

const NO_PUSH = [
  "metrics.push_failed",
  { error: "OTLP_METRICS_URL is set, but this Worker does not call createApi of edge-outbox/api" },
] as const;

const OPTIONS: Record<keyof OutboxOptions<OutboxEnv, Names>, true> = {
  handlers: true,
  subscribers: true,
  channels: true,
  email: true,
  emailProviders: true,
  attachments: true,
  sensitiveEmails: true,
  chats: true,
  database: true,
  createTenants: true,
  payloadSchemas: true,
  logger: true,
};

/** Refuses a misspelt option, which would have no effect. */
function refuseUnknown(options: object): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown === undefined) return;
  throw new ConfigError(`createOutbox has no "${unknown}", but has ${Object.keys(OPTIONS).join(", ")}.`);
}
