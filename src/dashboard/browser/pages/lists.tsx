import type { Answer } from "../api.ts";
import { reasonOf, waitOf } from "../parts/delivery.ts";
import type { Filter } from "../parts/filters.tsx";
import { DeliveryState } from "../parts/marks.tsx";
import { MessageCell } from "../parts/message-cell.tsx";
import type { Column } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { Excerpt, type ResultOfAttempt, Why } from "../parts/why.tsx";
import { w } from "../words/words.ts";

type ListedDelivery = Answer<"/v1/tenants/{tenant}/deliveries">["data"][number];

/** Filters for the instant of the commit. */
export function ofSpan(): Filter[] {
  return [
    { name: "since", label: w.messages.since, isInstant: true },
    { name: "until", label: w.messages.until, isInstant: true },
  ];
}

/** Choices of a filter, from words by their values. */
export function choices(words: Readonly<Record<string, string>>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}

/** The fields of a result that a query can name: those that are not null. */
export function defined(
  result: Readonly<Record<string, string | number | null>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(result).filter((one): one is [string, string | number] => one[1] !== null),
  );
}

type Answered = Pick<ListedDelivery, "state" | "waitingFor" | "until" | "reason" | "error">;

/** The column of a delivery's state, with what it waits for, or why it ended. */
export function stateColumn(now: number): Column<Answered> {
  return {
    name: w.messages.state,
    cell: (row) => (
      <div>
        <DeliveryState state={row.state} />
        <div class="small">{waitOf(row, now) || reasonOf(row)}</div>
      </div>
    ),
  };
}

/** The column of the message, by its event type and its id. */
export function messageColumn(): Column<Pick<ListedDelivery, "eventType" | "messageId">> {
  return { name: w.messages.id, cell: (one) => <MessageCell {...one} /> };
}

/** The column of the result of the latest attempt, with the words of the other side. */
export function whyColumn(): Column<ResultOfAttempt & { responseExcerpt: string | null }> {
  return {
    name: w.dead.why,
    cell: (one) => (
      <div>
        <Why result={one} />
        <Excerpt text={one.responseExcerpt} />
      </div>
    ),
  };
}

/** The column of the instant of the commit. */
export function committedColumn(): Column<Pick<ListedDelivery, "committedAt">> {
  return { name: w.messages.committed, cell: ({ committedAt }) => <Time at={committedAt} /> };
}
