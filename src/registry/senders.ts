import * as z from "zod";
import { eachOnce, wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { parseMailbox } from "../platform/mailbox-address.ts";

const NOT_A_SENDER = 'must be an e-mail address without a name, or all of a domain, as "*@example.com"';

/** `*` is a character of addresses like any other, so one that begins with `*@` reads as a domain. */
const sender = wellFormed(z.string({ error: NOT_A_SENDER }).max(limits.addressLength)).transform(
  (text, context) => {
    const mailbox = parseMailbox(text);
    if (mailbox && mailbox.name === undefined) return mailbox.email.toLowerCase();
    context.addIssue({ code: "custom", message: NOT_A_SENDER });
    return z.NEVER;
  },
);

/** Senders as which a tenant's e-mails may be sent. */
export const senders = eachOnce(z.array(sender).max(limits.sendersPerTenant));
