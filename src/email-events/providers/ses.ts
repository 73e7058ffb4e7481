/// <reference path="../../platform/node-crypto.d.ts" />
import { X509Certificate } from "node:crypto";
import type { EventStatus } from "../../domain/email-status.ts";
import { emailEventLimits as limits } from "../../platform/email-event-limits.ts";
import { type EventSource, type ProviderEvent, Unverified, type VerifyTools } from "../provider-event.ts";
import { type Fields, instantOf, objectAt, parseJson, tagsOf, textOf, textsOf, wordsOf } from "./reading.ts";
import { refuseOld, signatureBytes } from "./signatures.ts";

const TOPIC = /^arn:(aws[a-z-]*):sns:([a-z0-9-]{3,32}):/;
/** A certificate at the host of its topic's region: under other names below amazonaws.com anybody keeps files. */
const CERTIFICATE = /^https:\/\/([^/]+)\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/;

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

interface Certificate {
  spki: Uint8Array<ArrayBuffer>;
  /** Its validity, in milliseconds. */
  from: number;
  to: number;
}

/** Certificates that this isolate has fetched, by URL. */
const certificates = new Map<string, Certificate>();

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
    const url = String(notification["SigningCertURL"]);
    const host = CERTIFICATE.exec(url)?.[1];
    if (!hash || !signature || !host || host !== hostOf(notification)) {
      throw new Unverified("The notification is not signed by a certificate of Amazon's");
    }
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
    const spki = await publicKeyAt(url, { clock, fetch });
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
    const notification = objectAt(parseJson(body));
    if (notification["Type"] === "SubscriptionConfirmation") await confirm(notification, tools);
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

/** Amazon's own host of SNS in the region of the topic. Undefined: it has none. */
function hostOf({ TopicArn }: Fields): string | undefined {
  const [, partition, region] = TOPIC.exec(String(TopicArn)) ?? [];
  return region && `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
}

/** @throws {Unverified} if the URL has no certificate, or one that is not valid now; the error of `fetch` */
async function publicKeyAt(
  url: string,
  tools: Pick<VerifyTools, "clock" | "fetch">,
): Promise<Uint8Array<ArrayBuffer>> {
  const { spki, from, to } = certificates.get(url) ?? (await fetchCertificate(url, tools));
  const now = tools.clock.now();
  if (now >= from && now <= to) return spki;
  throw new Unverified("The certificate of the notification is not valid now");
}

async function fetchCertificate(
  url: string,
  { clock, fetch }: Pick<VerifyTools, "clock" | "fetch">,
): Promise<Certificate> {
  const response = await fetch(url, { redirect: "manual", signal: clock.timeout(limits.amazonMs) });
  const pem = (await response.text()).slice(0, limits.certificateBytes);
  if (!response.ok) throw new Error(`Amazon answered ${response.status} for its certificate`);
  const certificate = certificateOf(pem);
  if (certificates.size >= limits.certificatesKept) certificates.clear();
  certificates.set(url, certificate);
  return certificate;
}

function certificateOf(pem: string): Certificate {
  try {
    const { publicKey, validFrom, validTo } = new X509Certificate(pem);
    const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    return { spki, from: Date.parse(validFrom), to: Date.parse(validTo) };
  } catch {
    throw new Unverified("The notification names a certificate that is none");
  }
}

/** Confirms the subscription of our topic, at no other address than Amazon's. Amazon tells events only from then on. */
async function confirm(notification: Fields, { clock, fetch }: VerifyTools): Promise<void> {
  const { TopicArn, Token } = notification;
  const query = new URLSearchParams({
    Action: "ConfirmSubscription",
    TopicArn: String(TopicArn),
    Token: String(Token),
  });
  const response = await fetch(`https://${hostOf(notification)}/?${query}`, {
    redirect: "manual",
    signal: clock.timeout(limits.amazonMs),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new Error(`Amazon answered ${response.status} to the confirmation of its subscription`);
}
