/** Webhooks of providers of e-mails, as each documents them, signed apart from the code that verifies. */
import { createHmac } from "node:crypto";
import { SNS_KEY } from "../secrets/sns-key.ts";

export interface SignedWebhook {
  headers: Record<string, string>;
  body: string;
}

const text = (value: string) => new TextEncoder().encode(value);
const base64 = (bytes: ArrayBuffer | Uint8Array) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads */
export function mailgunWebhook(
  key: string,
  event: object,
  at: number,
  token = "t".repeat(50),
): SignedWebhook {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac("sha256", key)
    .update(timestamp + token)
    .digest("hex");
  const body = JSON.stringify({ signature: { timestamp, token, signature }, "event-data": event });
  return { headers: {}, body };
}

/** https://postmarkapp.com/developer/webhooks/webhooks-overview */
export function postmarkWebhook(nameAndPassword: string, event: object): SignedWebhook {
  return { headers: { authorization: `Basic ${btoa(nameAndPassword)}` }, body: JSON.stringify(event) };
}

/** A pair of keys of SendGrid's, of which the public one is shown where the webhook is set up. */
export async function sendgridKeys() {
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const publicKey = base64((await crypto.subtle.exportKey("spki", pair.publicKey)) as ArrayBuffer);
  return { publicKey, privateKey: pair.privateKey };
}

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features */
export async function sendgridWebhook(key: CryptoKey, events: object[], at: number): Promise<SignedWebhook> {
  const body = `${JSON.stringify(events)}\r\n`;
  const timestamp = String(Math.floor(at / 1000));
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, text(timestamp + body));
  const headers = {
    "x-twilio-email-event-webhook-signature": base64(inDer(new Uint8Array(raw))),
    "x-twilio-email-event-webhook-timestamp": timestamp,
  };
  return { headers, body };
}

/** Both numbers of a signature as ASN.1 has them. */
function inDer(raw: Uint8Array): Uint8Array {
  const numbers = [raw.slice(0, 32), raw.slice(32)].map((bytes) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const short = bytes.slice(first);
    const positive = (short[0] ?? 0) > 127 ? [0, ...short] : [...short];
    return [2, positive.length, ...positive];
  });
  const whole = numbers.flat();
  return Uint8Array.from([48, whole.length, ...whole]);
}

export const TOPIC = "arn:aws:sns:eu-west-1:123456789012:emails";
/** Another one for each test, because an isolate remembers certificates. */
export const certificateUrl = () =>
  `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${crypto.randomUUID().replaceAll("-", "")}.pem`;

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export async function snsWebhook(
  message: unknown,
  at: number,
  given: Record<string, string> = {},
  version: "1" | "2" = "2",
): Promise<SignedWebhook> {
  const notification: Record<string, string> = {
    Type: "Notification",
    MessageId: crypto.randomUUID(),
    TopicArn: TOPIC,
    Message: typeof message === "string" ? message : JSON.stringify(message),
    Timestamp: new Date(at).toISOString(),
    SignatureVersion: version,
    SigningCertURL: certificateUrl(),
    ...given,
  };
  const names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const signed = names
    .filter((name) => notification[name] !== undefined)
    .map((name) => `${name}\n${notification[name]}\n`)
    .join("");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: version === "2" ? "SHA-256" : "SHA-1" };
  const key = await crypto.subtle.importKey("jwk", { ...SNS_KEY }, algorithm, false, ["sign"]);
  const Signature = base64(await crypto.subtle.sign(algorithm, key, text(signed)));
  return { headers: { "content-type": "text/plain" }, body: JSON.stringify({ ...notification, Signature }) };
}
