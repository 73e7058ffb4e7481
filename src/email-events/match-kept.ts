import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { readKept } from "./kept-event.ts";
import type { ProviderEvent } from "./provider-event.ts";
import { recordApart } from "./record-apart.ts";
import { addRecorded, noneRecorded, type RecordTools, recordEvents } from "./record-events.ts";
import { type KeptRow, selectMatchable, setAside } from "./statements.ts";

interface KeptEvent {
  id: string;
  event: ProviderEvent;
}

/**
 * The cron: records kept events whose e-mail is on record by now. One that cannot be recorded is set aside, and keeps no other
 * out. Never throws.
 */
export async function matchKept(tools: RecordTools & { log: Log }): Promise<void> {
  const { db, log } = tools;
  try {
    const { results } = await selectMatchable(db, limits.emailEventsAtOnce).all<KeptRow>();
    const readable = results.flatMap(({ id, event: text }) => {
      const event = readKept(text);
      return event ? [{ id, event }] : [];
    });
    const unreadable = results.filter(({ id }) => readable.every((one) => one.id !== id));
    const refused = readable.length > 0 ? await recordKept(tools, readable) : [];
    // Several that are all refused are not bad, each by itself: a migration or a mend is to come.
    if (refused.length > 1 && refused.length === readable.length) throw refused[0]?.error;
    const aside = [
      ...unreadable.map(({ id }) => ({ id, error: "no event that this version knows" })),
      ...refused.map(({ item, error }) => ({ id: item.id, error: describeError(error) })),
    ];
    if (aside.length === 0) return;
    const ids = aside.map(({ id }) => id);
    await setAside(db, ids).run();
    for (const one of aside) log("email_events.set_aside", one);
  } catch (error) {
    log("email_events.failed", { error: describeError(error) });
  }
}

/** Answers the events that the database refuses. */
async function recordKept(tools: RecordTools & { log: Log }, kept: readonly KeptEvent[]) {
  const sum = noneRecorded();
  const refused = await recordApart(kept, async (some) => {
    const events = some.map(({ event }) => event);
    const keptIds = some.map(({ id }) => id);
    addRecorded(sum, await recordEvents(tools, events, keptIds));
  });
  tools.log("email_events.recorded", { provider: "cloudflare", kept: kept.length - refused.length, ...sum });
  return refused;
}
