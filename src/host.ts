import type { AttachmentsIn } from "./attachments.ts";
import type { Channel } from "./channels/channel.ts";
import type { Database } from "./db/database.ts";
import type { KnownHandlers } from "./domain/handlers.ts";
import type { Observation } from "./domain/observation.ts";
import type { ChannelName } from "./domain/states.ts";
import type { Memory } from "./memory.ts";
import type { HandOver } from "./outbox/commit-lease.ts";
import type { WriteLink } from "./outbox/fix-emails.ts";
import type { Wake } from "./outbox/waker.ts";
import type { Clock, Random } from "./platform/clock.ts";
import type { Config } from "./platform/config.ts";
import type { Log } from "./platform/log.ts";
import type { Vault } from "./platform/vault.ts";
import type { SendTasks } from "./relay/delivery-task.ts";
import type { SensitiveEmailsIn } from "./sensitive-emails.ts";
import type { Retention } from "./upkeep/purge.ts";

/** Surroundings of the rooms in one process: the platform, the settings, and the memory of its isolate. */
export interface Host {
  /** @throws {ConfigError} if the binding is missing */
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: Pick<Memory, "gauge" | "payloadSchemas" | "types">;
  readonly handlers: KnownHandlers;
  /** True if it posts to chats. */
  readonly postsToChats: boolean;
  /** True: a commit creates its tenant if it is missing. */
  readonly createTenants: boolean;
  /** Settings, checked when they are read. A bad one fails only the work that reads them. */
  readonly config: Pick<
    Config,
    "leaseMs" | "timeoutMs" | "disableAfterMs" | "retrySchedule" | "systemEventsTenant"
  > &
    Retention & { readonly emailFrom?: string | undefined };
  /** True if it has a provider of e-mails. */
  readonly sendsEmails: boolean;
  /** Means to send files that R2 keeps. Undefined: it has none. */
  readonly attachments: AttachmentsIn | undefined;
  /** Means to keep e-mails sealed. Undefined: it takes no sensitive ones. */
  readonly sensitiveEmails: SensitiveEmailsIn | undefined;
  /** Limit of the database in bytes. It is read by itself, because every commit needs it, and few need other settings. */
  readonly databaseMaxBytes: number;
  readonly vault: Vault;
  /** Writes unsubscribe links into e-mails. Undefined: nobody here answers them. */
  readonly writeLink: WriteLink | undefined;
  readonly wake: Wake;
  /** Asks a tenant's relay to look at its deliveries at an instant in milliseconds, and waits for its answer. */
  readonly callRelay: (tenantId: string, at: number, seen?: readonly Observation[]) => Promise<void>;
  readonly sendTasks: SendTasks;
  /** Hands over what a commit has leased. Undefined: commits leave all deliveries to the relay. */
  readonly handOver: HandOver | undefined;
  /** Lets work go on when the request or the invocation has ended: `ctx.waitUntil`. */
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** Way to the receivers of a tenant. */
  channel(name: ChannelName, tenantId: string): Channel;
}
