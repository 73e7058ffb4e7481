import { readBeginning } from "../channels/read-response.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { describeError, type Log } from "../platform/log.ts";
import { familiesOf } from "./deployment-families.ts";
import { metricLimits } from "./metric-limits.ts";
import { otlpRequest } from "./otlp.ts";
import { type OtlpSettings, readOtlp } from "./otlp-settings.ts";
import { readMetrics } from "./read-metrics.ts";

export interface PushTools {
  db: Database;
  clock: Clock;
  log: Log;
  fetch: typeof fetch;
  /** @throws {ConfigError} */
  databaseMaxBytes: () => number;
  /** Settings of the Worker. */
  env: object;
}

/** The cron: posts the metrics of the deployment to a receiver of OTLP. Never throws. */
export async function pushMetrics(tools: PushTools): Promise<void> {
  const { db, clock, log } = tools;
  try {
    const otlp = readOtlp(tools.env);
    if (!otlp) return;
    const measured = await readMetrics(db, [], clock.now());
    const families = familiesOf(measured, tools.databaseMaxBytes());
    const counted = { from: measured.found.counted_from ?? measured.at, to: measured.at };
    const error = await post(tools, otlp, JSON.stringify(otlpRequest(families, counted)));
    if (error !== undefined) log("metrics.push_failed", { error });
  } catch (error) {
    log("metrics.push_failed", { error: describeError(error) });
  }
}

/** Answers why the receiver has not taken all. Its own words are not told, because they may quote the headers. */
async function post({ fetch, clock }: PushTools, { url, headers }: OtlpSettings, body: string) {
  const signal = clock.timeout(metricLimits.pushMs);
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body,
    redirect: "manual",
    signal,
  });
  const { text } = await readBeginning(response, metricLimits.pushAnswerBytes, signal);
  if (!response.ok) return `The receiver answered ${response.status}`;
  const refused = rejectedIn(text);
  return refused > 0 ? `The receiver refused ${refused} data points` : undefined;
}

/** Number of refused data points in an answer, which need not be JSON. */
function rejectedIn(answer: string): number {
  const [, digits] = /"rejectedDataPoints"\s*:\s*"?(\d+)/.exec(answer) ?? [];
  return Number(digits ?? 0);
}
