import type { Random } from "../platform/clock.ts";

/** Crockford's base 32, lower case: no i, l, o, u. */
export const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
/** Digits of the random part of a message id. */
export const NONCE_DIGITS = 13;

export function newNonce(random: Random): string {
  return randomDigits(random, NONCE_DIGITS);
}

export function newEndpointId(random: Random): string {
  return `ep_${randomDigits(random, 20)}`;
}

export function newTokenId(random: Random): string {
  return `tok_${randomDigits(random, 20)}`;
}

export function newAuditId(random: Random): string {
  return `aud_${randomDigits(random, 20)}`;
}

export function newArrivalId(random: Random): string {
  return `arr_${randomDigits(random, 20)}`;
}

export function newEmailId(random: Random): string {
  return `eml_${randomDigits(random, 20)}`;
}

export function newLeaseToken(random: Random): string {
  return randomDigits(random, 20);
}

/** The endpoint that every tenant has from the start, to which direct e-mails are delivered. */
export const DIRECT_EMAIL_ENDPOINT = "ep_email";

function randomDigits(random: Random, count: number): string {
  return Array.from(random.bytes(count), (byte) => ALPHABET.charAt(byte % 32)).join("");
}
