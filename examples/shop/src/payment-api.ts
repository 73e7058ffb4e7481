import type { Charge } from "./schema.ts";

/** Final answer of the payment API. All else is no answer, and is thrown. */
export type PaymentAnswer =
  | { kind: "charged"; paymentId: string }
  | { kind: "declined"; reason: string }
  /** The request itself is wrong: that is ours to repair, not the customer's. */
  | { kind: "refused"; reason: string };

const REFUSALS = [400, 404, 422];

/**
 * Asks for a charge. The charge's id is the idempotency key: however often it is asked for, by whichever attempt, the card is
 * charged once, and later calls answer as the first did.
 * @throws {Error} when it did not say: the card may have been charged, or not
 */
export async function requestCharge(
  paymentsUrl: string,
  charge: Charge,
  signal: AbortSignal,
): Promise<PaymentAnswer> {
  const { id, orderId: reference, amountCents, paymentMethod } = charge;
  const response = await fetch(`${paymentsUrl}/charges`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": id },
    body: JSON.stringify({ reference, amountCents, paymentMethod }),
    signal,
  });
  const answer = await response.json<{ id: string; reason: string }>();
  if (response.status === 201) return { kind: "charged", paymentId: answer.id };
  if (response.status === 402) return { kind: "declined", reason: answer.reason };
  const told = `The payment API answered ${response.status}: ${answer.reason}`;
  if (REFUSALS.includes(response.status)) return { kind: "refused", reason: told };
  throw new Error(told);
}
