import { createHmac } from "node:crypto";
import type { Random } from "../platform/clock.ts";

/** Crockford's base 32, lower case: no i, l, o, u. */
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

/** Columns of a message that make its id, and the key of its database. */
export interface MessageIdRow extends MessageRef {
  id_key: string;
}

/**
 * `msg_` + the masked sequence number (9 digits) + 65 random bits (13 digits): finds its row without an index, and tells
 * nobody without the key how many messages there are.
 */
export function messageId({ seq, nonce, id_key }: MessageIdRow): string {
  return `msg_${masked(encode(seq), nonce, id_key)}${nonce}`;
}

export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** Reads what a message id made with this key refers to; undefined if the text is none. */
export function parseMessageId(id: string, key: string): MessageRef | undefined {
  const [, digits, nonce] = MESSAGE_ID.exec(id) ?? [];
  return digits && nonce ? { seq: decode(masked(digits, nonce, key)), nonce } : undefined;
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

/** Masks the digits of a sequence number, or takes the mask off: 5 bits of a pseudo-random function of the nonce for each. */
function masked(digits: string, nonce: string, key: string): string {
  const mask = createHmac("sha256", key).update(nonce).digest();
  const shifted = Array.from(digits, (digit, at) => ALPHABET.indexOf(digit) ^ ((mask[at] ?? 0) % 32));
  return shifted.map((value) => ALPHABET.charAt(value)).join("");
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
