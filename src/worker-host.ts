import type { Attachments, AttachmentsIn } from "./attachments.ts";
import type { Channel } from "./channels/channel.ts";
import { AccountDesk } from "./channels/email/account-desk.ts";
import { dropEmail, guardedProvider, type Keep, keepingProvider } from "./channels/email/development.ts";
import { emailChannel } from "./channels/email/email.ts";
import type { EmailProvider } from "./channels/email/provider.ts";
import { bindingProvider, type EmailBinding } from "./channels/email/providers/binding.ts";
import { handlerChannel } from "./channels/handler/handler.ts";
import type { Chats } from "./channels/webhook/chats.ts";
import { createNameCheck } from "./channels/webhook/look-up.ts";
import { ownHostnameOf } from "./channels/webhook/own-hostname.ts";
import { refuseTarget } from "./channels/webhook/target-url.ts";
import { webhookChannel } from "./channels/webhook/webhook.ts";
import type { AccountCalls, AccountName } from "./domain/email-account.ts";
import type { KnownHandlers } from "./domain/handlers.ts";
import { CHANNELS, type ChannelName } from "./domain/states.ts";
import type { Registered } from "./handlers.ts";
import type { Host } from "./host.ts";
import type { Memory } from "./memory.ts";
import type { HandOver } from "./outbox/commit-lease.ts";
import type { WriteLink } from "./outbox/fix-emails.ts";
import { createWake, type Wake } from "./outbox/waker.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { requireBindings } from "./platform/bindings.ts";
import type { Clock, Random } from "./platform/clock.ts";
import { type Config, readConfig, readDatabaseMaxBytes } from "./platform/config.ts";
import { type EmailProviders, isNamed } from "./platform/email-provider-setting.ts";
import { ConfigError } from "./platform/errors.ts";
import type { Log } from "./platform/log.ts";
import type { Logger } from "./platform/log-lines.ts";
import { type SeeThrough, seeingThrough } from "./platform/see-through.ts";
import { createVault, type Vault } from "./platform/vault.ts";
import { QUEUES, queueOf } from "./queues.ts";
import type { SendTasks } from "./relay/delivery-task.ts";
import { ACCOUNT_PREFIX, type RelayCalls } from "./relay/tenant-relay.ts";
import type { SensitiveEmails, SensitiveEmailsIn } from "./sensitive-emails.ts";
import type { Surroundings } from "./surroundings.ts";

/** Parts of an app's outbox that its bindings do not hold. */
interface Parts<Env extends OutboxEnv> {
  insides: {
    surroundings: Surroundings<Env>;
    memory: Memory;
    unsubscribe?: { writeLink(env: Env, ...email: Parameters<WriteLink>): Promise<object> };
    /** Undefined: there is no mailbox. */
    mailbox?: (env: Env) => { keep: Keep };
  };
  registered: Registered;
  /** Database of the app. Defaults to the binding `DB`. */
  database: ((env: Env) => D1Database) | undefined;
  createTenants: boolean;
  /** Provider of the app. Undefined: the one that the settings name. */
  email: ((env: Env, tenantId: string) => EmailProvider | readonly EmailProvider[]) | undefined;
  /** Providers that `EMAIL_PROVIDER` may name. Undefined: those of every outbox alone. */
  emailProviders: EmailProviders<EmailProvider> | undefined;
  /** Means to send files that R2 keeps. Undefined: e-mails have their files in themselves. */
  attachments: Attachments | undefined;
  /** Means to keep e-mails sealed. Undefined: it takes no sensitive ones. */
  sensitiveEmails: SensitiveEmails | undefined;
  /** Undefined: it posts to no chats. */
  chats: Chats | undefined;
  /** Keeps the invocation alive until the work ends: `waitUntil`. */
  keepAlive: (work: Promise<unknown>) => void;
  /** Takes the lines of the log. Defaults to the console. */
  logger: Logger | undefined;
}

/** Bindings and settings of a Worker, each read when it is needed. */
export class WorkerHost<Env extends OutboxEnv = OutboxEnv> implements Host {
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: Memory;
  readonly handlers: KnownHandlers;
  readonly createTenants: boolean;
  readonly postsToChats: boolean;
  readonly wake: Wake;
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** Finishes work that was begun, though its client hangs up. */
  readonly seeThrough: SeeThrough;
  readonly #parts: Parts<Env>;

  constructor(env: Env, parts: Parts<Env>) {
    const { insides, registered, createTenants, keepAlive, logger } = parts;
    const { clock, random } = insides.surroundings;
    this.env = env;
    this.clock = clock;
    this.random = random;
    this.memory = insides.memory;
    this.log = this.memory.logFor(env, logger);
    this.keepAlive = keepAlive;
    this.handlers = registered.known;
    this.createTenants = createTenants;
    this.postsToChats = parts.chats !== undefined;
    this.wake = createWake(this.memory.wakesInFlight, {
      call: this.callRelay,
      keepAlive,
      clock,
      log: this.log,
    });
    this.seeThrough = seeingThrough(keepAlive);
    this.#parts = parts;
  }

  get db(): D1Database {
    const { env } = this;
    const { database } = this.#parts;
    const db = database ? database(env) : env.DB;
    if (!db) throw new ConfigError('The binding DB is missing. Add it, or give another as "database".');
    return db;
  }

  /** @throws {ConfigError} naming the setting that is wrong */
  get config(): Config {
    const { configs } = this.memory;
    const known = configs.get(this.env);
    if (known) return known;
    const { email, emailProviders } = this.#parts;
    const config = readConfig(this.env, { ownEmail: email !== undefined, emailProviders });
    configs.set(this.env, config);
    return config;
  }

  get databaseMaxBytes(): number {
    return readDatabaseMaxBytes(this.env);
  }

  get vault(): Vault {
    return createVault(this.config.keyRing);
  }

  get writeLink(): Host["writeLink"] {
    const { unsubscribe } = this.#parts.insides;
    return unsubscribe && ((...email) => unsubscribe.writeLink(this.env, ...email));
  }

  /** @throws {ConfigError} naming the binding that is missing */
  readonly callRelay: Host["callRelay"] = async (tenantId, at, seen) => {
    if (!this.#parts.insides.surroundings.wakesRelays) return;
    requireBindings(this.env, ["RELAY"]);
    await (this.env.RELAY.getByName(tenantId) as RelayCalls).wake(at, seen);
  };

  /** Reads the binding of a queue only to send to it, so a missing one leaves the other channels at work. */
  readonly sendTasks: SendTasks = async (channel, tasks) => {
    await queueOf(this.env, channel).sendBatch(tasks.map((body) => ({ body })));
  };

  /** A bad setting, or a queue that is another Worker's, leaves deliveries to the relay, and fails no commit. */
  get handOver(): HandOver | undefined {
    if (!this.#parts.insides.surroundings.wakesRelays) return undefined;
    const channels = CHANNELS.filter((channel) => this.env[QUEUES[channel]] !== undefined);
    if (channels.length === 0) return undefined;
    const leaseMs = this.#leaseMs;
    if (leaseMs === undefined) return undefined;
    return { leaseMs, channels, sendTasks: this.sendTasks, keepAlive: this.keepAlive };
  }

  get #leaseMs(): number | undefined {
    try {
      return this.config.leaseMs;
    } catch {
      return undefined;
    }
  }

  /** Reason why webhooks must not go to a URL; undefined if they may. `calledAt`: URL of the current request, whose host is refused. */
  refuseUrl(url: string, calledAt?: string): string | undefined {
    const { allowLoopback, ownHostnames } = this.config;
    const own = calledAt === undefined ? undefined : ownHostnameOf(calledAt);
    return refuseTarget(url, { allowLoopback, ownHostnames: own ? [...ownHostnames, own] : ownHostnames });
  }

  /** Calls the world outside. */
  get fetch(): typeof fetch {
    return this.#parts.insides.surroundings.fetch;
  }

  channel(name: ChannelName, tenantId: string): Channel {
    const { config, env, clock, log } = this;
    const deskOf = this.#deskOf;
    const channels: Record<ChannelName, () => Channel> = {
      webhook: () => this.#webhooks(),
      email: () => {
        const withFiles = this.attachments?.withFiles;
        return emailChannel(this.#emailProvider(tenantId), config.emailFrom, deskOf, withFiles);
      },
      handler: () =>
        handlerChannel(this.#parts.registered.byName, { env, tenantId, now: clock.now, log, deskOf }),
    };
    return channels[name]();
  }

  /** @throws {ConfigError} naming the setting that is wrong, or the binding that is missing */
  check(): void {
    const { email, database } = this.#parts;
    const bindsEmail = email === undefined && this.config.emailProvider === "binding" && !this.#keepsAll;
    const ifNeeded = [...(database ? [] : ["DB"]), ...(bindsEmail ? ["EMAIL"] : [])];
    requireBindings(this.env, [...ifNeeded, "RELAY", ...Object.values(QUEUES)]);
  }

  /** The start of a Worker that lacks the binding EMAIL is not refused where the app has no e-mails to send. */
  get sendsEmails(): boolean {
    const { emailProvider } = this.config;
    const { email, insides } = this.#parts;
    if (email ?? insides.surroundings.email ?? this.env.EMAIL) return true;
    return emailProvider !== "binding" || this.#keepsAll;
  }

  get attachments(): AttachmentsIn | undefined {
    return this.#parts.attachments?.of(this.env.EMAIL_ATTACHMENTS);
  }

  get sensitiveEmails(): SensitiveEmailsIn | undefined {
    return this.#parts.sensitiveEmails?.of(() => this.vault);
  }

  /** True: it is for development, and nobody gets an e-mail. */
  get #keepsAll(): boolean {
    const { environment, emailDevAllow } = this.config;
    return environment === "development" && emailDevAllow === undefined;
  }

  /** Without relays each isolate goes by what it knows of an account. */
  readonly #deskOf = (account: AccountName): AccountDesk => {
    const { env, clock, memory } = this;
    const isKept = this.#parts.insides.surroundings.wakesRelays && env.RELAY !== undefined;
    const keeper = ({ name }: AccountName) => env.RELAY.getByName(`${ACCOUNT_PREFIX}${name}`) as AccountCalls;
    return new AccountDesk(account, { keeper: isKept ? keeper : undefined, known: memory.accounts, clock });
  };

  #webhooks(): Channel {
    const { config, clock, memory } = this;
    const tools = { fetch: this.#parts.insides.surroundings.fetch, now: clock.now };
    const { dnsUrl: url, portal } = config;
    const checkName =
      url === undefined ? undefined : createNameCheck({ ...tools, url, lookUps: memory.lookUps });
    const { chats } = this.#parts;
    return webhookChannel({ ...tools, ...config, checkName, chats, dashboardUrl: portal.url });
  }

  /** Development sends to nobody but whom its settings allow, whatever the provider. Only a test has its own way. */
  #emailProvider(tenantId: string): EmailProvider | readonly EmailProvider[] {
    const { insides } = this.#parts;
    const { environment, emailDevAllow: allow } = this.config;
    if (insides.surroundings.email) return insides.surroundings.email(this.env);
    if (environment !== "development") return this.#sendingProvider(tenantId);
    const keep = insides.mailbox?.(this.env).keep ?? dropEmail;
    if (!allow) return keepingProvider(keep);
    return [this.#sendingProvider(tenantId)].flat().map((provider) => guardedProvider(provider, keep, allow));
  }

  #sendingProvider(tenantId: string): EmailProvider | readonly EmailProvider[] {
    const { emailProvider } = this.config;
    const { email, emailProviders } = this.#parts;
    if (email) return email(this.env, tenantId);
    if (emailProviders && isNamed(emailProvider)) return emailProviders.create(emailProvider, this.env);
    requireBindings(this.env, ["EMAIL"]);
    return bindingProvider(this.env.EMAIL as EmailBinding);
  }
}
