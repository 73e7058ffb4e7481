import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { cloudflareEvent } from "./providers/cloudflare.ts";
import { recordApart } from "./record-apart.ts";
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
 * Records events of Cloudflare's, and acknowledges those that say nothing about arrival. One that the database refuses comes
 * again, and keeps no other out. Never throws.
 */
export async function consumeEvents(
  tools: RecordTools & { log: Log },
  items: readonly EventItem[],
): Promise<void> {
  const left = new Set(items);
  try {
    const refused = await recordApart(items, async (some) => {
      await consume(tools, some);
      for (const item of some) {
        item.ack();
        left.delete(item);
      }
    });
    for (const { error } of refused) tools.log("email_events.failed", { error: describeError(error) });
  } catch (error) {
    tools.log("email_events.failed", { error: describeError(error) });
  }
  left.forEach(retryLater);
}

async function consume(tools: RecordTools & { log: Log }, items: readonly EventItem[]): Promise<void> {
  const { clock, log } = tools;
  const startedAt = clock.now();
  const events = items.flatMap(({ body }) => cloudflareEvent(body) ?? []);
  const recorded = await recordEvents(tools, events);
  log("email_events.recorded", {
    provider: "cloudflare",
    ...recorded,
    durationMs: clock.now() - startedAt,
  });
}

/** The queue hands it out a bounded number of times, which an outage must not use up. */
function retryLater(item: EventItem): void {
  const { first, longest } = limits.emailEventRetrySeconds;
  item.retry({ delaySeconds: Math.min(first * 2 ** (item.attempts - 1), longest) });
}
