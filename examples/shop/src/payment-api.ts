import type { Charge } from "./schema.ts";

/** What the payment API has said for good. All else is no answer, and is thrown. */
export type PaymentAnswer = { paid: true; paymentId: string } | { paid: false; reason: string };

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
  const response = await fetch(`${paymentsUrl}/charges`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": charge.id },
    body: JSON.stringify({ amountCents: charge.amountCents, paymentMethod: charge.paymentMethod }),
    signal,
  });
  const answer = await response.json<{ id: string; reason: string }>();
  if (response.status === 201) return { paid: true, paymentId: answer.id };
  if (response.status === 402) return { paid: false, reason: answer.reason };
  throw new Error(`The payment API answered ${response.status}: ${JSON.stringify(answer)}`);
}
