import type { EmailProvider } from "./channels/email/email.ts";
import { resendProvider } from "./channels/email/providers/resend.ts";
import { systemClock } from "./platform/clock.ts";
import { RESEND_URL } from "./platform/config.ts";

/**
 * The e-mail provider Resend (https://resend.com), for the option `email` of `createOutbox`. It drops repetitions by the
 * message's id for 24 hours.
 *
 * @example
 * createOutbox<OutboxEnv & { RESEND_API_KEY: string }>({
 *   email: (env) => resend({ apiKey: env.RESEND_API_KEY }),
 * });
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
