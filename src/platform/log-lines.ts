import type { Log, LogEvent } from "./log.ts";

/** Levels of log lines, from the gravest to the least. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

/** How grave a log line is: `error` and `warn` want a look, `info` tells what is rare, `debug` what goes well all the time. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of the log. `docs/operate/monitoring.md` lists the events and their fields. */
export interface LogLine {
  event: string;
  level: LogLevel;
  /** Share of the lines of its kind that are told, where not all are: each stands for `1 / sampleRate` of them. */
  sampleRate?: number;
  [field: string]: unknown;
}

/** Takes the lines of the log. */
export type Logger = (line: LogLine) => void;

/** Settings of the log. */
export interface LogSettings {
  /** The least grave lines that are told, one by one. */
  level: LogLevel;
  /** Share of the lines below `level` that are told all the same: from 0, none, to 1, all. */
  sampleRate: number;
}

export const DEFAULT_LOG_SETTINGS: LogSettings = { level: "info", sampleRate: 0.01 };

/** Writes each line as JSON to the console: by `console.log` what is no complaint, as `console.debug` shows nowhere by default. */
const consoleLogger: Logger = (line) => {
  const method = line.level === "error" || line.level === "warn" ? line.level : "log";
  console[method](JSON.stringify(line));
};

/** Tells lines of a level and above one by one, and of the others one in so many. */
export function createLog(settings: LogSettings, logger: Logger = consoleLogger): Log {
  const { level: least, sampleRate } = settings;
  const counts = new Map<LogEvent, number>();
  return (event, fields) => {
    const level = levelOf(event, fields);
    if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least)) return logger({ event, level, ...fields });
    const count = (counts.get(event) ?? 0) + 1;
    counts.set(event, count);
    const isTold = Math.floor(count * sampleRate) > Math.floor((count - 1) * sampleRate);
    if (isTold) logger({ event, level, sampleRate, ...fields });
  };
}

/** For whoever has no settings at hand. */
export const defaultLog: Log = createLog(DEFAULT_LOG_SETTINGS);

/** Lines of each request, message or attempt that goes well are many, and D1 has their trace. */
const LEVELS: Record<LogEvent, LogLevel> = {
  "http.request": "debug",
  "request.answer_lost": "warn",
  "rate_limit.missing": "warn",
  "address.held": "warn",
  "dashboard.authorize_failed": "error",
  "dashboard.url_missing": "warn",
  "message.committed": "debug",
  "message.hand_over_failed": "warn",
  "relay.wake_failed": "warn",
  "relay.drained": "debug",
  "relay.drain_failed": "error",
  "relay.nameless": "error",
  "relay.send_refused": "warn",
  "delivery.attempted": "debug",
  "delivery.task_done": "debug",
  "delivery.task_failed": "error",
  "delivery.task_rejected": "warn",
  "delivery.poisoned": "error",
  "handler.threw": "warn",
  "handler.effects_refused": "warn",
  "endpoint.held": "warn",
  "endpoint.freed": "info",
  "endpoint.disabled": "warn",
  "endpoint.health_lost": "warn",
  "sweep.done": "info",
  "sweep.failed": "error",
  "sweep.report_failed": "error",
  "storage.filling": "warn",
  "cron.record_failed": "error",
  "metrics.push_failed": "warn",
  "warnings.failed": "error",
  "system_events.tenant_missing": "warn",
  "key.repaired": "warn",
  "key.repair_failed": "error",
  "sums.done": "info",
  "sums.failed": "error",
  "purge.done": "info",
  "purge.failed": "error",
  "secrets.unavailable": "error",
  "secrets.resealed": "info",
  "secrets.reseal_failed": "error",
  "email_events.recorded": "debug",
  "email_events.refused": "warn",
  "email_events.failed": "error",
  "email_events.set_aside": "error",
  "email_events.dropped": "warn",
  "unsubscribe.recorded": "debug",
  "unsubscribe.refused": "warn",
  "unsubscribe.failed": "error",
  "inbox.received": "debug",
  "inbox.refused": "warn",
  "inbox.failed": "error",
};

function levelOf(event: LogEvent, fields: Record<string, unknown>): LogLevel {
  if (event === "http.request") return levelOfStatus(Number(fields["status"] ?? 500));
  if (event === "delivery.attempted" && fields["outcome"] !== "delivered") return "info";
  return LEVELS[event];
}

function levelOfStatus(status: number): LogLevel {
  if (status >= 500) return "error";
  return status >= 400 ? "info" : "debug";
}
