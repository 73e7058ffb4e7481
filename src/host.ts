import type { Channel } from "./channels/channel.ts";
import type { Database } from "./db/database.ts";
import type { KnownHandlers } from "./domain/handlers.ts";
import type { Observation } from "./domain/observation.ts";
import type { ChannelName } from "./domain/states.ts";
import type { Memory } from "./memory.ts";
import type { Wake } from "./outbox/waker.ts";
import type { Clock, Random } from "./platform/clock.ts";
import type { Config } from "./platform/config.ts";
import type { Log } from "./platform/log.ts";
import type { Vault } from "./platform/vault.ts";
import type { SendTasks } from "./relay/delivery-task.ts";
import type { Retention } from "./upkeep/purge.ts";

/** Surroundings of the rooms in one process: the platform, the settings, and the memory of its isolate. */
export interface Host {
  /** @throws {ConfigError} when it is missing */
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly memory: Pick<Memory, "gauge" | "types">;
  readonly handlers: KnownHandlers;
  /** Whether a commit for a tenant that is not there makes it. */
  readonly createTenants: boolean;
  /** Settings. A bad one throws when they are read, and fails nothing that does without them. */
  readonly config: Pick<Config, "leaseMs" | "timeoutMs" | "disableAfterMs" | "retrySchedule"> & Retention;
  /** Most bytes of the database: a setting that is read by itself, as every commit needs it. */
  readonly databaseMaxBytes: number;
  readonly vault: Vault;
  readonly wake: Wake;
  /** Asks a tenant's relay to look at its deliveries at an instant (milliseconds), and waits for its answer. */
  readonly callRelay: (tenantId: string, at: number, seen?: readonly Observation[]) => Promise<void>;
  readonly sendTasks: SendTasks;
  /** Lets work go on when the request or the invocation has ended: `ctx.waitUntil`. */
  readonly keepAlive: (work: Promise<unknown>) => void;
  channel(name: ChannelName): Channel;
}
