import emailAddresses from "email-addresses";

/** A file as a stand-in has read it. */
export interface TakenFile {
  filename: string;
  type: string;
  /** In base64. */
  content: string;
  /** Left out: it is no part of the HTML. */
  contentId?: string;
}

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
  /** Tags beside the ids. */
  tags: Record<string, string>;
  /** Headers beside those of the other fields, by name in small letters, as a reader shows them. */
  headers: Record<string, string>;
  files: TakenFile[];
}

export const fileOf = (filename: string, type: string, content: string, contentId?: string): TakenFile => ({
  filename,
  type,
  content,
  ...(contentId && { contentId }),
});

type Texts = Readonly<Record<string, string>>;

/** Names that begin with a prefix, without it, and the others. */
function parted(all: Texts, isOne: (name: string) => boolean): [ones: Texts, others: Texts] {
  const entries = Object.entries(all);
  return [
    Object.fromEntries(entries.filter(([name]) => isOne(name))),
    Object.fromEntries(entries.filter(([name]) => !isOne(name))),
  ];
}

const without = (prefix: string, all: Texts) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name.slice(prefix.length), value]));

/** The outbox's ids among tags, and an app's. */
export function tagsIn(all: Texts, prefix = ""): Pick<Taken, "ids" | "tags"> {
  const [ids, tags] = parted(all, (name) => name.startsWith("outbox-"));
  return { ids, tags: without(prefix, tags) };
}

const TAG = "x-outbox-tag-";

/** An app's headers, their names in small letters, and the tags that came as headers. */
export function headersIn(all: Texts = {}): Pick<Taken, "headers" | "tags"> {
  const read = Object.entries(all).map(([name, value]) => [name.toLowerCase(), unfolded(value)]);
  const [tags, headers] = parted(Object.fromEntries(read), (name) => name.startsWith(TAG));
  return { headers, tags: without(TAG, tags) };
}

/** A value on one line. */
export const unfolded = (value: string): string => value.replace(/\s+/g, " ").trim();

/** Addresses in a text: all of them, in lists and groups, too. A text that cannot be read has none. */
export function addressesIn(text: string | undefined): string[] {
  if (text === undefined || text === "") return [];
  const found = emailAddresses.parseAddressList({ input: text, rfc6532: true });
  if (!found) throw new Error(`Not a list of addresses: ${text}`);
  return found.flatMap((one) => (one.type === "group" ? one.addresses : [one])).map(({ address }) => address);
}

export const addressesOf = (list: readonly string[] = []): string[] => list.flatMap(addressesIn);
