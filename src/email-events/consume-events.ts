import { describeError, type Log } from "../platform/log.ts";
import { cloudflareEvent } from "./providers/cloudflare.ts";
import { type RecordTools, recordEvents } from "./record-events.ts";

/** A message of the queue that subscribes to events of a sending domain. */
interface EventItem {
  readonly body: unknown;
  ack(): void;
  retry(): void;
}

/** Records events of Cloudflare's, and acknowledges those that say nothing about arrival. Never throws. */
export async function consumeEvents(
  tools: RecordTools & { log: Log },
  items: readonly EventItem[],
): Promise<void> {
  const { clock, log } = tools;
  const startedAt = clock.now();
  try {
    const recorded = await recordEvents(
      tools,
      items.flatMap(({ body }) => cloudflareEvent(body) ?? []),
    );
    for (const item of items) item.ack();
    log("email_events.recorded", {
      provider: "cloudflare",
      ...recorded,
      durationMs: clock.now() - startedAt,
    });
  } catch (error) {
    for (const item of items) item.retry();
    log("email_events.failed", { error: describeError(error) });
  }
}
