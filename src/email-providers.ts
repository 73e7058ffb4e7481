import type { EmailProvider } from "./channels/email/email.ts";
import { resendProvider } from "./channels/email/resend.ts";
import { systemClock } from "./platform/clock.ts";
import { RESEND_URL } from "./platform/config.ts";

/**
 * Resend (https://resend.com), for `createOutbox({ email: (env) => resend({ apiKey: env.RESEND_API_KEY }) })`. It drops
 * repetitions by the message's id for 24 hours.
 */
export function resend({
  apiKey,
  baseUrl = RESEND_URL,
}: {
  apiKey: string;
  baseUrl?: string;
}): EmailProvider {
  return resendProvider({ fetch: (...args) => fetch(...args), now: systemClock.now, apiKey, baseUrl });
}
