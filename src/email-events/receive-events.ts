import type { Clock } from "../platform/clock.ts";
import { describeError, type Log } from "../platform/log.ts";
import {
  EVENT_PROVIDERS,
  type EventProvider,
  type EventRequest,
  type EventSource,
} from "./provider-event.ts";
import { mailgun } from "./providers/mailgun.ts";
import { postmark } from "./providers/postmark.ts";
import { resend } from "./providers/resend.ts";
import { sendgrid } from "./providers/sendgrid.ts";
import { ses } from "./providers/ses.ts";
import { recordApart } from "./record-apart.ts";
import { addRecorded, noneRecorded, type Recorded, type RecordTools, recordEvents } from "./record-events.ts";
import { SECRET_SETTINGS } from "./settings.ts";

const SOURCES: Record<EventProvider, EventSource> = { resend, postmark, sendgrid, mailgun, ses };

export interface ReceiveTools extends RecordTools {
  clock: Clock;
  log: Log;
  fetch: typeof fetch;
  /** @throws {ConfigError} naming the setting that is wrong */
  secretsOf: (provider: EventProvider) => string[];
}

/** True for a provider whose events are taken. */
export function isEventProvider(name: string): name is EventProvider {
  return EVENT_PROVIDERS.some((one) => one === name);
}

/** Setting that a provider's events need, where it is not set. */
export function missingSetting(tools: ReceiveTools, provider: EventProvider): string | undefined {
  return tools.secretsOf(provider).length === 0 ? SECRET_SETTINGS[provider] : undefined;
}

/**
 * Verifies a request, and records its events: those that the database takes, even where it refuses another one.
 * @throws {Unverified} if it is not proven to be its provider's: nothing of it is believed
 */
export async function receiveEvents(
  tools: ReceiveTools,
  provider: EventProvider,
  request: EventRequest,
): Promise<Recorded> {
  const { log, clock, fetch } = tools;
  const source = SOURCES[provider];
  const startedAt = clock.now();
  const verifying = { secrets: tools.secretsOf(provider), clock, fetch };
  try {
    await source.verify(request, verifying);
    await source.obey?.(request, verifying);
  } catch (error) {
    log("email_events.refused", { provider, error: describeError(error) });
    throw error;
  }
  const recorded = noneRecorded();
  const refused = await recordApart(source.parse(request), async (some) =>
    addRecorded(recorded, await recordEvents(tools, some)),
  );
  log("email_events.recorded", { provider, ...recorded, durationMs: clock.now() - startedAt });
  // The provider sends all of them again, of which the others are on record.
  if (refused[0]) throw refused[0].error;
  return recorded;
}
