/// <reference path="../platform/node-crypto.d.ts" />
import { createHmac } from "node:crypto";
import { ALPHABET, NONCE_DIGITS } from "./ids.ts";

const SEQ_DIGITS = 9;
const MESSAGE_ID = new RegExp(`^msg_([${ALPHABET}]{${SEQ_DIGITS}})([${ALPHABET}]{${NONCE_DIGITS}})$`);

/** Where a message is stored: its place in its tenant's sequence, and the proof that the id is its own. */
export interface MessageRef {
  seq: number;
  nonce: string;
}

/** A delivery, as the database knows its message. */
export interface DeliveryRef {
  tenantId: string;
  ref: MessageRef;
  endpointId: string;
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
