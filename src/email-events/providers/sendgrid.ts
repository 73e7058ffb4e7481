import type { EventStatus } from "../../domain/email-status.ts";
import { fromBase64 } from "../../platform/base64.ts";
import { type EventSource, type ProviderEvent, Unverified } from "../provider-event.ts";
import { type Fields, instantOf, objectAt, parseJson, tagsOf, textOf, wordsOf } from "./reading.ts";
import { refuseOld, requireOne, signatureBytes } from "./signatures.ts";

const SIGNATURE = "x-twilio-email-event-webhook-signature";
const TIMESTAMP = "x-twilio-email-event-webhook-timestamp";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const NUMBER_BYTES = 32;

/**
 * SendGrid signs the instant and the body by ECDSA, and shows the public key where the webhook is set up
 * (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features).
 */
export const sendgrid: EventSource = {
  async verify({ headers, body }, { secrets, clock }) {
    const timestamp = headers.get(TIMESTAMP) ?? "";
    const signature = rawSignature(signatureBytes(headers.get(SIGNATURE) ?? ""));
    if (!signature) throw new Unverified(`The header ${SIGNATURE} is missing, or no signature`);
    const signed = new TextEncoder().encode(`${timestamp}${body}`);
    await requireOne(secrets, async (publicKey) => {
      const key = await keyOf(publicKey);
      return key !== undefined && crypto.subtle.verify(SIGNING, key, signature, signed);
    });
    refuseOld(Number(timestamp) * 1000, clock.now());
  },

  parse({ body }) {
    const events = parseJson(body);
    return Array.isArray(events) ? events.flatMap((one) => eventOf(objectAt(one))) : [];
  },
};

/** Undefined for a text that is as long as a key, and is none: the others are tried all the same. */
async function keyOf(publicKey: string): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey("spki", fromBase64(publicKey) as Uint8Array, CURVE, false, [
      "verify",
    ]);
  } catch {
    return undefined;
  }
}

function eventOf(event: Fields): ProviderEvent[] {
  const status = statusOf(event);
  const id = textOf(event["sg_event_id"]);
  const recipient = textOf(event["email"]);
  if (!status || id === null || recipient === null) return [];
  return [
    {
      provider: "sendgrid",
      id,
      status,
      recipients: [recipient],
      isExact: true,
      at: instantOf(event["timestamp"]),
      providerId: textOf(event["sg_message_id"]),
      // Custom arguments stand beside its own fields.
      tags: tagsOf(event),
      detail: wordsOf(event["reason"], event["response"]),
    },
  ];
}

/** Of the reasons to drop an e-mail, "Spam Content" is of the e-mail, and no list has its address. */
const ON_A_LIST = /^(?:bounced|unsubscribed|spam reporting) address/i;

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event, read on 30 November 2026. */
function statusOf({ event, type, reason }: Fields): EventStatus | undefined {
  if (event === "deferred" || event === "delivered") return event;
  if (event === "spamreport") return "complained";
  if (event === "dropped") return ON_A_LIST.test(String(reason)) ? "suppressed" : "failed";
  if (event !== "bounce") return undefined;
  if (type === "expired") return "expired";
  return type === "blocked" ? "soft_bounced" : "hard_bounced";
}

/** WebCrypto wants the two numbers of a signature one after the other; in DER each has its length, and no zeros before it. */
function rawSignature(der: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (der?.[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const first = derNumber(der, 2);
  const second = first && derNumber(der, first.end);
  if (!second || second.end !== der.length) return undefined;
  const raw = new Uint8Array(2 * NUMBER_BYTES);
  raw.set(first.bytes, NUMBER_BYTES - first.bytes.length);
  raw.set(second.bytes, 2 * NUMBER_BYTES - second.bytes.length);
  return raw;
}

function derNumber(der: Uint8Array, from: number): { bytes: Uint8Array; end: number } | undefined {
  const length = der[from + 1] ?? 0;
  const end = from + 2 + length;
  const whole = der.subarray(from + 2, end);
  const bytes = whole[0] === 0 ? whole.subarray(1) : whole;
  const isNumber = der[from] === 0x02 && length > 0 && whole.length === length;
  return isNumber && bytes.length <= NUMBER_BYTES ? { bytes, end } : undefined;
}
