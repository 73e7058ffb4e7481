/// <reference path="../platform/node-crypto.d.ts" />
import { createHmac } from "node:crypto";
import { ALPHABET, NONCE_DIGITS } from "./ids.ts";

const SEQ_DIGITS = 9;
const MESSAGE_ID = new RegExp(`^msg_([${ALPHABET}]{${SEQ_DIGITS}})([${ALPHABET}]{${NONCE_DIGITS}})$`);

/** Reference to a stored message: its position in its tenant's sequence, and the nonce that proves the id. */
export interface MessageRef {
  seq: number;
  nonce: string;
}

/** Reference to a stored delivery. */
export interface DeliveryRef {
  tenantId: string;
  ref: MessageRef;
  endpointId: string;
}

/** The columns that make a message's id, and the key of its database. */
export interface MessageIdRow extends MessageRef {
  id_key: string;
}

/**
 * `msg_` + the masked sequence number (9 digits) + 65 random bits (13 digits): finds its row without an index, and
 * hides the number of messages from anybody without the key.
 */
export function messageId({ seq, nonce, id_key }: MessageIdRow): string {
  return `msg_${masked(encode(seq), nonce, id_key)}${nonce}`;
}

export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** Decodes a message id that was made with this key; undefined for a malformed one. */
export function parseMessageId(id: string, key: string): MessageRef | undefined {
  const [, digits, nonce] = MESSAGE_ID.exec(id) ?? [];
  return digits && nonce ? { seq: decode(masked(digits, nonce, key)), nonce } : undefined;
}

/**
 * Masks or unmasks the digits of a sequence number, each by 5 bits of a pseudo-random function of the nonce. Synchronously, as
 * WebCrypto is not: a list of messages makes a hundred ids.
 */
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
