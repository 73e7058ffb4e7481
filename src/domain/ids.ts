import type { Random } from "../platform/clock.ts";

/** Crockford's base 32, lower case: no i, l, o, u. Sorts as the numbers it encodes. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const SEQ_DIGITS = 9;
const NONCE_DIGITS = 13;
const MESSAGE_ID = new RegExp(`^msg_([${ALPHABET}]{${SEQ_DIGITS}})([${ALPHABET}]{${NONCE_DIGITS}})$`);

/** A tenant's id, which its operator chooses. */
export const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Where a message is stored: its place in its tenant's sequence, and the proof that the id is its own. */
export interface MessageRef {
  seq: number;
  nonce: string;
}

/** `msg_` + the sequence number (9 digits) + 65 random bits (13 digits): finds its row without an index. */
export function messageId({ seq, nonce }: MessageRef): string {
  return `msg_${encode(seq)}${nonce}`;
}

/** What a message id refers to, or undefined if it is none. */
export function parseMessageId(id: string): MessageRef | undefined {
  const [, seq, nonce] = MESSAGE_ID.exec(id) ?? [];
  return seq && nonce ? { seq: decode(seq), nonce } : undefined;
}

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

export function newLeaseToken(random: Random): string {
  return randomDigits(random, 20);
}

/** The endpoint that every tenant has from the start, to which direct e-mails are delivered. */
export const DIRECT_EMAIL_ENDPOINT = "ep_email";

function randomDigits(random: Random, count: number): string {
  return Array.from(random.bytes(count), (byte) => ALPHABET.charAt(byte % 32)).join("");
}

function encode(seq: number): string {
  let digits = "";
  for (let rest = seq; digits.length < SEQ_DIGITS; rest = Math.floor(rest / 32)) {
    digits = ALPHABET.charAt(rest % 32) + digits;
  }
  return digits;
}

function decode(digits: string): number {
  return [...digits].reduce((seq, digit) => seq * 32 + ALPHABET.indexOf(digit), 0);
}
