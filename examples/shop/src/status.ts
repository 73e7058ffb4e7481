/** Answer of `GET /orders/{id}`, which the page shows. */

/** An order, as its customer sees it. */
export interface OrderStatus {
  id: string;
  product: string;
  amountCents: number;
  placedAt: string;
  /**
   * `needs attention`: charging was given up, or called off by a person, and nobody knows whether the card was charged. No row says
   * so: it follows from the delivery on record, and ends when a person replays that.
   */
  state: "pending" | "paid" | "cancelled" | "needs attention";
  steps: Step[];
  /** Nothing is under way any more. */
  settled: boolean;
  operations: Operation[];
}

export interface Step {
  name: "accepted" | "charging" | "paid" | "cancelled" | "emailed" | "shipped";
  state: "done" | "active" | "waiting" | "failed";
  detail: string;
}

/** Something that the outbox does because of the order, as it has it on record. */
export interface Operation {
  messageId: string;
  name: string;
  channel: string;
  state: string;
  nextAttemptAt: string | null;
  attempts: {
    number: number;
    startedAt: string;
    durationMs: number;
    outcome: string;
    answer: string | null;
  }[];
}
