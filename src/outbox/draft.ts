import type { SealedEmail } from "../domain/sensitive-email.ts";

/** A file that a bucket keeps. */
export interface DraftFile {
  /** Path of its entry in the request. */
  path: string;
  /** Place among the e-mail's files. */
  place: number;
  r2: string;
  sha256: string | undefined;
}

/** A message in its stored form. */
export interface Draft {
  /** Path of the message in the request, with which the paths in errors begin. */
  path: string;
  /** Path of its payload in the request. */
  payloadPath: string;
  nonce: string;
  eventType: string;
  payload: string;
  orderingKey: string | null;
  deliverAt: number | null;
  endpointIds: string[] | null;
  /** Sender that a direct e-mail names, in small letters; null: it names none, or is no direct e-mail. */
  sender: string | null;
  /** Files of a direct e-mail that its bucket keeps. Undefined: there are none. */
  files?: DraftFile[] | undefined;
  /** Topic of a direct e-mail. */
  topic?: string | undefined;
  /** True for a sensitive e-mail. */
  sensitive?: boolean | undefined;
  /** Its content, once it is sealed and is no longer in the payload. */
  sealed?: SealedEmail;
  /** Recipient of a direct e-mail that is one of several, made of one. */
  to?: string | undefined;
}
