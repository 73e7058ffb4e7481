import { ConfigError } from "./errors.ts";
import { oneOf } from "./read-setting.ts";

const PROVIDERS = ["binding", "resend", "mailbox"] as const;
/** Name of a provider of e-mails. `mailbox` keeps them for a page, and never stands in production. */
export type EmailProviderName = (typeof PROVIDERS)[number];

/**
 * Reads the setting `EMAIL_PROVIDER`.
 * @param isResendReady true if it has a key, or none is needed
 * @throws {ConfigError}
 */
export function readEmailProvider(
  settings: Record<string, unknown>,
  { isProduction, isResendReady }: { isProduction: boolean; isResendReady: boolean },
): EmailProviderName {
  const provider = oneOf(settings, "EMAIL_PROVIDER", PROVIDERS, "binding");
  if (provider === "resend" && !isResendReady) {
    throw new ConfigError(
      "RESEND_API_KEY is missing, and EMAIL_PROVIDER is resend. Set RESEND_API_KEY with `wrangler secret put`.",
    );
  }
  if (provider === "mailbox" && isProduction) {
    throw new ConfigError(
      "EMAIL_PROVIDER is mailbox, but ENVIRONMENT is production, its default: e-mails would be kept for a page, and not sent. " +
        "Set EMAIL_PROVIDER to binding or resend, or on your own machine set ENVIRONMENT to development.",
    );
  }
  return provider;
}
