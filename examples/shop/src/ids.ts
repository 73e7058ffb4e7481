const HEX_DIGITS = 24;

/**
 * A request's resources are named after its Idempotency-Key. A repetition names the same order, and so asks for the
 * same commit, which the outbox then makes once.
 */
export async function idFrom(idempotencyKey: string, prefix: "cus" | "ord"): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(`${prefix} ${idempotencyKey}`),
  );
  return `${prefix}_${new Uint8Array(digest).toHex().slice(0, HEX_DIGITS)}`;
}
