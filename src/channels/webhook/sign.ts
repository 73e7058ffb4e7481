import { Webhook } from "standardwebhooks";
import { SECRET_PREFIX } from "../../domain/endpoint-secrets.ts";
import { toBase64 } from "../../platform/base64.ts";
import type { Random } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import type { Dispatch } from "../channel.ts";

/** The Standard Webhooks headers of a body: one signature for each live secret, so that a receiver may hold either. */
export function signedHeaders(
  { messageId, sentAt, endpoint }: Dispatch,
  body: string,
): Record<string, string> {
  const sentAtDate = new Date(sentAt);
  const signatures = endpoint.secrets.map((secret) => new Webhook(secret).sign(messageId, sentAtDate, body));
  return {
    "webhook-id": messageId,
    "webhook-timestamp": String(Math.floor(sentAt / 1000)),
    "webhook-signature": signatures.join(" "),
  };
}

/** `whsec_` and 32 random bytes in base 64, as Standard Webhooks asks. */
export function newSecret(random: Random): string {
  return `${SECRET_PREFIX}${toBase64(random.bytes(limits.secretBytes))}`;
}
