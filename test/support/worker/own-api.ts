import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createApp } from "../../../src/api/app.ts";
import type { ApiTools } from "../../../src/api/context.ts";
import type { Dashboard } from "../../../src/api/dashboard.ts";
import { settingsInForce } from "../../../src/api/deployment/settings-in-force.ts";
import { DoorMemory } from "../../../src/api/door/door-memory.ts";
import { Gauge } from "../../../src/db/gauge.ts";
import { DEFAULT_RETRY_SCHEDULE } from "../../../src/delivery/retry-policy.ts";
import { KnownMetrics } from "../../../src/metrics/known-metrics.ts";
import { systemClock, systemRandom } from "../../../src/platform/clock.ts";
import { createVault } from "../../../src/platform/vault.ts";
import { KnownReport } from "../../../src/upkeep/report.ts";
import { newTypes, payloadSchemas } from "../known-types.ts";
import { configOf } from "./outbox.ts";

const BASE = "http://outbox.test";

/** The API with tools of one's own, and these pages beside it. */
export function apiWith(tools: Partial<ApiTools>, pages?: Dashboard) {
  const standard = {
    db: env.DB,
    clock: systemClock,
    random: systemRandom,
    log: () => undefined,
    wake: () => undefined,
    refuseUrl: () => undefined,
    operatorTokens: configOf(env).operatorTokens,
    keyRing: configOf(env).keyRing,
    vault: createVault(configOf(env).keyRing),
    types: newTypes(),
    payloadSchemas,
    report: new KnownReport(),
    disableAfterMs: configOf(env).disableAfterMs,
    retrySchedule: DEFAULT_RETRY_SCHEDULE,
    metrics: new KnownMetrics(),
    storage: { gauge: new Gauge(), maxBytes: 1e10 },
    rateLimits: {},
    doorMemory: new DoorMemory(),
    corsOrigins: undefined,
    portal: configOf(env).portal,
    settingsInForce: () => settingsInForce(env, configOf(env)),
    seeThrough: <T>(work: Promise<T>) => work,
  };
  const api = createApp(() => ({ ...standard, ...tools }) as ApiTools, pages);
  return (path: string, init: RequestInit = {}) =>
    api.fetch(new Request(new URL(path, BASE), init), env, createExecutionContext());
}
