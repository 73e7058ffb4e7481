import type { EventStatus } from "../../domain/email-status.ts";
import type { EventSource } from "../provider-event.ts";
import { type Fields, instantOf, objectAt, parseJson, tagsOf, textOf, wordsOf } from "./reading.ts";
import { isEqual, refuseOld, requireOne } from "./signatures.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" };
const ENCODER = new TextEncoder();

/**
 * Mailgun signs an instant and a random token, and not the event
 * (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks, read on 30 November 2026).
 */
export const mailgun: EventSource = {
  async verify({ body }, { secrets, clock }) {
    const { timestamp, token, signature } = objectAt(parseJson(body), "signature");
    const signed = `${textOf(timestamp)}${textOf(token)}`;
    const given = textOf(signature) ?? "";
    await requireOne(secrets, async (secret) => isEqual(given, await hexHmac(secret, signed)));
    refuseOld(Number(timestamp) * 1000, clock.now());
  },

  parse({ body }) {
    const event = objectAt(parseJson(body), "event-data");
    const status = statusOf(event);
    const id = textOf(event["id"]);
    if (!status || id === null) return [];
    const recipient = textOf(event["recipient"]);
    const { message, description } = objectAt(event, "delivery-status");
    return [
      {
        provider: "mailgun",
        // An id is unique within a day.
        id: `${id} ${textOf(event["timestamp"])}`,
        status,
        recipients: recipient ? [recipient] : [],
        isExact: true,
        at: instantOf(event["timestamp"]),
        providerId: textOf(objectAt(event, "message", "headers")["message-id"]),
        tags: tagsOf(objectAt(event, "user-variables")),
        detail: wordsOf(message, description, objectAt(event, "reject")["reason"]),
      },
    ];
  },
};

function statusOf({ event, severity, reason }: Fields): EventStatus | undefined {
  if (event === "delivered") return "delivered";
  if (event === "complained") return "complained";
  if (event === "rejected") return "failed";
  if (event !== "failed") return undefined;
  if (severity === "temporary") return "deferred";
  if (typeof reason === "string" && reason.startsWith("suppress-")) return "suppressed";
  if (reason === "espblock") return "soft_bounced";
  return reason === "old" ? "expired" : "hard_bounced";
}

async function hexHmac(secret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey("raw", ENCODER.encode(secret), HMAC, false, ["sign"]);
  const digest = new Uint8Array(await crypto.subtle.sign(HMAC, key, ENCODER.encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
