import emailAddresses from "email-addresses";

/** An e-mail as a stand-in has read it: mailboxes by a reader of RFC 5322 that is not ours. */
export interface Taken {
  id: string;
  from: string[];
  to: string[];
  cc: string[];
  bcc: string[];
  replyTo: string[];
  subject: string;
  text: string | undefined;
  html: string | undefined;
  /** Ids that the provider's webhooks give back. */
  ids: Record<string, string>;
}

/** Addresses in a text: all of them, in lists and groups, too. A text that cannot be read has none. */
export function addressesIn(text: string | undefined): string[] {
  if (text === undefined || text === "") return [];
  const found = emailAddresses.parseAddressList({ input: text, rfc6532: true });
  if (!found) throw new Error(`Not a list of addresses: ${text}`);
  return found.flatMap((one) => (one.type === "group" ? one.addresses : [one])).map(({ address }) => address);
}

export const addressesOf = (list: readonly string[] = []): string[] => list.flatMap(addressesIn);
