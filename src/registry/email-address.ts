import * as z from "zod";
import { wellFormed } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import { parseMailbox } from "../platform/mailbox-address.ts";

const NOT_AN_ADDRESS = 'must be an e-mail address, as "ada@example.com"';

/** Address of an endpoint, or of a tenant that is told of its endpoints. */
export const emailAddress = wellFormed(z.string({ error: NOT_AN_ADDRESS }).max(limits.addressLength))
  .transform((text, context) => {
    const mailbox = parseMailbox(text);
    if (mailbox && mailbox.name === undefined) return mailbox.email;
    context.addIssue({ code: "custom", message: NOT_AN_ADDRESS });
    return z.NEVER;
  })
  .meta({ format: "email" });
