import { faultOf } from "../db/database.ts";
import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { cloudflareEvent } from "./providers/cloudflare.ts";
import { type RecordTools, recordEvents } from "./record-events.ts";

/** A message of the queue that subscribes to events of a sending domain. */
interface EventItem {
  readonly body: unknown;
  /** Times that it was handed out, this one included. */
  readonly attempts: number;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
}

/**
 * Records events of Cloudflare's, and acknowledges those that say nothing about arrival. Where the database refuses the batch,
 * each is recorded by itself, so that one bad event keeps no other out. Never throws.
 */
export async function consumeEvents(
  tools: RecordTools & { log: Log },
  items: readonly EventItem[],
): Promise<void> {
  const fault = await consume(tools, items);
  if (fault === undefined) return;
  if (fault !== "rejected" || items.length === 1) return items.forEach(retryLater);
  for (const item of items) if ((await consume(tools, [item])) !== undefined) retryLater(item);
}

/** Answers why they could not be recorded; undefined once they are. */
async function consume(tools: RecordTools & { log: Log }, items: readonly EventItem[]) {
  const { clock, log } = tools;
  const startedAt = clock.now();
  try {
    const events = items.flatMap(({ body }) => cloudflareEvent(body) ?? []);
    const recorded = await recordEvents(tools, events);
    for (const item of items) item.ack();
    log("email_events.recorded", {
      provider: "cloudflare",
      ...recorded,
      durationMs: clock.now() - startedAt,
    });
    return undefined;
  } catch (error) {
    log("email_events.failed", { error: describeError(error) });
    return faultOf(error);
  }
}

/** The queue hands it out a bounded number of times, which an outage must not use up. */
function retryLater(item: EventItem): void {
  const { first, longest } = limits.emailEventRetrySeconds;
  item.retry({ delaySeconds: Math.min(first * 2 ** (item.attempts - 1), longest) });
}
