/** E-mails by SMTP. An entry of its own, so that no other Worker carries an SMTP client. */
import type { EmailProvider } from "./channels/email/provider.ts";
import { smtpProvider } from "./channels/email/providers/smtp.ts";

/**
 * A server that takes e-mails by SMTP, for the option `email` of `createOutbox`. Each e-mail has a connection of its own. SMTP has no
 * idempotency keys: an e-mail whose answer is lost is `uncertain`, and may be sent twice. One of which a recipient is refused goes to
 * nobody. The headers `X-Outbox-Message` and `X-Outbox-Tenant` have the ids of the message and its tenant.
 *
 * @example
 * createOutbox<OutboxEnv & { SMTP_PASSWORD: string }>({
 *   email: (env) => smtp({ host: "smtp.example.com", user: "outbox", password: env.SMTP_PASSWORD }),
 * });
 */
export function smtp({
  host,
  security = "tls",
  port = PORTS[security],
  user,
  password,
}: {
  host: string;
  /**
   * `tls`: encrypted from the first byte. `starttls`: encrypted after the greeting, and refused where the server does not offer it.
   * `none`: not encrypted, for a server on your own machine. Defaults to `tls`.
   */
  security?: "tls" | "starttls" | "none";
  /** Defaults to 465 with `tls`, and to 587 otherwise. Workers cannot reach port 25. */
  port?: number;
  /** Name to log in by. Defaults to none: no login. */
  user?: string;
  password?: string;
}): EmailProvider {
  return smtpProvider({ host, port, security, user, password });
}

const PORTS = { tls: 465, starttls: 587, none: 587 };
