import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { ProviderEvent } from "./provider-event.ts";
import { type RecordTools, recordEvents } from "./record-events.ts";
import { type KeptRow, selectMatchable } from "./statements.ts";

/** The cron: records kept events whose e-mail is on record by now. Never throws. */
export async function matchKept(tools: RecordTools & { log: Log }): Promise<void> {
  const { db, log } = tools;
  try {
    const { results } = await selectMatchable(db, limits.emailEventsAtOnce).all<KeptRow>();
    if (results.length === 0) return;
    const events = results.map(({ event }) => JSON.parse(event) as ProviderEvent);
    const recorded = await recordEvents(
      tools,
      events,
      results.map(({ id }) => id),
    );
    log("email_events.recorded", { provider: "cloudflare", kept: results.length, ...recorded });
  } catch (error) {
    log("email_events.failed", { error: describeError(error) });
  }
}
