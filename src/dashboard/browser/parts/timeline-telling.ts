import { w } from "../words/words.ts";
import { type Delivery, endOf, type Message, resultOf, waitOf } from "./delivery.ts";
import { duration, relative } from "./format.ts";
import type { Mark } from "./timeline-layout.ts";

interface Context {
  delivery: Delivery;
  message: Pick<Message, "committedAt">;
  now: number;
}

/** Tells a mark of a timeline in words. */
export function tell(
  { kind, key, since, until, number = 0 }: Mark,
  { delivery, message, now }: Context,
): string {
  const t = w.timeline;
  const after = duration(since - Date.parse(message.committedAt));
  switch (kind) {
    case "attempt": {
      const at = delivery.attempts.findIndex((one) => one.number === number);
      const [attempt, next] = delivery.attempts.slice(at, at + 2);
      const told = t.attempt(number, after, attempt ? resultOf(attempt) : "", duration(until - since));
      const { until: due } = delivery;
      if (next) return `${told}, ${t.next(duration(Date.parse(next.startedAt) - until))}`;
      return delivery.waitingFor === "retry" && due
        ? `${told}, ${t.nextDue(relative(Date.parse(due), now))}`
        : told;
    }
    case "planned":
      return t.planned(number, relative(since, now));
    case "settled":
      return [t.settled(w.states[delivery.state], after), endOf(delivery)].filter(Boolean).join(": ");
    default:
      return t.lasting(
        key === "schedule" ? w.waits.schedule : waitOf(delivery, now),
        duration(until - since),
      );
  }
}
