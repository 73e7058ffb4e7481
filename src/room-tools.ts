import type { Channel } from "./channels/channel.ts";
import { DEFAULT_RETRY_SCHEDULE } from "./delivery/retry-policy.ts";
import type { ConsumerTools } from "./delivery/task-run.ts";
import { type AuditSubject, entryOfApp } from "./domain/audit.ts";
import type { ChannelName } from "./domain/states.ts";
import type { Host } from "./host.ts";
import type { LibraryTools } from "./library/tools.ts";
import type { CommitTools } from "./outbox/commit.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { checked } from "./platform/check.ts";
import { createTenant, tenantInput } from "./registry/tenants.ts";
import type { DrainTools } from "./relay/drain.ts";
import type { WorkerHost } from "./worker-host.ts";

/** Tools of an operation of the library. `write`: `operationId` of an administrative operation, for its audit entry. */
export function libraryTools<Env extends OutboxEnv>(
  host: WorkerHost<Env>,
  subject: AuditSubject,
  write?: string,
): LibraryTools {
  return {
    ...commitTools(host),
    audit: write === undefined ? undefined : entryOfApp(write, host.random, subject),
    refuseUrl: (url) => host.refuseUrl(url),
    seeThrough: host.seeThrough,
    get vault() {
      return host.vault;
    },
    get keyRing() {
      return host.config.keyRing;
    },
    get portal() {
      return host.config.portal;
    },
    get retrySchedule() {
      return host.config.retrySchedule ?? DEFAULT_RETRY_SCHEDULE;
    },
  };
}

/** Tools of a commit, some of which the registry and the interventions need, too. */
export function commitTools(host: Host) {
  const { clock, random, log, handlers, postsToChats, wake, handOver, databaseMaxBytes: maxBytes } = host;
  const { gauge, payloadSchemas, types } = host.memory;
  const db = gauge.watch(host.db, clock.now);
  const makeTenant = async (tenantId: string) => {
    const id = checked(tenantInput.shape.id, tenantId, "tenantId");
    await createTenant({ db, clock, audit: entryOfApp("createTenant", random) }, { id });
  };
  const tools = {
    emailFrom: senderOf(host),
    freezeFiles: host.attachments?.freezeFiles,
    sealing: host.sensitiveEmails,
    writeLink: host.writeLink,
    db,
    clock,
    random,
    log,
    types,
    payloadSchemas,
    handlers,
    postsToChats,
    storage: { gauge, maxBytes },
    wake,
    handOver,
  };
  return { ...tools, createTenant: host.createTenants ? makeTenant : undefined } satisfies CommitTools;
}

/** A bad setting fails no commit: its e-mails get their sender as they are sent. */
function senderOf(host: Host): string | undefined {
  try {
    return host.config.emailFrom;
  } catch {
    return undefined;
  }
}

/** Tools of a tenant's relay. */
export function drainTools(host: Host): DrainTools {
  const { db, clock, random, log, sendTasks } = host;
  return {
    db,
    clock,
    random,
    log,
    sendTasks,
    // Read when it is needed: a bad setting fails the drain, which is tried again, and not the alarm.
    get leaseMs() {
      return host.config.leaseMs;
    },
  };
}

/** Tools of the consumer of a channel's queue. */
export function deliveryTools(host: Host, channelName: ChannelName): ConsumerTools {
  const { config, vault, keepAlive, sendsEmails } = host;
  const { timeoutMs, disableAfterMs, retrySchedule = DEFAULT_RETRY_SCHEDULE, systemEventsTenant } = config;
  const channels = new Map<string, Channel>();
  const channelOf = (tenantId: string) => {
    const channel = channels.get(tenantId) ?? host.channel(channelName, tenantId);
    channels.set(tenantId, channel);
    return channel;
  };
  const policy = { timeoutMs, disableAfterMs, retrySchedule, systemEventsTenant, sendsEmails };
  return { ...commitTools(host), ...policy, channelName, channelOf, vault, keepAlive };
}

/** Tools of the cron: the sweep, the repair, the purge and the resealing. */
export function upkeepTools(host: Host) {
  const { db, clock, random, log, callRelay } = host;
  return {
    db,
    clock,
    random,
    log,
    callRelay,
    // Read when they are needed: a bad setting fails the warnings, the purge and the resealing, and not the sweep.
    systemEventsTenant: () => host.config.systemEventsTenant,
    databaseMaxBytes: () => host.databaseMaxBytes,
    retentionOf: () => host.config,
    vaultOf: () => host.vault,
    resealEmails: host.sensitiveEmails?.resealEmails,
  };
}
