import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import type { Draft } from "./message.ts";

/** Fingerprint of a commit. */
export interface Fingerprint {
  /** As it is stored. */
  fingerprint: string;
  /** True if a stored fingerprint is of equal messages, though its text is another. Defaults to never. */
  equals?: (stored: string) => Promise<boolean>;
}

/** Means to commit sensitive e-mails. */
export interface Sealing {
  /** @throws {OutboxError} `invalid_input` */
  seal(tenantId: string, drafts: readonly Draft[]): Promise<readonly Draft[]>;
  /** The fingerprint of a commit with a sensitive e-mail is sealed, too. `fingerprint`: as it is for others. */
  fingerprint(tenantId: string, drafts: readonly Draft[], fingerprint: string): Promise<Fingerprint>;
}

/** Refusal of the field `sensitive` of an e-mail. */
export function refuseSensitive({ payloadPath }: Draft, message: string) {
  return invalid(joinPath(payloadPath, ["sensitive"]), message);
}

const REFUSAL = "needs the option sensitiveEmails of createOutbox, from edge-outbox/sensitive-emails";

/** Refuses all sensitive e-mails, and lets an outbox without them be small. */
export const NO_SEALING: Sealing = {
  async seal(_, drafts) {
    const sensitive = drafts.find((draft) => draft.sensitive);
    if (sensitive) throw refuseSensitive(sensitive, REFUSAL);
    return drafts;
  },
  fingerprint: async (_, __, fingerprint) => ({ fingerprint }),
};
