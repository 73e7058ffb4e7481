import { SECRET_PREFIX } from "../../domain/endpoint-secrets.ts";
import { fromBase64, toBase64 } from "../../platform/base64.ts";
import type { Random } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import type { Dispatch } from "../channel.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" };

/**
 * The headers of Standard Webhooks for a body: one signature of `id.timestamp.body` for each live secret, so that a receiver may
 * hold either (https://www.standardwebhooks.com/, "Signature scheme").
 */
export async function signedHeaders(
  { messageId, sentAt, endpoint }: Dispatch,
  body: string,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signed = new TextEncoder().encode(`${messageId}.${timestamp}.${body}`);
  const signatures = await Promise.all(endpoint.secrets.map((secret) => signatureBy(secret, signed)));
  return {
    "webhook-id": messageId,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

async function signatureBy(secret: string, signed: ReturnType<TextEncoder["encode"]>): Promise<string> {
  const bytes = fromBase64(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret);
  if (!bytes) throw new Error("A signing secret is no base 64");
  const key = await crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
  return `v1,${toBase64(new Uint8Array(await crypto.subtle.sign(HMAC.name, key, signed)))}`;
}

/** `whsec_` and 32 random bytes in base 64, as Standard Webhooks asks. */
export function newSecret(random: Random): string {
  return `${SECRET_PREFIX}${toBase64(random.bytes(limits.secretBytes))}`;
}
