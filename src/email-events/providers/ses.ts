/// <reference path="../../platform/node-crypto.d.ts" />
import { X509Certificate } from "node:crypto";
import type { EventStatus } from "../../domain/email-status.ts";
import { emailEventLimits as limits } from "../../platform/email-event-limits.ts";
import { type EventSource, type ProviderEvent, Unverified, type VerifyTools } from "../provider-event.ts";
import { type Fields, instantOf, objectAt, parseJson, tagsOf, textOf, textsOf, wordsOf } from "./reading.ts";
import { refuseOld, signatureBytes } from "./signatures.ts";

/** Amazon's own hosts of SNS. Under other names below amazonaws.com anybody keeps files. */
const HOST = /^sns\.[a-z0-9-]{3,32}\.amazonaws\.com(?:\.cn)?$/;
const CERTIFICATE = /^\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/;

/** Names that are signed, in this order, where the notification has them. */
const SIGNED = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
  ],
} as const;
const HASHES: Readonly<Record<string, string>> = { "1": "SHA-1", "2": "SHA-256" };

/** Certificates that this isolate has fetched, by URL. */
const certificates = new Map<string, Uint8Array<ArrayBuffer>>();

/**
 * SES publishes to a topic of SNS, which signs by a certificate of Amazon's. Anybody's topic is signed so: the setting names ours
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html, read on 30 November 2026).
 */
export const ses: EventSource = {
  async verify({ body }, { secrets, clock, fetch }) {
    const notification = objectAt(parseJson(body));
    if (!secrets.includes(String(notification["TopicArn"])))
      throw new Unverified("The topic is not among SES_TOPIC_ARNS");
    const hash = HASHES[String(notification["SignatureVersion"])];
    const signature = signatureBytes(textOf(notification["Signature"], limits.signatureLength) ?? "");
    const url = amazonUrl(notification["SigningCertURL"]);
    if (!hash || !signature || !url || !CERTIFICATE.test(url.pathname)) {
      throw new Unverified("The notification is not signed by a certificate of Amazon's");
    }
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
    const spki = await publicKeyAt(url.href, { clock, fetch });
    const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
    const isSigned = await crypto.subtle.verify(algorithm, key, signature, signedText(notification));
    if (!isSigned) throw new Unverified("The notification does not fit its signature");
    refuseOld(instantOf(notification["Timestamp"]), clock.now());
  },

  parse({ body }) {
    const notification = objectAt(parseJson(body));
    if (notification["Type"] !== "Notification") return [];
    const event = objectAt(parseJson(String(notification["Message"])));
    const told = toldBy(event);
    const mail = objectAt(event, "mail");
    const shared = {
      provider: "ses" as const,
      id: textOf(notification["MessageId"]) ?? "",
      providerId: textOf(mail["messageId"]),
      tags: tagsOf(objectAt(mail, "tags")),
    };
    return told.map((one) => ({ ...shared, ...one }));
  },

  async obey({ body }, tools) {
    const { Type, SubscribeURL } = objectAt(parseJson(body));
    if (Type === "SubscriptionConfirmation") await confirm(SubscribeURL, tools);
  },
};

type Told = Pick<ProviderEvent, "status" | "recipients" | "isExact" | "at" | "detail">;

/** https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html, read on 30 November 2026. */
function toldBy(event: Fields): Told[] {
  const kind = event["eventType"] ?? event["notificationType"];
  const mail = objectAt(event, "mail");
  const all = textsOf(mail["destination"]);
  if (kind === "Delivery") {
    const { recipients, timestamp, smtpResponse } = objectAt(event, "delivery");
    const [at, detail] = [instantOf(timestamp), wordsOf(smtpResponse)];
    return [{ status: "delivered", recipients: textsOf(recipients), isExact: true, at, detail }];
  }
  if (kind === "Reject" || kind === "Rendering Failure") {
    const { reason, errorMessage } = { ...objectAt(event, "reject"), ...objectAt(event, "failure") };
    const [at, detail] = [instantOf(mail["timestamp"]), wordsOf(reason, errorMessage)];
    return [{ status: "failed", recipients: all, isExact: true, at, detail }];
  }
  if (kind === "Bounce") return perRecipient(event, "bounce", "bouncedRecipients", bounceOf);
  if (kind === "Complaint") return complaintsOf(event);
  if (kind === "DeliveryDelay")
    return perRecipient(event, "deliveryDelay", "delayedRecipients", () => "deferred");
  return [];
}

/** Names all recipients of the e-mail at the host of the complaint: each of them may have complained. */
function complaintsOf(event: Fields): Told[] {
  const told = perRecipient(event, "complaint", "complainedRecipients", ({ complaintSubType }) =>
    complaintSubType === "OnAccountSuppressionList" ? "suppressed" : "complained",
  );
  return told.map((one) => ({ ...one, isExact: told.length === 1 }));
}

function perRecipient(
  event: Fields,
  name: string,
  list: string,
  statusOf: (about: Fields) => EventStatus,
): Told[] {
  const about = objectAt(event, name);
  const recipients = Array.isArray(about[list]) ? (about[list] as unknown[]).map((one) => objectAt(one)) : [];
  return recipients.map(({ emailAddress, diagnosticCode }) => ({
    status: statusOf(about),
    recipients: textsOf(emailAddress),
    isExact: true,
    at: instantOf(about["timestamp"]),
    detail: wordsOf(diagnosticCode, about["complaintFeedbackType"], about["delayType"]),
  }));
}

function bounceOf({ bounceType, bounceSubType }: Fields): EventStatus {
  if (/suppress/i.test(String(bounceSubType))) return "suppressed";
  return bounceType === "Permanent" ? "hard_bounced" : "soft_bounced";
}

function signedText(notification: Fields): Uint8Array {
  const type = notification["Type"];
  const names = type === "Notification" ? SIGNED.Notification : SIGNED.SubscriptionConfirmation;
  const lines = names.flatMap((name) =>
    typeof notification[name] === "string" ? `${name}\n${notification[name]}\n` : [],
  );
  return new TextEncoder().encode(lines.join(""));
}

function amazonUrl(text: unknown): URL | undefined {
  const url = URL.parse(String(text)) ?? undefined;
  const isPlain = url?.protocol === "https:" && url.port === "" && url.username === "" && url.password === "";
  return isPlain && HOST.test(url.hostname) ? url : undefined;
}

/** @throws {Unverified} if the URL has no certificate; the error of `fetch` */
async function publicKeyAt(
  url: string,
  { clock, fetch }: Pick<VerifyTools, "clock" | "fetch">,
): Promise<Uint8Array<ArrayBuffer>> {
  const known = certificates.get(url);
  if (known) return known;
  const response = await fetch(url, { redirect: "manual", signal: clock.timeout(limits.amazonMs) });
  const pem = (await response.text()).slice(0, limits.certificateBytes);
  if (!response.ok) throw new Error(`Amazon answered ${response.status} for its certificate`);
  const spki = spkiOf(pem);
  if (certificates.size >= limits.certificatesKept) certificates.clear();
  certificates.set(url, spki);
  return spki;
}

function spkiOf(pem: string): Uint8Array<ArrayBuffer> {
  try {
    const { publicKey } = new X509Certificate(pem);
    return new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  } catch {
    throw new Unverified("The notification names a certificate that is none");
  }
}

/** Confirms the subscription of our topic. Amazon tells events only from then on. */
async function confirm(subscribeUrl: unknown, { clock, fetch }: VerifyTools): Promise<void> {
  const url = amazonUrl(subscribeUrl);
  if (!url) throw new Unverified("The subscription is to be confirmed elsewhere than at Amazon's");
  const response = await fetch(url.href, {
    redirect: "manual",
    signal: clock.timeout(limits.amazonMs),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(`Amazon answered ${response.status} to the confirmation of its subscription`);
}
