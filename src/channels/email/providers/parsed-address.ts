import { parseMailbox } from "../../../platform/mailbox-address.ts";

/** Mailbox in its parts; the name is left out if there is none. */
export function parsedAddress(text: string): { email: string; name?: string } {
  return parseMailbox(text) ?? { email: text };
}
