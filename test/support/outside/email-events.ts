import { Webhook } from "svix";

/** Secret by which the tests' Resend signs: as in vitest.config.ts. */
export const RESEND_SECRET = `whsec_${btoa("the secret of Resend, in tests")}`;

interface ResendEvent {
  type?: string;
  message: string;
  tenant: string;
  to?: string[];
  id?: string;
  at?: Date;
  signedAt?: Date;
  bounce?: object;
}

/** A webhook of Resend's, as it documents them, signed by the library of Svix. */
export function resendEvent(event: ResendEvent): { headers: Record<string, string>; body: string } {
  const { type = "email.bounced", message, tenant, to = ["ada@example.com"], at = new Date() } = event;
  const { id = `msg_${crypto.randomUUID()}`, signedAt = new Date(), bounce } = event;
  const body = JSON.stringify({
    type,
    created_at: at.toISOString(),
    data: {
      created_at: at.toISOString(),
      email_id: "56761188-7520-42d8-8898-ff6fc54ce618",
      from: "Shop <shop@example.com>",
      to,
      subject: "Your order",
      tags: { "outbox-message": message, "outbox-tenant": tenant },
      ...(type === "email.bounced" && {
        bounce: {
          type: "Permanent",
          subType: "General",
          message: "The recipient's mail server has rejected the e-mail.",
          diagnosticCode: ["smtp; 550 5.5.0 Requested action not taken: mailbox unavailable"],
          ...bounce,
        },
      }),
    },
  });
  const signature = new Webhook(RESEND_SECRET).sign(id, signedAt, body);
  const timestamp = String(Math.floor(signedAt.getTime() / 1000));
  const headers = { "svix-id": id, "svix-timestamp": timestamp, "svix-signature": signature };
  return { headers: { "content-type": "application/json", ...headers }, body };
}
