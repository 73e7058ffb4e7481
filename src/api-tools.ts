/** Tools of the API and of what comes with it, apart from the other rooms' tools: a Worker without the API does not bundle them. */
import type { ApiTools } from "./api/context.ts";
import { settingsInForce } from "./api/deployment/settings-in-force.ts";
import { DoorMemory } from "./api/door/door-memory.ts";
import { DEFAULT_RETRY_SCHEDULE } from "./delivery/retry-policy.ts";
import { emailEventTools } from "./email-event-tools.ts";
import type { Memory } from "./memory.ts";
import { KnownMetrics } from "./metrics/known-metrics.ts";
import type { PushTools } from "./metrics/push.ts";
import type { OutboxEnv } from "./outbox-env.ts";
import { commitTools } from "./room-tools.ts";
import { unsubscribeTools } from "./unsubscribe-tools.ts";
import { KnownReport } from "./upkeep/report.ts";
import type { WorkerHost } from "./worker-host.ts";

/** Memory of an isolate about its API. */
class ApiMemory {
  readonly doorMemory = new DoorMemory();
  readonly report = new KnownReport();
  readonly metrics = new KnownMetrics();
}

const memories = new WeakMap<Memory, ApiMemory>();

function memoryOf(outbox: Memory): ApiMemory {
  const memory = memories.get(outbox) ?? new ApiMemory();
  memories.set(outbox, memory);
  return memory;
}

/** Tools of the HTTP API. `calledAt`: URL of the request, whose host gets no webhooks. */
export function apiTools<Env extends OutboxEnv>(host: WorkerHost<Env>, calledAt: string): ApiTools {
  const { env, log, memory, vault, seeThrough } = host;
  const { operatorTokens, keyRing, corsOrigins, portal, disableAfterMs, environment } = host.config;
  const { retrySchedule = DEFAULT_RETRY_SCHEDULE } = host.config;
  const own = memoryOf(memory);
  own.doorMemory.tellMissing(env, log);
  const refuseUrl = (url: string) => host.refuseUrl(url, calledAt);
  const access = { rateLimits: env, operatorTokens, keyRing, corsOrigins, portal };
  const settings = { ...access, disableAfterMs, retrySchedule, environment };
  return {
    ...commitTools(host),
    ...settings,
    ...own,
    emailsSentTo: host.config.emailDevAllow,
    vault,
    refuseUrl,
    seeThrough,
    emailEvents: () => emailEventTools(host),
    unsubscribe: () => unsubscribeTools(host),
    settingsInForce: () => settingsInForce(env, { ...host.config, retrySchedule }),
  };
}

/** Tools of the push of metrics. */
export function pushTools<Env extends OutboxEnv>(
  host: WorkerHost<Env>,
  fetch: PushTools["fetch"],
): PushTools {
  const { db, clock, log, env } = host;
  return { db, clock, log, env, fetch, databaseMaxBytes: () => host.databaseMaxBytes };
}
