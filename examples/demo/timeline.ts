import type { Attempt, Delivery, Message } from "../../src/client/client.ts";

interface Moment {
  at: number;
  what: string;
  detail: string;
}

/** A message's way, one line for each moment, in milliseconds from its commit. */
export function drawTimeline(trace: Message, nameOf: (endpointId: string) => string): string[] {
  const from = Date.parse(trace.committedAt);
  return [
    `${trace.eventType}  ${trace.id}${trace.orderingKey === null ? "" : `  ordering key ${trace.orderingKey}`}`,
    ...trace.deliveries.flatMap((delivery) => [
      `  ${delivery.channel} to ${nameOf(delivery.endpointId)}`,
      ...momentsOf(trace, delivery).map(({ at, what, detail }) =>
        `  ${String(at - from).padStart(8)} ms  ${what.padEnd(11)} ${detail}`.trimEnd(),
      ),
    ]),
  ];
}

function momentsOf(trace: Message, delivery: Delivery): Moment[] {
  const { attempts, claimedAt, settledAt, dueAt } = delivery;
  const moments: Moment[] = [{ at: Date.parse(trace.committedAt), what: "committed", detail: "" }];
  if (claimedAt !== null) {
    // Only the latest claim is on record.
    const detail = attempts.length > 1 ? `for attempt ${attempts.length}` : "";
    moments.push({ at: Date.parse(claimedAt), what: "claimed", detail });
  }
  for (const [position, attempt] of attempts.entries()) {
    const nextAt = attempts[position + 1]?.startedAt ?? dueAt;
    const at = Date.parse(attempt.startedAt);
    moments.push({ at, what: `attempt ${attempt.number}`, detail: describe(attempt, nextAt) });
  }
  if (settledAt !== null)
    moments.push({ at: Date.parse(settledAt), what: "settled", detail: delivery.state });
  return moments.sort((a, b) => a.at - b.at);
}

function describe(attempt: Attempt, nextAt: string | null): string {
  const answer = attempt.httpStatus === null ? (attempt.error ?? "accepted") : `HTTP ${attempt.httpStatus}`;
  const next =
    attempt.outcome === "retry" && nextAt !== null
      ? `next attempt ${Date.parse(nextAt) - Date.parse(attempt.startedAt)} ms later`
      : "";
  const took = `${attempt.durationMs} ms`;
  return `${answer.padEnd(9)} ${attempt.outcome.padEnd(10)} took ${took.padEnd(6)} ${next}`;
}
