import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import type { Draft } from "./message.ts";

/** Seals the content of sensitive e-mails. */
export type SealEmails = (tenantId: string, drafts: readonly Draft[]) => Promise<Draft[]>;

/** Fingerprint of a commit with a sensitive e-mail, as it is stored. */
export interface SealedFingerprint {
  stored: string;
  /** True if a stored fingerprint is of equal messages. */
  equals(stored: string): Promise<boolean>;
}

/** Means to commit sensitive e-mails. */
export interface Sealing {
  sealEmails: SealEmails;
  sealFingerprint(tenantId: string, fingerprint: string): Promise<SealedFingerprint>;
}

/** Refusal of a draft's field `sensitive`. */
export function refuseSensitive({ payloadPath }: Draft, message: string) {
  return invalid(joinPath(payloadPath, ["sensitive"]), message);
}

const REFUSAL =
  "needs the option sensitiveEmails, which this Worker was built without; give it to createOutbox, from edge-outbox/sensitive-emails";

/** Refuses all sensitive e-mails, and lets an outbox without them be small. */
export const noSensitive: SealEmails = async (_, drafts) => {
  const sensitive = drafts.find((draft) => draft.sensitive);
  if (sensitive) throw refuseSensitive(sensitive, REFUSAL);
  return [...drafts];
};
